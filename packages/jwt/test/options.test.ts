import { createHmac, createSecretKey, generateKeyPairSync, webcrypto } from "node:crypto";
import { ConfigurationError } from "@wsorigin/core";
import { describe, expect, test } from "vitest";
import { createJwtVerifier, type JwtIssue, JwtVerifierError } from "../src/index.ts";
import { audience, ec, ed, issuer, jwk, pemOf, rsa, secret } from "./support.ts";

const base = { key: { key: ec.publicKey }, algorithms: ["ES256"], issuer, audience };

/** What `createJwtVerifier` throws, whatever the types of its options say. */
function thrownFor(options: unknown): unknown {
  try {
    Reflect.apply(createJwtVerifier, undefined, [options]);
    return undefined;
  } catch (error) {
    return error;
  }
}

function problemsOf(options: unknown): readonly JwtIssue[] {
  const error = thrownFor(options);
  if (error === undefined) return [];
  if (!(error instanceof JwtVerifierError)) throw error;
  return error.issues;
}

/** What is wrong with the options, in words. */
function issuesOf(options: unknown): readonly string[] {
  return problemsOf(options).map(({ message }) => message);
}

const withKey = (key: unknown, ...algorithms: readonly string[]): unknown => ({ ...base, key, algorithms });
const remote = (jwks: unknown, rest: object = {}): unknown => ({ ...base, key: { jwks, ...rest } });
const https = "https://id.example/jwks.json";
const shortRsa = generateKeyPairSync("rsa", { modulusLength: 1024 });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 });

describe("what is taken", () => {
  const taken: readonly (readonly [string, unknown])[] = [
    ["the least", base],
    ["everything", { ...base, clockTolerance: 30, maxTokenAge: 0.5, typ: "JWT", principal: () => "ada" }],
    [
      "undefined, as if it were not there",
      { ...base, clockTolerance: undefined, maxTokenAge: undefined, typ: undefined, principal: undefined },
    ],
    ["no tolerance", { ...base, clockTolerance: 0 }],
    ["32 bytes for HS256", withKey({ secret: "a".repeat(32) }, "HS256")],
    ["32 bytes in fewer characters", withKey({ secret: "é".repeat(16) }, "HS256")],
    ["64 bytes for HS512", withKey({ secret: new Uint8Array(64) }, "HS256", "HS512")],
    ["a JWKS as a text", remote(https)],
    ["a JWKS as a URL", remote(new URL(https))],
    ["a JWKS with all of its options", remote(https, { cacheMaxAge: 1, cooldown: 1, timeout: 1, headers: { a: "b" } })],
    [
      "a JWKS with every algorithm",
      {
        ...base,
        key: { jwks: https },
        algorithms: [
          "RS256",
          "RS384",
          "RS512",
          "PS256",
          "PS384",
          "PS512",
          "ES256",
          "ES384",
          "ES512",
          "EdDSA",
          "Ed25519",
        ],
      },
    ],
    ["plain HTTP on localhost", remote("http://localhost:3000/jwks")],
    ["plain HTTP below localhost", remote("http://id.localhost/jwks")],
    ["plain HTTP on 127.0.0.1", remote("http://127.1/jwks")],
    ["plain HTTP on ::1", remote("http://[::1]:3000/jwks")],
    ["an EC key on another curve", withKey({ key: p384.publicKey }, "ES384")],
    ["an Ed25519 key, by both names", withKey({ key: ed.publicKey }, "EdDSA", "Ed25519")],
    [
      "a JWK that says what it is for",
      withKey({ key: jwk(ec.publicKey, { alg: "ES256", use: "sig", key_ops: ["verify"], kid: "1" }) }, "ES256"),
    ],
  ];
  test.each(taken)("%s", (_what, options) => {
    expect(issuesOf(options)).toEqual([]);
  });
});

