import { createPublicKey, type KeyObject } from "node:crypto";
import { types } from "node:util";
import { quote } from "@wsorigin/core";
import type { CryptoKey } from "jose";
import { keyShapes, type PublicAlgorithm, rsaBits, type SecretAlgorithm, secretBytes } from "./algorithms.ts";
import { fieldOf, type Fields, isFields, type Report } from "./fields.ts";

/**
 * The secret's bytes, copied; `undefined` where it is none, or too short for the algorithms. Nothing of it is reported but its length.
 */
export function readSecret(
  given: unknown,
  algorithms: readonly SecretAlgorithm[],
  report: Report,
): Uint8Array | undefined {
  const least = Math.max(32, ...algorithms.map((name) => secretBytes[name]));
  const how = `Write key: { secret: Buffer.from(process.env.JWT_SECRET, "base64url") } with what this makes: node -p 'crypto.randomBytes(${least}).toString("base64url")'`;
  if (typeof given !== "string" && !(given instanceof Uint8Array)) {
    report(`key.secret is neither a text nor a Uint8Array. ${how}`);
    return undefined;
  }
  if (typeof given === "string" && given.includes("-----BEGIN")) {
    report(
      "key.secret is a key or a certificate in PEM form, and public keys are known to everybody. Write key: { key: pem } with the public key.",
    );
    return undefined;
  }
  const bytes = typeof given === "string" ? new TextEncoder().encode(given) : Uint8Array.from(given);
  if (bytes.length >= least) return bytes;
  report(
    `key.secret has ${bytes.length} bytes; ${algorithms.join(" and ") || "HS256"} takes ${least} or more, drawn at random (RFC 7518 section 3.2): a shorter one is guessed from a single token. ${how}`,
  );
  return undefined;
}

/** The public key, fit for every algorithm; `undefined` where it is none. Nothing of it is reported but its kind. */
export function readPublicKey(
  given: unknown,
  algorithms: readonly PublicAlgorithm[],
  report: Report,
): KeyObject | CryptoKey | undefined {
  const key = publicKeyOf(given);
  if (typeof key === "string") {
    report(`key.key ${key}`);
    return undefined;
  }
  const problem = algorithms.flatMap((name) => misfit(given, key, name))[0];
  if (problem === undefined) return key;
  report(`key.key ${problem}`);
  return undefined;
}

const isPrivate = "is a private key, which verifies nothing that its public half does not. Write the public key.";
const isSecret = "is a shared secret. Write key: { secret } with an HS algorithm.";

/** The key itself, or what is wrong with it. */
function publicKeyOf(given: unknown): KeyObject | CryptoKey | string {
  if (types.isKeyObject(given) || types.isCryptoKey(given)) {
    if (given.type === "public") return given;
    return given.type === "private" ? isPrivate : isSecret;
  }
  if (typeof given === "string") {
    if (given.includes("PRIVATE KEY-----")) return isPrivate;
    const pem = given.trim();
    return pem.startsWith("-----BEGIN PUBLIC KEY-----")
      ? parsed(() => createPublicKey(pem))
      : 'is a text, but no public key in PEM form (SPKI): one that begins with "-----BEGIN PUBLIC KEY-----". openssl makes one of a certificate (openssl x509 -pubkey -noout) and of another key (openssl pkey -pubout).';
  }
  if (!isFields(given) || typeof given["kty"] !== "string")
    return "is no key. Write a CryptoKey, a KeyObject, a JWK or a text in PEM form (SPKI).";
  if (given["kty"] === "oct") return isSecret;
  return ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"].some((name) => given[name] !== undefined)
    ? isPrivate
    : parsed(() => createPublicKey({ key: textsOf(given, ["kty", "crv", "x", "y", "n", "e"]), format: "jwk" }));
}

function parsed(parse: () => KeyObject): KeyObject | string {
  try {
    return parse();
  } catch {
    return "cannot be read as a public key. Write it as its issuer gives it.";
  }
}

function textsOf(fields: Fields, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = fields[name];
      return typeof value === "string" ? [[name, value] as const] : [];
    }),
  );
}

/** Why a key does not do for an algorithm, at most one reason. */
function misfit(given: unknown, key: KeyObject | CryptoKey, name: PublicAlgorithm): readonly string[] {
  const { text, type, nodeCurve, ...web } = keyShapes[name];
  const needs = `which algorithms names, needs ${text}`;
  if (types.isKeyObject(key)) {
    const { asymmetricKeyType, asymmetricKeyDetails: details = {} } = key;
    if (asymmetricKeyType !== type || details.namedCurve !== nodeCurve) return [`does not fit: ${name}, ${needs}.`];
    if (type === "rsa" && (details.modulusLength ?? 0) < rsaBits) return [`is too short: ${name}, ${needs}.`];
    return types.isKeyObject(given) || typeof given === "string" ? [] : jwkMisfit(given, name);
  }
  const { algorithm, usages } = key;
  const hash = fieldOf(fieldOf(algorithm, "hash"), "name");
  const curve = fieldOf(algorithm, "namedCurve");
  if (algorithm.name !== web.name || hash !== web.hash || curve !== web.namedCurve)
    return [
      `does not fit: ${name}, ${needs} that was imported for ${[web.name, web.hash, web.namedCurve].filter((part) => part !== undefined).join(" with ")}.`,
    ];
  if (type === "rsa" && Number(fieldOf(algorithm, "modulusLength")) < rsaBits)
    return [`is too short: ${name}, ${needs}.`];
  return usages.includes("verify") ? [] : ['may not verify. Import it with the usage "verify".'];
}

/** RFC 7517 section 4: what a JWK says that it is for. */
function jwkMisfit(jwk: unknown, name: PublicAlgorithm): readonly string[] {
  const [alg, use, operations] = [fieldOf(jwk, "alg"), fieldOf(jwk, "use"), fieldOf(jwk, "key_ops")];
  if (alg !== undefined && alg !== name) {
    const fix = typeof alg === "string" ? `Write algorithms: [${quote(alg)}], or` : "Write";
    return [`is a JWK for another algorithm than ${name}, by its "alg". ${fix} the right key.`];
  }
  const verifies = operations === undefined || (Array.isArray(operations) && operations.includes("verify"));
  return (use === undefined || use === "sig") && verifies
    ? []
    : ['is a JWK that is not for signatures, by its "use" or "key_ops". Write the one that is.'];
}
