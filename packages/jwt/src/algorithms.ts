/** An algorithm with a shared secret (RFC 7518 section 3.2). */
export type SecretAlgorithm = "HS256" | "HS384" | "HS512";

/** An algorithm with a key pair (RFC 7518 section 3.1, RFC 8037, RFC 9864). */
export type PublicAlgorithm =
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "EdDSA"
  | "Ed25519";

export type JwtAlgorithm = SecretAlgorithm | PublicAlgorithm;

/** What a public key must be for an algorithm. */
export interface KeyShape {
  /** In words. */
  readonly text: string;
  /** What Node.js calls it: a `KeyObject`'s `asymmetricKeyType`, and its `namedCurve`. */
  readonly type: "rsa" | "ec" | "ed25519";
  readonly nodeCurve?: string;
  /** What Web Crypto calls it: a `CryptoKey`'s `algorithm`. */
  readonly name: string;
  readonly hash?: string;
  readonly namedCurve?: string;
}

/** The shortest secret for an algorithm, in bytes: as long as its hash (RFC 7518 section 3.2). */
export const secretBytes: Readonly<Record<SecretAlgorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** The shortest RSA key, in bits (RFC 7518 section 3.3). */
export const rsaBits = 2048;

export const keyShapes: Readonly<Record<PublicAlgorithm, KeyShape>> = {
  RS256: rsa("RSASSA-PKCS1-v1_5", 256),
  RS384: rsa("RSASSA-PKCS1-v1_5", 384),
  RS512: rsa("RSASSA-PKCS1-v1_5", 512),
  PS256: rsa("RSA-PSS", 256),
  PS384: rsa("RSA-PSS", 384),
  PS512: rsa("RSA-PSS", 512),
  ES256: ec("P-256", "prime256v1"),
  ES384: ec("P-384", "secp384r1"),
  ES512: ec("P-521", "secp521r1"),
  EdDSA: { text: "an Ed25519 key", type: "ed25519", name: "Ed25519" },
  Ed25519: { text: "an Ed25519 key", type: "ed25519", name: "Ed25519" },
};

export const algorithmNames: readonly string[] = [...Object.keys(secretBytes), ...Object.keys(keyShapes)];

function rsa(name: string, bits: number): KeyShape {
  return { text: `an RSA key of ${rsaBits} bits or more`, type: "rsa", name, hash: `SHA-${bits}` };
}

function ec(namedCurve: string, nodeCurve: string): KeyShape {
  return { text: `an EC key on ${namedCurve}`, type: "ec", nodeCurve, name: "ECDSA", namedCurve };
}

export function isSecretAlgorithm(name: unknown): name is SecretAlgorithm {
  return typeof name === "string" && Object.hasOwn(secretBytes, name);
}

export function isPublicAlgorithm(name: unknown): name is PublicAlgorithm {
  return typeof name === "string" && Object.hasOwn(keyShapes, name);
}
