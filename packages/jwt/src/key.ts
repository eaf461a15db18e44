import { createPublicKey, type KeyObject } from "node:crypto";
import { types } from "node:util";
import { quote } from "@wsorigin/core";
import type { CryptoKey } from "jose";
import { keyShapes, type PublicAlgorithm, rsaBits, type SecretAlgorithm, secretBytes } from "./algorithms.ts";
import type { JwtIssueCode } from "./errors.ts";
import { fieldOf, type Fields, isFields, type Report } from "./fields.ts";

/**
 * The secret's bytes, copied; `undefined` if it is invalid, or too short for the algorithms. Only its length is reported.
 */
export function readSecret(
  given: unknown,
  algorithms: readonly SecretAlgorithm[],
  report: Report,
): Uint8Array | undefined {
  const least = Math.max(32, ...algorithms.map((name) => secretBytes[name]));
  const how = `Write key: { secret: Buffer.from(process.env.JWT_SECRET, "base64url") } with what this makes: node -p 'crypto.randomBytes(${least}).toString("base64url")'`;
  if (typeof given !== "string" && !(given instanceof Uint8Array)) {
    report("secret-invalid", "key.secret", `key.secret must be a string or a Uint8Array. ${how}`);
    return undefined;
  }
  if (typeof given === "string" && given.includes("-----BEGIN")) {
    report(
      "secret-pem",
      "key.secret",
      "key.secret is a key or a certificate in PEM form, and public keys are public. Write key: { key: pem } with the public key.",
    );
    return undefined;
  }
  const bytes = typeof given === "string" ? new TextEncoder().encode(given) : Uint8Array.from(given);
  if (bytes.length >= least) return bytes;
  report(
    "secret-too-short",
    "key.secret",
    `key.secret has ${bytes.length} bytes; ${algorithms.join(" and ") || "HS256"} needs ${least} or more, chosen at random (RFC 7518 section 3.2): a shorter one can be guessed from a single token. ${how}`,
  );
  return undefined;
}

/** The public key, if it fits every algorithm. Only its kind is reported. */
export function readPublicKey(
  given: unknown,
  algorithms: readonly PublicAlgorithm[],
  report: Report,
): KeyObject | CryptoKey | undefined {
  const key = publicKeyOf(given);
  const problem = "problem" in key ? key : algorithms.flatMap((name) => misfit(given, key, name))[0];
  if (problem === undefined && !("problem" in key)) return key;
  if (problem !== undefined) report(problem.code, "key.key", `key.key ${problem.problem}`);
  return undefined;
}

/** What is wrong with a key, as the end of a sentence. */
interface Problem {
  readonly code: JwtIssueCode;
  readonly problem: string;
}

const isPrivate: Problem = {
  code: "key-private",
  problem: "is a private key, and verifying needs only its public half. Write the public key.",
};
const isSecret: Problem = {
  code: "key-secret",
  problem: "is a shared secret. Write key: { secret } with an HS algorithm.",
};

/** The key itself, or what is wrong with it. */
function publicKeyOf(given: unknown): KeyObject | CryptoKey | Problem {
  if (types.isKeyObject(given) || types.isCryptoKey(given)) {
    if (given.type === "public") return given;
    return given.type === "private" ? isPrivate : isSecret;
  }
  if (typeof given === "string") {
    if (given.includes("PRIVATE KEY-----")) return isPrivate;
    const pem = given.trim();
    if (pem.startsWith("-----BEGIN PUBLIC KEY-----")) return parsed(() => createPublicKey(pem));
    return {
      code: "key-invalid",
      problem:
        'is a string, but not a public key in PEM form (SPKI), which begins with "-----BEGIN PUBLIC KEY-----". openssl makes one of a certificate (openssl x509 -pubkey -noout) and of another key (openssl pkey -pubout).',
    };
  }
  if (!isFields(given) || typeof given["kty"] !== "string")
    return {
      code: "key-invalid",
      problem: "is not a key. Write a CryptoKey, a KeyObject, a JWK or a string in PEM form (SPKI).",
    };
  if (given["kty"] === "oct") return isSecret;
  return ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"].some((name) => given[name] !== undefined)
    ? isPrivate
    : parsed(() => createPublicKey({ key: textsOf(given, ["kty", "crv", "x", "y", "n", "e"]), format: "jwk" }));
}

function parsed(parse: () => KeyObject): KeyObject | Problem {
  try {
    return parse();
  } catch {
    return { code: "key-invalid", problem: "cannot be read as a public key. Write it as its issuer publishes it." };
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

/** Why a key does not fit an algorithm, at most one reason. */
function misfit(given: unknown, key: KeyObject | CryptoKey, name: PublicAlgorithm): readonly Problem[] {
  const { text, type, nodeCurve, ...web } = keyShapes[name];
  const needs = `which algorithms names, needs ${text}`;
  const tooShort: Problem = { code: "key-too-short", problem: `is too short: ${name}, ${needs}.` };
  if (types.isKeyObject(key)) {
    const { asymmetricKeyType, asymmetricKeyDetails: details = {} } = key;
    if (asymmetricKeyType !== type || details.namedCurve !== nodeCurve)
      return [{ code: "key-mismatched", problem: `does not fit: ${name}, ${needs}.` }];
    if (type === "rsa" && (details.modulusLength ?? 0) < rsaBits) return [tooShort];
    return types.isKeyObject(given) || typeof given === "string" ? [] : jwkMisfit(given, name);
  }
  const { algorithm, usages } = key;
  const hash = fieldOf(fieldOf(algorithm, "hash"), "name");
  const curve = fieldOf(algorithm, "namedCurve");
  if (algorithm.name !== web.name || hash !== web.hash || curve !== web.namedCurve) {
    const imported = [web.name, web.hash, web.namedCurve].filter((part) => part !== undefined).join(" with ");
    return [{ code: "key-mismatched", problem: `does not fit: ${name}, ${needs} that was imported for ${imported}.` }];
  }
  if (type === "rsa" && Number(fieldOf(algorithm, "modulusLength")) < rsaBits) return [tooShort];
  if (usages.includes("verify")) return [];
  return [{ code: "key-use-invalid", problem: 'must not be used to verify. Import it with the usage "verify".' }];
}

/** RFC 7517 section 4: what a JWK says that it is for. */
function jwkMisfit(jwk: unknown, name: PublicAlgorithm): readonly Problem[] {
  const [alg, use, operations] = [fieldOf(jwk, "alg"), fieldOf(jwk, "use"), fieldOf(jwk, "key_ops")];
  if (alg !== undefined && alg !== name) {
    const fix = typeof alg === "string" ? `Write algorithms: [${quote(alg)}], or` : "Write";
    return [
      {
        code: "key-mismatched",
        problem: `is a JWK for another algorithm than ${name}, by its "alg". ${fix} the right key.`,
      },
    ];
  }
  const verifies = operations === undefined || (Array.isArray(operations) && operations.includes("verify"));
  if ((use === undefined || use === "sig") && verifies) return [];
  return [
    {
      code: "key-use-invalid",
      problem: 'is a JWK that is not for signatures, by its "use" or "key_ops". Write one that is.',
    },
  ];
}