describe("what is refused, and what to write instead", () => {
  const refused: readonly (readonly [string, RegExp, unknown])[] = [
    ["nothing", /takes an object\. Write createJwtVerifier\(/, undefined],
    ["a text", /takes an object/, "secret"],
    ["a list", /takes an object/, []],
    [
      "an option that is none",
      /^Unknown option "issuers"\. Valid options: key, algorithms, issuer, /,
      { ...base, issuers: [] },
    ],
    ["an option of another library", /^Unknown option "ignoreExpiration"/, { ...base, ignoreExpiration: true }],

    [
      "no key",
      /^key must have exactly one of secret, key and jwks\. Write key: \{ jwks: "https:/,
      { ...base, key: undefined },
    ],
    ["a key that is a text", /^key must have exactly one/, withKey(secret, "HS256")],
    ["a key that is a KeyObject", /^key must have exactly one/, withKey(ec.publicKey, "ES256")],
    [
      "two keys",
      /^key must have exactly one of .*, and has secret and jwks\./,
      withKey({ secret, jwks: https }, "ES256"),
    ],
    [
      "an option that is none with this key",
      /^Unknown option "key\.timeout"\. Valid options: key\.key\.$/,
      withKey({ key: ec.publicKey, timeout: 1 }, "ES256"),
    ],

    [
      "no algorithms",
      /^algorithms must be a list .* Write algorithms: \["ES256"\] with what the issuer signs with\.$/,
      { ...base, algorithms: undefined },
    ],
    ["an empty list of algorithms", /^algorithms must be a list that is not empty/, { ...base, algorithms: [] }],
    [
      "one algorithm without a list",
      /^algorithms must be a list .* Write algorithms: \["PS256"\]\.$/,
      { ...base, algorithms: "PS256" },
    ],
    ["none", /^algorithms: "none" is not a signature/, { ...base, algorithms: ["none"] }],
    ["none in another case", /^algorithms: "none" is not a signature/, { ...base, algorithms: ["ES256", "NONE"] }],
    [
      "an algorithm in another case",
      /^algorithms: "es256" is not a supported algorithm\. Valid algorithms: HS256, /,
      { ...base, algorithms: ["es256"] },
    ],
    ["an encryption", /^algorithms: "RSA-OAEP" is not a supported algorithm/, { ...base, algorithms: ["RSA-OAEP"] }],
    [
      "an inherited name",
      /^algorithms: "toString" is not a supported algorithm/,
      { ...base, algorithms: ["toString"] },
    ],
    [
      "an algorithm that is not a string",
      /^algorithms: object is not a supported algorithm/,
      { ...base, algorithms: [{}] },
    ],
    [
      "HMAC with a public key",
      /^algorithms: "HS256" uses its key as a shared secret, .* anyone could sign\. Write/,
      withKey({ key: ec.publicKey }, "ES256", "HS256"),
    ],
    ["HMAC with a JWKS", /^algorithms: "HS512" uses its key as a shared secret/, withKey({ jwks: https }, "HS512")],
    [
      "a signature with a secret",
      /^algorithms: "ES256" needs a public key, and key is a secret\. Write/,
      withKey({ secret }, "HS256", "ES256"),
    ],

    [
      "a secret that is none",
      /^key\.secret must be a string or a Uint8Array\. Write key: \{ secret: Buffer\.from/,
      withKey({ secret: 1 }, "HS256"),
    ],
    [
      "a secret that is too short for HS256",
      /^key\.secret has 31 bytes; HS256 needs 32 or more.*randomBytes\(32\)/,
      withKey({ secret: "s".repeat(31) }, "HS256"),
    ],
    [
      "a secret that is too short for HS384",
      /^key\.secret has 47 bytes; HS384 needs 48 or more.*randomBytes\(48\)/,
      withKey({ secret: "s".repeat(47) }, "HS384"),
    ],
    [
      "a secret that is too short for one of two",
      /^key\.secret has 63 bytes; HS256 and HS512 needs 64 or more/,
      withKey({ secret: new Uint8Array(63) }, "HS256", "HS512"),
    ],
    ["an empty secret", /^key\.secret has 0 bytes/, withKey({ secret: "" }, "HS256")],
    [
      "a public key as a secret",
      /^key\.secret is a key or a certificate in PEM form/,
      withKey({ secret: pemOf(rsa.publicKey) }, "HS256"),
    ],

    [
      "a private KeyObject",
      /^key\.key is a private key.* Write the public key\.$/,
      withKey({ key: ec.privateKey }, "ES256"),
    ],
    ["a private PEM", /^key\.key is a private key/, withKey({ key: pemOf(ec.privateKey) }, "ES256")],
    [
      "a private PEM of another form",
      /^key\.key is a private key/,
      withKey({ key: rsa.privateKey.export({ format: "pem", type: "pkcs1" }) }, "RS256"),
    ],
    [
      "a private JWK",
      /^key\.key is a private key/,
      withKey({ key: rsa.privateKey.export({ format: "jwk" }) }, "RS256"),
    ],
    [
      "a secret KeyObject",
      /^key\.key is a shared secret\. Write key: \{ secret \}/,
      withKey({ key: createSecretKey(Buffer.alloc(32)) }, "ES256"),
    ],
    ["a secret JWK", /^key\.key is a shared secret/, withKey({ key: { kty: "oct", k: "c2VjcmV0" } }, "ES256")],
    [
      "a PEM of a public key of another form",
      /^key\.key is a string, but not a public key in PEM form \(SPKI\).*openssl/,
      withKey({ key: rsa.publicKey.export({ format: "pem", type: "pkcs1" }) }, "RS256"),
    ],
    [
      "a certificate",
      /^key\.key is a string, but not a public key.*openssl x509 -pubkey/,
      withKey({ key: "-----BEGIN CERTIFICATE-----" }, "RS256"),
    ],
    ["a text that is not a key", /^key\.key is a string, but not a public key/, withKey({ key: secret }, "RS256")],
    [
      "a PEM that is broken",
      /^key\.key cannot be read as a public key/,
      withKey({ key: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----" }, "RS256"),
    ],
    [
      "a JWK that is broken",
      /^key\.key cannot be read as a public key/,
      withKey({ key: { kty: "EC", crv: "P-256", x: "AAAA", y: "AAAA" } }, "ES256"),
    ],
    ["a JWK of an unknown type", /^key\.key cannot be read as a public key/, withKey({ key: { kty: "QQ" } }, "ES256")],
    ["a JWKS as a key", /^key\.key is not a key\. Write a CryptoKey/, withKey({ key: { keys: [] } }, "ES256")],
    ["a key that is a number", /^key\.key is not a key/, withKey({ key: 1 }, "ES256")],
    [
      "a key of another type",
      /^key\.key does not fit: RS256, which algorithms names, needs an RSA key of 2048 bits/,
      withKey({ key: ec.publicKey }, "RS256"),
    ],
    [
      "a key for one of two algorithms",
      /^key\.key does not fit: ES384, which algorithms names, needs an EC key on P-384/,
      withKey({ key: ec.publicKey }, "ES256", "ES384"),
    ],
    ["an RSA key that is too short", /^key\.key is too short: RS256, /, withKey({ key: shortRsa.publicKey }, "RS256")],
    ["an RSA key for RSA-PSS alone", /^key\.key does not fit: RS256/, withKey({ key: pss.publicKey }, "RS256")],
    [
      "a JWK for another algorithm",
      /^key\.key is a JWK for another algorithm than PS256, by its "alg"\. Write algorithms: \["RS256"\]/,
      withKey({ key: jwk(rsa.publicKey, { alg: "RS256" }) }, "RS256", "PS256"),
    ],
    [
      "a JWK whose alg is no text",
      /^key\.key is a JWK for another algorithm/,
      withKey({ key: jwk(rsa.publicKey, { alg: 1 }) }, "RS256"),
    ],
    [
      "a JWK for encryption",
      /^key\.key is a JWK that is not for signatures/,
      withKey({ key: jwk(rsa.publicKey, { use: "enc" }) }, "RS256"),
    ],
    [
      "a JWK that may not verify",
      /^key\.key is a JWK that is not for signatures/,
      withKey({ key: jwk(rsa.publicKey, { key_ops: ["wrapKey"] }) }, "RS256"),
    ],

    [
      "a JWKS that is no URL",
      /^key\.jwks is not an absolute URL\. Write key: \{ jwks: "https:/,
      remote("id.example/jwks.json"),
    ],
    ["a JWKS that is a set", /^key\.jwks is not an absolute URL/, remote({ keys: [] })],
    [
      "plain HTTP",
      /^key\.jwks must be an https: URL.*http: is for loopback only\.$/,
      remote("http://id.example/jwks.json"),
    ],
    [
      "plain HTTP to what begins like loopback",
      /^key\.jwks must be an https: URL/,
      remote("http://127.0.0.1.evil.test/"),
    ],
    ["plain HTTP to what ends like loopback", /^key\.jwks must be an https: URL/, remote("http://evillocalhost/")],
    ["another scheme", /^key\.jwks must be an https: URL/, remote("file:///etc/jwks.json")],
    ["data", /^key\.jwks must be an https: URL/, remote('data:application/json,{"keys":[]}')],
    [
      "a password in the URL",
      /^key\.jwks contains a user name or a password.*Write headers/,
      remote("https://me:hidden@id.example/"),
    ],
    [
      "a cacheMaxAge without an end",
      /^key\.cacheMaxAge must be a whole number of milliseconds from 1 to 86400000\. Write cacheMaxAge: 600000\.$/,
      remote(https, { cacheMaxAge: Infinity }),
    ],
    ["a cooldown of 0", /^key\.cooldown must be .* Write cooldown: 30000\.$/, remote(https, { cooldown: 0 })],
    ["a timeout that is a text", /^key\.timeout must be .* Write timeout: 3000\.$/, remote(https, { timeout: "3s" })],
    ["a timeout of an hour", /^key\.timeout must be/, remote(https, { timeout: 3_600_000 })],
    [
      "headers that are a list",
      /^key\.headers must be an object of header fields with string values\. Write/,
      remote(https, { headers: [["a", "b"]] }),
    ],
    ["a header that is not a string", /^key\.headers must be/, remote(https, { headers: { a: 1 } })],
    ["a header with a line break", /^key\.headers must be/, remote(https, { headers: { a: "b\r\nc: d" } })],
    ["a header whose name is none", /^key\.headers must be/, remote(https, { headers: { "a b": "c" } })],

    [
      "no issuer",
      /^issuer must be a string .* tokens of another issuer are accepted\. Write issuer: "https:/,
      { ...base, issuer: undefined },
    ],
    ["an empty issuer", /^issuer must be a string/, { ...base, issuer: "" }],
    ["an empty list of issuers", /^issuer must be a string/, { ...base, issuer: [] }],
    ["an issuer that is a pattern", /^issuer must be a string/, { ...base, issuer: [issuer, /example/] }],
    [
      "no audience",
      /^audience must be a string .* tokens for another service are accepted\. Write audience: "wss:/,
      { ...base, audience: undefined },
    ],
    ["an empty audience in a list", /^audience must be a string/, { ...base, audience: [audience, ""] }],

    [
      "a tolerance that is too long",
      /^clockTolerance must be a number of seconds from 0 to 30: .* Write clockTolerance: 5, /,
      { ...base, clockTolerance: 31 },
    ],
    ["a tolerance below 0", /^clockTolerance must be/, { ...base, clockTolerance: -1 }],
    ["a tolerance that is a text", /^clockTolerance must be/, { ...base, clockTolerance: "5s" }],
    ["a tolerance that is no number", /^clockTolerance must be/, { ...base, clockTolerance: Number.NaN }],
    [
      "an age that is a text",
      /^maxTokenAge must be a number of seconds above 0\. Write maxTokenAge: 300/,
      { ...base, maxTokenAge: "5m" },
    ],
    ["an age of 0", /^maxTokenAge must be/, { ...base, maxTokenAge: 0 }],
    ["an age without an end", /^maxTokenAge must be/, { ...base, maxTokenAge: Infinity }],
    ["an empty typ", /^typ must be a string that is not empty\. Write typ: "at\+jwt"/, { ...base, typ: "" }],
    [
      "a principal that is no function",
      /^principal must be a function\. Write principal: \(claims\) =>/,
      { ...base, principal: "sub" },
    ],
  ];
  test.each(refused)("%s", (_what, issue, options) => {
    const issues = issuesOf(options);
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatch(issue);
  });

  test("each problem has a code and an entry", () => {
    const rows = refused.flatMap(([, , options]) => problemsOf(options)).map(({ code, entry }) => `${code}: ${entry}`);
    expect([...new Set(rows)].toSorted()).toMatchInlineSnapshot(`
      [
        "algorithm-key-mismatch: ES256",
        "algorithm-key-mismatch: HS256",
        "algorithm-key-mismatch: HS512",
        "algorithm-none: NONE",
        "algorithm-none: none",
        "algorithm-unknown: "RSA-OAEP"",
        "algorithm-unknown: "es256"",
        "algorithm-unknown: "toString"",
        "algorithm-unknown: object",
        "jwks-credentials-present: key.jwks",
        "jwks-insecure: key.jwks",
        "jwks-invalid: key.jwks",
        "key-ambiguous: key",
        "key-invalid: key.key",
        "key-mismatched: key.key",
        "key-private: key.key",
        "key-secret: key.key",
        "key-too-short: key.key",
        "key-use-invalid: key.key",
        "option-invalid: algorithms",
        "option-invalid: audience",
        "option-invalid: clockTolerance",
        "option-invalid: issuer",
        "option-invalid: key.cacheMaxAge",
        "option-invalid: key.cooldown",
        "option-invalid: key.headers",
        "option-invalid: key.timeout",
        "option-invalid: maxTokenAge",
        "option-invalid: options",
        "option-invalid: principal",
        "option-invalid: typ",
        "option-missing: algorithms",
        "option-missing: audience",
        "option-missing: issuer",
        "option-missing: key",
        "option-unknown: ignoreExpiration",
        "option-unknown: issuers",
        "option-unknown: key.timeout",
        "secret-invalid: key.secret",
        "secret-pem: key.secret",
        "secret-too-short: key.secret",
      ]
    `);
  });

  const web: readonly (readonly [string, RegExp, () => Promise<webcrypto.CryptoKey>, string])[] = [
    [
      "a private CryptoKey",
      /^key\.key is a private key/,
      async () =>
        webcrypto.subtle.importKey(
          "jwk",
          ec.privateKey.export({ format: "jwk" }),
          { name: "ECDSA", namedCurve: "P-256" },
          false,
          ["sign"],
        ),
      "ES256",
    ],
    [
      "a secret CryptoKey",
      /^key\.key is a shared secret/,
      async () =>
        webcrypto.subtle.importKey("raw", Buffer.alloc(32), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]),
      "ES256",
    ],
    [
      "a CryptoKey for another hash",
      /^key\.key does not fit: RS512, .* imported for RSASSA-PKCS1-v1_5 with SHA-512\.$/,
      async () =>
        webcrypto.subtle.importKey("jwk", jwk(rsa.publicKey), { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, [
          "verify",
        ]),
      "RS512",
    ],
    [
      "a CryptoKey for another padding",
      /^key\.key does not fit: PS256/,
      async () =>
        webcrypto.subtle.importKey("jwk", jwk(rsa.publicKey), { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, [
          "verify",
        ]),
      "PS256",
    ],
    [
      "a CryptoKey on another curve",
      /^key\.key does not fit: ES384/,
      async () =>
        webcrypto.subtle.importKey("jwk", jwk(ec.publicKey), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]),
      "ES384",
    ],
    [
      "a CryptoKey that may not verify",
      /^key\.key must not be used to verify\. Import it with/,
      async () =>
        webcrypto.subtle.importKey("jwk", jwk(ec.publicKey), { name: "ECDSA", namedCurve: "P-256" }, false, []),
      "ES256",
    ],
    [
      "a CryptoKey that is too short",
      /^key\.key is too short: RS256/,
      async () =>
        webcrypto.subtle.importKey(
          "jwk",
          jwk(shortRsa.publicKey),
          { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
          false,
          ["verify"],
        ),
      "RS256",
    ],
  ];
  test.each(web)("%s", async (_what, issue, key, algorithm) => {
    const issues = issuesOf(withKey({ key: await key() }, algorithm));
    expect(issues).toEqual([expect.stringMatching(issue)]);
  });

  test("with one error, which says all of it", () => {
    const error = thrownFor({});
    expect(error).toBeInstanceOf(JwtVerifierError);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ name: "JwtVerifierError", code: "ERR_WSORIGIN_JWT" });
    const issues = issuesOf({});
    expect(issues).toHaveLength(4);
    expect(Object.isFrozen(problemsOf({}))).toBe(true);
    expect(String(error)).toBe(
      `JwtVerifierError: 4 problems:\n${issues.map((issue, index) => `  ${index + 1}. ${issue}`).join("\n")}`,
    );
    expect(String(thrownFor({ ...base, issuer: "" }))).toBe(
      `JwtVerifierError: ${issuesOf({ ...base, issuer: "" })[0]}`,
    );
  });

  test("all of it at once", () => {
    const issues = issuesOf({ key: { secret: "short" }, algorithms: ["none"], clockTolerance: 300, verify: true });
    expect(issues.map((issue) => issue.split(/[ :]/)[0])).toEqual([
      "Unknown",
      "algorithms",
      "key.secret",
      "issuer",
      "audience",
      "clockTolerance",
    ]);
  });

  test("no part of a key is told", () => {
    const hidden = "hidden-secret-of-25-bytes";
    const told = [
      withKey({ secret: hidden }, "HS256"),
      withKey(hidden, "HS256"),
      withKey({ key: hidden }, "ES256"),
      withKey({ key: `-----BEGIN PUBLIC KEY-----${hidden}` }, "ES256"),
      withKey({ key: `-----BEGIN PRIVATE KEY-----${hidden}` }, "ES256"),
      withKey({ key: { kty: "oct", k: hidden } }, "ES256"),
      withKey({ key: { kty: "EC", d: hidden } }, "ES256"),
      withKey({ secret: `-----BEGIN${hidden}` }, "HS256"),
      remote(`http://id.example/${hidden}`),
      remote(`https://a:${hidden}@id.example/`),
      remote(`${hidden} no URL`),
      remote(https, { headers: { authorization: `${hidden}\n` } }),
      { ...base, issuer: undefined, key: { secret: createHmac("sha256", hidden) } },
    ].flatMap(issuesOf);
    expect(told.length).toBeGreaterThanOrEqual(13);
    expect(told.join("\n")).not.toContain("hidden");
  });
});
