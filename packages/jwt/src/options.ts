import type { KeyObject } from "node:crypto";
import { quote, type TokenContext } from "@wsorigin/core";
import type { CryptoKey, JWK, JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from "jose";
import { algorithmNames, isPublicAlgorithm, isSecretAlgorithm, type JwtAlgorithm } from "./algorithms.ts";
import { type JwtIssue, JwtVerifierError } from "./errors.ts";
import { type Fields, isFields, type Report } from "./fields.ts";
import { readRemote, remoteKeys } from "./jwks.ts";
import { readPublicKey, readSecret } from "./key.ts";

/** A secret that the issuer and this server share: any server that verifies with it can also sign with it. */
export interface SharedSecret {
  /** At least 32 bytes for HS256, 48 for HS384, 64 for HS512, chosen at random. A string counts by its UTF-8 bytes. */
  readonly secret: string | Uint8Array;
  readonly key?: undefined;
  readonly jwks?: undefined;
}

/** The issuer's public key. */
export interface PublicKey {
  /** A string is PEM (SPKI, `-----BEGIN PUBLIC KEY-----`). A private key is refused. */
  readonly key: CryptoKey | KeyObject | JWK | string;
  readonly secret?: undefined;
  readonly jwks?: undefined;
}

/** The issuer's key set, requested when it is needed. After a failed request there is a pause: 10 seconds, doubled with each failure up to 60. */
export interface RemoteKeys {
  /** `https:`; `http:` on loopback only. Redirects are not followed. */
  readonly jwks: string | URL;
  /** How long a key set is used, in milliseconds. Then it is requested again; if that fails, tokens are refused. Defaults to 600000. */
  readonly cacheMaxAge?: number;
  /** How long after a successful request a token with an unknown key does not cause another, in milliseconds. Defaults to 30000. */
  readonly cooldown?: number;
  /** How long a request may take, in milliseconds. Defaults to 3000, which is shorter than a gate's deadline. */
  readonly timeout?: number;
  /** Header fields to send with the request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly secret?: undefined;
  readonly key?: undefined;
}

export type JwtKey = SharedSecret | PublicKey | RemoteKeys;

export interface JwtVerifierOptions<P = JWTPayload> {
  /** The key that verifies signatures: exactly one of `secret`, `key` and `jwks`. */
  readonly key: JwtKey;
  /** The allowlist of algorithms; that of a token must be one of them. HS* need a secret, all others a key or a JWKS. */
  readonly algorithms: readonly JwtAlgorithm[];
  /** The required `iss`, or a list of permitted ones. */
  readonly issuer: string | readonly string[];
  /** The required `aud`, or a list of permitted ones. It should name this server, not another API. */
  readonly audience: string | readonly string[];
  /** How far the issuer's clock may be off, in seconds: 0 to 30, defaults to 5. Tokens stay valid for so long after their `exp`. */
  readonly clockTolerance?: number;
  /** How old a token may be when the socket opens, in seconds. Requires an `iat`. Default: no limit. */
  readonly maxTokenAge?: number;
  /** The required type in the token's header, such as `at+jwt` (RFC 9068): prevents the use of an ID token as an access token. */
  readonly typ?: string;
  /**
   * Returns the principal for the claims. Defaults to the claims themselves. `undefined` refuses the token (`token-forbidden`, 403), a throw or a
   * rejection refuses it as `verifier-failed` (503).
   */
  readonly principal?: (claims: JWTPayload, context: TokenContext) => P | undefined | Promise<P | undefined>;
}

/** The options, checked. */
export interface CheckedOptions {
  readonly key: Uint8Array | KeyObject | CryptoKey | JWTVerifyGetKey<CryptoKey>;
  readonly algorithms: readonly JwtAlgorithm[];
  /** In seconds. */
  readonly clockTolerance: number;
  readonly verify: JWTVerifyOptions;
}

const known: Readonly<Record<keyof JwtVerifierOptions, true>> = {
  key: true,
  algorithms: true,
  issuer: true,
  audience: true,
  clockTolerance: true,
  maxTokenAge: true,
  typ: true,
  principal: true,
};
const remoteKnown: Readonly<Record<Exclude<keyof RemoteKeys, "secret" | "key">, true>> = {
  jwks: true,
  cacheMaxAge: true,
  cooldown: true,
  timeout: true,
  headers: true,
};
const keyKnown: Readonly<Record<"secret" | "key" | "jwks", object>> = {
  secret: { secret: true },
  key: { key: true },
  jwks: remoteKnown,
};
const keyKinds = ["secret", "key", "jwks"] as const;
const defaultTolerance = 5;
const mostTolerance = 30;

/** @throws {JwtVerifierError} with every problem of the options at once */
export function checkOptions(given: unknown): CheckedOptions {
  const issues: JwtIssue[] = [];
  const report: Report = (code, entry, message) => void issues.push({ code, entry, message });
  if (!isFields(given)) {
    report(
      "option-invalid",
      "options",
      "createJwtVerifier takes an object. Write createJwtVerifier({ key, algorithms, issuer, audience }).",
    );
    throw new JwtVerifierError(issues);
  }
  reportUnknown(given, known, "", report);
  const algorithms = readAlgorithms(given["algorithms"], report);
  const key = readKey(given["key"], algorithms, report);
  const issuer = readNames("issuer", given["issuer"], "https://id.example", report);
  const audience = readNames("audience", given["audience"], "wss://api.example/chat", report);
  const { clockTolerance = defaultTolerance, maxTokenAge, typ, principal } = given;
  const tolerance = typeof clockTolerance === "number" ? clockTolerance : Number.NaN;
  if (!(tolerance >= 0 && tolerance <= mostTolerance))
    report(
      "option-invalid",
      "clockTolerance",
      `clockTolerance must be a number of seconds from 0 to ${mostTolerance}: expired tokens stay valid for so long. Write clockTolerance: ${defaultTolerance}, and synchronise the clocks if that is not enough.`,
    );
  const age = typeof maxTokenAge === "number" && maxTokenAge > 0 && maxTokenAge < Infinity ? maxTokenAge : undefined;
  if (maxTokenAge !== undefined && age === undefined)
    report(
      "option-invalid",
      "maxTokenAge",
      "maxTokenAge must be a number of seconds above 0. Write maxTokenAge: 300, or leave it out.",
    );
  const type = typeof typ === "string" && typ !== "" ? typ : undefined;
  if (typ !== undefined && type === undefined)
    report("option-invalid", "typ", 'typ must be a string that is not empty. Write typ: "at+jwt", or leave it out.');
  if (principal !== undefined && typeof principal !== "function")
    report(
      "option-invalid",
      "principal",
      "principal must be a function. Write principal: (claims) => users.get(claims.sub), or leave it out.",
    );
  if (issues.length > 0 || key === undefined) throw new JwtVerifierError(issues);
  return {
    key,
    algorithms,
    clockTolerance: tolerance,
    verify: {
      algorithms: [...algorithms],
      issuer,
      audience,
      clockTolerance: tolerance,
      requiredClaims: ["exp"],
      ...(age !== undefined && { maxTokenAge: age }),
      ...(type !== undefined && { typ: type }),
    },
  };
}

function reportUnknown(given: Fields, table: object, prefix: string, report: Report): void {
  const names = Object.keys(table);
  for (const name of Object.keys(given)) {
    if (!names.includes(name))
      report(
        "option-unknown",
        prefix + name,
        `Unknown option ${quote(prefix + name)}. Valid options: ${names.map((each) => prefix + each).join(", ")}.`,
      );
  }
}

function readAlgorithms(given: unknown, report: Report): readonly JwtAlgorithm[] {
  if (!Array.isArray(given) || given.length === 0) {
    const fix = isPublicAlgorithm(given) || isSecretAlgorithm(given) ? given : "ES256";
    report(
      given === undefined ? "option-missing" : "option-invalid",
      "algorithms",
      `algorithms must be a list that is not empty: tokens must not choose their algorithm. Write algorithms: ["${fix}"]${fix === given ? "." : " with what the issuer signs with."}`,
    );
    return [];
  }
  return given.flatMap((name: unknown) => {
    if (isPublicAlgorithm(name) || isSecretAlgorithm(name)) return [name];
    if (typeof name === "string" && name.toLowerCase() === "none")
      report(
        "algorithm-none",
        name,
        'algorithms: "none" is not a signature: anyone could write tokens. Write what the issuer signs with, such as "ES256".',
      );
    else {
      const shown = typeof name === "string" ? quote(name) : typeof name;
      report(
        "algorithm-unknown",
        shown,
        `algorithms: ${shown} is not a supported algorithm. Valid algorithms: ${algorithmNames.join(", ")}.`,
      );
    }
    return [];
  });
}

function readKey(
  given: unknown,
  algorithms: readonly JwtAlgorithm[],
  report: Report,
): CheckedOptions["key"] | undefined {
  const kinds = isFields(given) ? keyKinds.filter((name) => given[name] !== undefined) : [];
  const [kind] = kinds;
  if (!isFields(given) || kind === undefined || kinds.length > 1) {
    report(
      kinds.length > 1 ? "key-ambiguous" : "option-missing",
      "key",
      `key must have exactly one of secret, key and jwks${kinds.length > 1 ? `, and has ${kinds.join(" and ")}` : ""}. Write key: { jwks: "https://id.example/.well-known/jwks.json" }, key: { key: publicKey } or key: { secret }.`,
    );
    return undefined;
  }
  reportUnknown(given, keyKnown[kind], "key.", report);
  if (kind === "secret") {
    for (const name of algorithms.filter(isPublicAlgorithm))
      report(
        "algorithm-key-mismatch",
        name,
        `algorithms: "${name}" needs a public key, and key is a secret. Write "HS256", or key: { key } or { jwks }.`,
      );
    return readSecret(given["secret"], algorithms.filter(isSecretAlgorithm), report);
  }
  for (const name of algorithms.filter(isSecretAlgorithm))
    report(
      "algorithm-key-mismatch",
      name,
      `algorithms: "${name}" uses its key as a shared secret, and a public key is public: anyone could sign. Write what the issuer signs with, such as "ES256".`,
    );
  if (kind === "key") return readPublicKey(given["key"], algorithms.filter(isPublicAlgorithm), report);
  const settings = readRemote(given, report);
  return settings === undefined ? undefined : remoteKeys(settings);
}

function readNames(option: string, given: unknown, example: string, report: Report): string[] {
  const names: readonly unknown[] = Array.isArray(given) ? given : [given];
  const texts = names.filter((name) => typeof name === "string" && name !== "").map(String);
  if (texts.length === names.length && texts.length > 0) return texts;
  report(
    given === undefined ? "option-missing" : "option-invalid",
    option,
    `${option} must be a string that is not empty, or a list of such strings: without it, tokens ${option === "issuer" ? "of another issuer" : "for another service"} are accepted. Write ${option}: "${example}".`,
  );
  return [];
}
