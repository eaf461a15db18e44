import { isIPv4 } from "node:net";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  type CryptoKey,
  customFetch,
  errors,
  type FetchImplementation,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from "jose";
import { rsaBits } from "./algorithms.ts";
import { fieldOf, type Fields, isFields, type Report } from "./fields.ts";
import { Pause } from "./pause.ts";

/** The endpoint of a key set, and how often it is requested. Times in milliseconds. */
export interface RemoteSettings {
  readonly url: URL;
  readonly cacheMaxAge: number;
  readonly cooldown: number;
  readonly timeout: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** The key set is unavailable. The message is for the operator and contains nothing of a token. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

/**
 * Finds the key of a token in a JWKS, which is requested when it is needed: one request at a time, shared by all tokens that wait for it, and none
 * during the pause after a failure.
 *
 * @throws {KeysUnavailable} if the set cannot be requested, or has a key that cannot be used
 * @throws jose's own errors if the set has no key for the token, or more than one
 */
export function remoteKeys(settings: RemoteSettings): JWTVerifyGetKey<CryptoKey> {
  const { url, cacheMaxAge, cooldown, timeout, headers } = settings;
  const fail = (what: string): KeysUnavailable => new KeysUnavailable(`The JWKS of ${url.host} ${what}.`);
  const pause = new Pause();
  let failure = "";
  const fetchKeys: FetchImplementation = async (address, init) => {
    const { left } = pause;
    if (left > 0) throw fail(`${failure}; the next request is sent in ${Math.ceil(left / 1000)} s at the earliest`);
    const answer = await requestKeys(address, init, timeout);
    if ("keys" in answer) {
      pause.end();
      return answer.keys;
    }
    pause.extend();
    failure = answer.failure;
    throw fail(failure);
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
      // jose's messages are fixed texts here.
      if (error instanceof errors.JOSEError) throw fail(`cannot be used: ${error.message}`);
      throw fail(`has a key that cannot be used (${codeOf(error)})`);
    }
    const bits = fieldOf(key.algorithm, "modulusLength");
    if (typeof bits === "number" && bits < rsaBits) throw fail(`has an RSA key of fewer than ${rsaBits} bits`);
    return key;
  };
}

type Answer = { readonly keys: Response } | { readonly failure: string };

/**
 * Requests a key set, and reads all of it: an answer that cannot be read is a failure like any other, and must lead to a pause. Never rejects; the
 * failure is the end of a sentence that holds nothing of the URL.
 */
async function requestKeys(
  address: string,
  init: Parameters<FetchImplementation>[1],
  timeout: number,
): Promise<Answer> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(address, init);
    if (response.status !== 200) {
      await response.body?.cancel();
      const redirected = response.status >= 300 && response.status < 400 ? ", and redirects are not followed" : "";
      return { failure: `answers ${response.status} instead of 200${redirected}` };
    }
    text = await response.text();
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError")
      return { failure: `does not answer within ${timeout} ms` };
    return { failure: `cannot be reached (${codeOf(error)})` };
  }
  try {
    const set: JSONWebKeySet = JSON.parse(text);
    createLocalJWKSet(set);
    return { keys: Response.json(set) };
  } catch (error) {
    return { failure: error instanceof errors.JWKSInvalid ? "is not a JSON Web Key Set" : "is not JSON" };
  }
}

/** The code of what made `fetch` fail (`ECONNREFUSED`), or the error's name. */
function codeOf(error: unknown): string {
  const code = fieldOf(fieldOf(error, "cause"), "code");
  if (typeof code === "string") return code;
  return error instanceof Error ? error.name : typeof error;
}

const example = 'key: { jwks: "https://id.example/.well-known/jwks.json" }';

/** The settings, checked; `undefined` if one is invalid. The URL is not reported: its query may contain a secret. */
export function readRemote(given: Fields, report: Report): RemoteSettings | undefined {
  const url = readUrl(given["jwks"], report);
  const time = (name: string, value: unknown, most: number, usual: number): number | undefined => {
    if (value === undefined) return usual;
    if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= most) return value;
    report(
      "option-invalid",
      `key.${name}`,
      `key.${name} must be a whole number of milliseconds from 1 to ${most}. Write ${name}: ${usual}.`,
    );
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
    report("jwks-invalid", "key.jwks", `key.jwks is not an absolute URL. Write ${example}.`);
    return undefined;
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    report(
      "jwks-credentials-present",
      "key.jwks",
      "key.jwks contains a user name or a password, which fetch refuses. Write headers: { Authorization: ... }.",
    );
    return undefined;
  }
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))) return url;
  report(
    "jwks-insecure",
    "key.jwks",
    `key.jwks must be an https: URL: on plain http:, an attacker on the network could replace the keys. Write ${example}; http: is for loopback only.`,
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
  report(
    "option-invalid",
    "key.headers",
    'key.headers must be an object of header fields with string values. Write headers: { Authorization: "Bearer ..." }.',
  );
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
