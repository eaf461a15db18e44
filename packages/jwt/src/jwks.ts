import { isIPv4 } from "node:net";
import {
  createRemoteJWKSet,
  type CryptoKey,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTVerifyGetKey,
} from "jose";
import { rsaBits } from "./algorithms.ts";
import { fieldOf, type Fields, isFields, type Report } from "./fields.ts";

/** Where keys are fetched from, and how often. Times in milliseconds. */
export interface RemoteSettings {
  readonly url: URL;
  readonly cacheMaxAge: number;
  readonly cooldown: number;
  readonly timeout: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The keys cannot be had. Its message is for the operator, and holds nothing of a token. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/**
 * Finds the key of a token in a JWKS, which is fetched when it is needed: one request at a time, whoever waits for it.
 *
 * @throws {KeysUnavailable} where the set cannot be fetched, or holds a key that cannot be used
 * @throws jose's own errors where the set has no key for the token, or more than one
 */
export function remoteKeys({
  url,
  cacheMaxAge,
  cooldown,
  timeout,
  headers,
}: RemoteSettings): JWTVerifyGetKey<CryptoKey> {
  const fail = (what: string): KeysUnavailable => new KeysUnavailable(`The JWKS of ${url.host} ${what}.`);
  const fetchKeys: FetchImplementation = async (address, init) => {
    const response = await fetch(address, init).catch((error: unknown) => {
      // jose knows its own deadline by this name.
      if (error instanceof Error && error.name === "TimeoutError") throw error;
      throw fail(`cannot be reached (${codeOf(error)})`);
    });
    if (response.status === 200) return response;
    await response.body?.cancel();
    const redirected = response.status >= 300 && response.status < 400 ? ", and redirects are not followed" : "";
    throw fail(`answers ${response.status} instead of 200${redirected}`);
  };
  const keys = createRemoteJWKSet(url, {
    cacheMaxAge,
    cooldownDuration: cooldown,
    timeoutDuration: timeout,
    headers: { ...headers },
    [customFetch]: fetchKeys,
  });
  return async (header, token) => {
    let key: CryptoKey;
    try {
      key = await keys(header, token);
    } catch (error) {
      if (error instanceof KeysUnavailable) throw error;
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      if (error instanceof errors.JWKSTimeout) throw fail(`does not answer within ${timeout} ms`);
      // jose's messages are fixed texts here.
      if (error instanceof errors.JOSEError) throw fail(`is none that can be used: ${error.message}`);
      throw fail(`holds a key that cannot be used (${codeOf(error)})`);
    }
    const bits = fieldOf(key.algorithm, "modulusLength");
    if (typeof bits === "number" && bits < rsaBits) throw fail(`holds an RSA key of fewer than ${rsaBits} bits`);
    return key;
  };
}

/** The code of what made `fetch` fail (`ECONNREFUSED`), or the error's name. */
function codeOf(error: unknown): string {
  const code = fieldOf(fieldOf(error, "cause"), "code");
  if (typeof code === "string") return code;
  return error instanceof Error ? error.name : typeof error;
}

const example = 'key: { jwks: "https://id.example/.well-known/jwks.json" }';

/** The settings, checked; `undefined` where one is wrong. The URL is not reported: its query may hold a secret. */
export function readRemote(given: Fields, report: Report): RemoteSettings | undefined {
  const url = readUrl(given["jwks"], report);
  const time = (name: string, value: unknown, most: number, usual: number): number | undefined => {
    if (value === undefined) return usual;
    if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= most) return value;
    report(`key.${name} must be a whole number of milliseconds from 1 to ${most}. Write ${name}: ${usual}.`);
    return undefined;
  };
  const cacheMaxAge = time("cacheMaxAge", given["cacheMaxAge"], 86_400_000, 600_000);
  const cooldown = time("cooldown", given["cooldown"], 86_400_000, 30_000);
  const timeout = time("timeout", given["timeout"], 60_000, 3000);
  const headers = readHeaders(given["headers"], report);
  if (url === undefined || cacheMaxAge === undefined || cooldown === undefined) return undefined;
  return timeout === undefined || headers === undefined ? undefined : { url, cacheMaxAge, cooldown, timeout, headers };
}

function readUrl(given: unknown, report: Report): URL | undefined {
  const text = given instanceof URL ? given.href : given;
  if (typeof text !== "string" || !URL.canParse(text)) {
    report(`key.jwks is no absolute URL. Write ${example}.`);
    return undefined;
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    report("key.jwks holds a user name or a password, which fetch refuses. Write headers: { Authorization: ... }.");
    return undefined;
  }
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))) return url;
  report(
    `key.jwks is no https: URL: whoever is on the way could put a key of theirs in. Write ${example}; http: is for loopback only.`,
  );
  return undefined;
}

function isLoopback(host: string): boolean {
  const named = host === "localhost" || host.endsWith(".localhost");
  return named || host === "[::1]" || (host.startsWith("127.") && isIPv4(host));
}

function readHeaders(given: unknown, report: Report): Readonly<Record<string, string>> | undefined {
  if (given === undefined) return {};
  const entries = isFields(given) ? Object.entries(given).filter((entry) => isHeader(entry)) : [];
  if (isFields(given) && entries.length === Object.keys(given).length) return Object.fromEntries(entries);
  report('key.headers must hold header fields as texts. Write headers: { Authorization: "Bearer ..." }.');
  return undefined;
}

function isHeader(entry: readonly [string, unknown]): entry is [string, string] {
  const [name, value] = entry;
  if (typeof value !== "string") return false;
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
}
