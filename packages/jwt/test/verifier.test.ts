import { type KeyObject, webcrypto } from "node:crypto";
import { explain, type TokenContext } from "@wsorigin/core";
import { describe, expect, test } from "vitest";
import { createJwtVerifier, type JwtAlgorithm, type JwtKey } from "../src/index.ts";
import {
  audience,
  claims,
  contextWith,
  ec,
  ed,
  encode,
  issuer,
  jwk,
  keyServer,
  now,
  otherEc,
  page,
  pemOf,
  policyWith,
  rsa,
  secret,
  setClock,
  signed,
  stopClock,
  token,
  verifier,
} from "./support.ts";

const context = contextWith();
const verify = verifier();

describe("a token that is good", () => {
  test("is granted with its claims, and ends the tolerance after its exp", async () => {
    const payload = claims({ jti: "t1", sid: "s1", name: "Ada Lövelace 🎩" });
    expect(await verify(token(payload), context)).toMatchObject({
      principal: payload,
      expiresAt: (Number(payload["exp"]) + 5) * 1000,
      id: "t1",
      subject: "ada",
      session: "s1",
    });
  });

  test("names nothing by a claim that is no text", async () => {
    const given = await verify(token(claims({ jti: 1, sub: ["ada"], sid: null })), context);
    expect(given).toMatchObject({ id: undefined, subject: undefined, session: undefined });
  });

  const keys: readonly (readonly [string, JwtAlgorithm, JwtKey, KeyObject | string])[] = [
    ["a secret that is a text", "HS256", { secret }, secret],
    ["a secret that is bytes", "HS256", { secret: Buffer.from(secret) }, secret],
    ["a KeyObject", "ES256", { key: ec.publicKey }, ec.privateKey],
    ["a text in PEM form", "RS256", { key: `\n${pemOf(rsa.publicKey)}` }, rsa.privateKey],
    ["an RSA key for RSA-PSS", "PS256", { key: rsa.publicKey }, rsa.privateKey],
    ["a JWK", "ES256", { key: { ...jwk(ec.publicKey), kty: "EC", alg: "ES256", use: "sig" } }, ec.privateKey],
    ["an Ed25519 key", "EdDSA", { key: ed.publicKey }, ed.privateKey],
  ];
  test.each(keys)("%s", async (_kind, algorithm, key, signingKey) => {
    const good = token(claims(), { key: signingKey, header: { alg: algorithm } });
    expect(await verifier({ key, algorithms: [algorithm] })(good, context)).toMatchObject({ subject: "ada" });
  });

  test("a CryptoKey", async () => {
    const algorithm = { name: "ECDSA", namedCurve: "P-256" };
    const key = await webcrypto.subtle.importKey("jwk", jwk(ec.publicKey), algorithm, false, ["verify"]);
    expect(await verifier({ key: { key } })(token(), context)).toMatchObject({ subject: "ada" });
  });

  test("one of several algorithms, issuers and audiences", async () => {
    const verify = verifier({
      key: { key: rsa.publicKey },
      algorithms: ["RS256", "PS256"],
      issuer: ["https://old.example", issuer],
      audience: ["wss://old.example", audience],
    });
    const payload = claims({ aud: ["https://other.example", audience] });
    for (const alg of ["RS256", "PS256"])
      expect(await verify(token(payload, { key: rsa.privateKey, header: { alg } }), context)).toHaveProperty(
        "principal",
      );
  });

  test("options that are changed later change nothing", async () => {
    const bytes = Buffer.from(secret);
    const algorithms: JwtAlgorithm[] = ["HS256"];
    const issuers = [issuer];
    const verify = createJwtVerifier({ key: { secret: bytes }, algorithms, issuer: issuers, audience });
    bytes.fill(0);
    issuers[0] = "https://evil.test";
    algorithms[0] = "HS512";
    expect(await verify(token(claims(), { key: secret }), context)).toHaveProperty("principal");
  });
});

describe("principal", () => {
  const base = { key: { key: ec.publicKey }, algorithms: ["ES256"], issuer, audience } as const;

  test("maps the claims, at once or later, and knows the context", async () => {
    const seen: TokenContext[] = [];
    const atOnce = createJwtVerifier({
      ...base,
      principal: ({ sub }, context) => {
        seen.push(context);
        return { name: sub };
      },
    });
    const later = createJwtVerifier({ ...base, principal: async ({ sub }) => ({ name: sub }) });
    expect(await atOnce(token(), context)).toMatchObject({ principal: { name: "ada" }, subject: "ada" });
    expect(await later(token(), context)).toMatchObject({ principal: { name: "ada" }, subject: "ada" });
    expect(seen).toEqual([context]);
  });

  test("undefined is forbidden; null and false are somebody", async () => {
    for (const principal of [() => undefined, async () => undefined])
      expect(await createJwtVerifier({ ...base, principal })(token(), context)).toMatchObject({
        code: "token-forbidden",
      });
    for (const nobody of [null, false])
      expect(await createJwtVerifier({ ...base, principal: () => nobody })(token(), context)).toMatchObject({
        principal: nobody,
      });
  });

  test("what it throws is passed on, and the policy refuses with 503", async () => {
    const principal = async (): Promise<undefined> => {
      throw new Error("The directory is away.");
    };
    const verify = createJwtVerifier({ ...base, principal });
    await expect(verify(token(), context)).rejects.toThrow("The directory is away.");
    const decision = await policyWith(verify).decide({
      headers: { origin: page, authorization: `Bearer ${token()}` },
    });
    expect(decision).toMatchObject({ code: "verifier-failed", status: 503 });
    expect(explain(decision)).toContain("The directory is away.");
  });

  test("is not asked about a token that is refused", async () => {
    let asked = 0;
    const verify = createJwtVerifier({ ...base, principal: () => ++asked });
    await verify(token(claims({ aud: "x" })), context);
    await verify(token(claims(), { key: otherEc.privateKey, header: {} }), context);
    expect(asked).toBe(0);
  });

  test("a token that ends while it is asked is expired", async () => {
    const start = stopClock();
    const verify = createJwtVerifier({ ...base, principal: () => (setClock(start + 15), "ada") });
    expect(await verify(token(claims({ exp: start + 10 })), context)).toMatchObject({ code: "token-expired" });
  });
});

describe("times", () => {
  test("exp: good within the tolerance, and over with it", async () => {
    const exp = stopClock();
    const old = token(claims({ exp }));
    setClock(exp + 4.999);
    expect(await verify(old, context)).toMatchObject({ expiresAt: (exp + 5) * 1000 });
    setClock(exp + 5);
    expect(await verify(old, context)).toMatchObject({ code: "token-expired", note: "Its exp has passed." });
  });

  test("exp: no tolerance where none is wanted", async () => {
    const exp = stopClock();
    const verify = verifier({ clockTolerance: 0 });
    expect(await verify(token(claims({ exp })), context)).toMatchObject({ code: "token-expired" });
    expect(await verify(token(claims({ exp: exp + 1 })), context)).toMatchObject({ expiresAt: (exp + 1) * 1000 });
  });

  test("exp: a grant is never over when it is given, with fractions of a second either", async () => {
    const exp = stopClock() + 0.3;
    const old = token(claims({ exp }));
    setClock(exp + 4.9);
    expect(await verify(old, context)).toMatchObject({ expiresAt: (exp + 5) * 1000 });
    setClock(exp + 5.1);
    expect(await verify(old, context)).toMatchObject({ code: "token-expired" });
  });

  test("nbf: good from the tolerance before it", async () => {
    const start = stopClock();
    expect(await verify(token(claims({ nbf: start + 5 })), context)).toHaveProperty("principal");
    expect(await verify(token(claims({ nbf: start + 6 })), context)).toMatchObject({
      code: "token-invalid",
      note: "Its claim nbf is not what it must be.",
    });
  });

  test("maxTokenAge: needs an iat, not too old and not to come", async () => {
    const start = stopClock();
    const verify = verifier({ maxTokenAge: 60 });
    expect(await verify(token(claims({ iat: start - 65 })), context)).toHaveProperty("principal");
    expect(await verify(token(claims({ iat: start - 66 })), context)).toMatchObject({
      code: "token-expired",
      note: "It is older than maxTokenAge, by its iat.",
    });
    for (const iat of [undefined, start + 6, "now"])
      expect(await verify(token(claims({ iat })), context)).toMatchObject({
        code: "token-invalid",
        note: expect.stringContaining("claim iat"),
      });
  });
});

/** A token of another shape, made from a good one. */
function broken(change: (header: string, payload: string, signature: string) => string): string {
  const [header = "", payload = "", signature = ""] = token().split(".");
  return change(header, payload, signature);
}

const invalid = "token-invalid";
const malformed = "token-malformed";
const notAllowed = "Its header names an algorithm or an extension (crit) that is not allowed; allowed: ES256.";
const badSignature = "Its signature does not match the key.";
const noJwt = "It is not a signed JWT in compact form.";
const wrong = (claim: string): string => `Its claim ${claim} is not what it must be.`;
const missing = (claim: string): string => `Its claim ${claim} is missing.`;

describe("a token that is not", () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ["another audience", invalid, wrong("aud"), token(claims({ aud: "https://rest.example" }))],
    ["an audience that begins alike", invalid, wrong("aud"), token(claims({ aud: `${audience}/evil` }))],
    ["an audience in another case", invalid, wrong("aud"), token(claims({ aud: audience.toUpperCase() }))],
    ["an audience that is an object", invalid, wrong("aud"), token(claims({ aud: { 0: audience } }))],
    ["no audience", invalid, missing("aud"), token(claims({ aud: undefined }))],
    ["an empty list of audiences", invalid, wrong("aud"), token(claims({ aud: [] }))],
    ["another issuer", invalid, wrong("iss"), token(claims({ iss: "https://evil.test" }))],
    ["an issuer with a slash more", invalid, wrong("iss"), token(claims({ iss: `${issuer}/` }))],
    ["issuers in a list", invalid, wrong("iss"), token(claims({ iss: [issuer] }))],
    ["no issuer", invalid, missing("iss"), token(claims({ iss: undefined }))],
    ["no exp", invalid, missing("exp"), token(claims({ exp: undefined }))],
    ["exp as a text", invalid, "Its claim exp is not a number.", token(claims({ exp: String(now() + 3600) }))],
    ["exp null", invalid, "Its claim exp is not a number.", token(claims({ exp: null }))],
    [
      "exp without an end",
      invalid,
      "Its claim exp is not a valid time.",
      token(JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e999')),
    ],
    ["exp in milliseconds", invalid, "Its claim exp is not a valid time.", token(claims({ exp: Date.now() * 1e4 }))],
    ["nbf as a text", invalid, "Its claim nbf is not a number.", token(claims({ nbf: "0" }))],
    ["long over", "token-expired", "Its exp has passed.", token(claims({ exp: now() - 3600 }))],
    ["signed with another key", invalid, badSignature, token(claims(), { key: otherEc.privateKey })],
    [
      "tampered with in its payload",
      invalid,
      badSignature,
      broken((header, _payload, signature) => `${header}.${encode(claims({ sub: "root" }))}.${signature}`),
    ],
    [
      "tampered with in its header",
      invalid,
      badSignature,
      broken((_header, payload, signature) => `${encode({ alg: "ES256", kid: "1" })}.${payload}.${signature}`),
    ],
    [
      "truncated in its signature",
      invalid,
      badSignature,
      broken((header, payload, signature) => `${header}.${payload}.${signature.slice(0, -4)}`),
    ],
    ["without a signature", invalid, badSignature, broken((header, payload) => `${header}.${payload}.`)],
    [
      "with a signature of zeros",
      invalid,
      badSignature,
      broken((header, payload) => `${header}.${payload}.${Buffer.alloc(64).toString("base64url")}`),
    ],
    [
      "signed in DER form",
      invalid,
      badSignature,
      broken(
        (header, payload, signature) =>
          `${header}.${payload}.${Buffer.concat([Buffer.from("3044", "hex"), Buffer.from(signature, "base64url")]).toString("base64url")}`,
      ),
    ],
    ["alg none", invalid, notAllowed, `${encode({ alg: "none" })}.${encode(claims())}.`],
    ["alg None", invalid, notAllowed, `${encode({ alg: "nOnE" })}.${encode(claims())}.`],
    ["alg of another family", invalid, notAllowed, token(claims(), { key: rsa.privateKey })],
    ["alg in another case", invalid, notAllowed, token(claims(), { header: { alg: "es256" } })],
    ["alg __proto__", invalid, notAllowed, `${encode('{"alg":"__proto__"}')}.${encode(claims())}.eA`],
    ["crit that nobody knows", invalid, notAllowed, token(claims(), { header: { crit: ["exp"], exp: 1 } })],
    ["crit toString", invalid, notAllowed, token(claims(), { header: { crit: ["toString"] } })],
    ["crit empty", malformed, noJwt, token(claims(), { header: { crit: [] } })],
    ["crit that is no list", malformed, noJwt, token(claims(), { header: { crit: "b64" } })],
    [
      "crit b64",
      malformed,
      noJwt,
      signed(`${encode({ alg: "ES256", crit: ["b64"], b64: false })}.${encode(claims())}`, ec.privateKey),
    ],
    ["no alg", malformed, noJwt, broken((_header, payload, signature) => `${encode({})}.${payload}.${signature}`)],
    [
      "a header that is no JSON",
      malformed,
      noJwt,
      broken((_header, payload, signature) => `${encode("{")}.${payload}.${signature}`),
    ],
    [
      "a header that is a list",
      malformed,
      noJwt,
      broken((_header, payload, signature) => `${encode([])}.${payload}.${signature}`),
    ],
    ["a payload that is no JSON, signed", malformed, noJwt, token("ada")],
    ["a payload that is a list, signed", malformed, noJwt, token([claims()])],
    [
      "a payload that is no UTF-8, signed",
      malformed,
      noJwt,
      signed(`${encode({ alg: "ES256" })}.${Buffer.from([0x7b, 0xff, 0x7d]).toString("base64url")}`, ec.privateKey),
    ],
    [
      "a payload that is no base64url, signed",
      malformed,
      noJwt,
      signed(`${encode({ alg: "ES256" })}.a*b`, ec.privateKey),
    ],
    ["nested: a token as payload, signed", malformed, noJwt, token(token(), { header: { cty: "JWT" } })],
    ["bad base64 in its signature", malformed, noJwt, broken((header, payload) => `${header}.${payload}.!!!!`)],
    ["two dots missing", malformed, noJwt, broken((...parts) => parts.join(""))],
    ["one dot missing", malformed, noJwt, broken((header, payload, signature) => `${header}.${payload}${signature}`)],
    ["a dot more", malformed, noJwt, `${token()}.`],
    ["nothing but dots", malformed, noJwt, ".."],
    ["empty", malformed, noJwt, ""],
    ["five parts, as a JWE has", malformed, noJwt, `${encode({ alg: "dir", enc: "A256GCM" })}..aXY.Y2lwaGVy.dGFn`],
    [
      "JSON serialisation",
      malformed,
      noJwt,
      JSON.stringify(broken((header, payload, signature) => JSON.stringify({ protected: header, payload, signature }))),
    ],
    [
      "a line break in its signature",
      malformed,
      noJwt,
      broken((header, payload, signature) => `${header}.${payload}.${signature.slice(0, 40)}\n${signature.slice(40)}`),
    ],
    ["padded", malformed, noJwt, `${token()}==`],
    ["unicode", malformed, noJwt, "tökén.🎩.\u0000"],
    ["unicode that looks alike", malformed, noJwt, token().replace(".", "\u2024").replace(".", "\u3002")],
    ["very long", malformed, noJwt, "a.".repeat(100_000)],
    [
      "very long, in its payload",
      invalid,
      badSignature,
      broken((header, _payload, signature) => `${header}.${"a".repeat(1_000_000)}.${signature}`),
    ],
    ["deeply nested JSON, signed", malformed, noJwt, token("[".repeat(100_000))],
  ];

  test.each(cases)("%s", async (_what, code, note, bad) => {
    expect(await verify(bad, context)).toMatchObject({ code, note });
  });

  test.each(cases)("%s: at the policy, its note holds no part of it", async (_what, code, note, bad) => {
    const whole = { origin: page, authorization: `Bearer ${bad}` };
    const decision = await policyWith(verify).decide({ headers: whole });
    expect(decision).toMatchObject({ allowed: false, status: 401 });
    // What cannot be in the header at all, the policy refuses itself.
    const fits = /^[\w.-]{1,8192}=*$/.test(bad);
    expect(decision).toHaveProperty("code", fits ? code : malformed);
    expect(explain(decision)).toContain(fits ? note : "bearerHeader: It is");
  });

  test("a secret of another length of hash, and a token whose HMAC is another's", async () => {
    const verify = verifier({ key: { secret }, algorithms: ["HS256"] });
    expect(await verify(token(claims(), { key: `${secret}!` }), context)).toMatchObject({ note: badSignature });
    expect(await verify(token(claims(), { key: "" }), context)).toMatchObject({ note: badSignature });
  });

  test("confused: an HMAC whose secret is the public key, in every form that it has", async () => {
    const verify = verifier({ key: { key: rsa.publicKey }, algorithms: ["RS256"] });
    const forms = [pemOf(rsa.publicKey), pemOf(rsa.publicKey).trim(), JSON.stringify(jwk(rsa.publicKey))];
    for (const key of forms) expect(await verify(token(claims(), { key }), context)).toMatchObject({ code: invalid });
    // The token says that it is RS256, and holds an HMAC.
    const key = pemOf(rsa.publicKey);
    expect(await verify(token(claims(), { key, header: { alg: "RS256" } }), context)).toMatchObject({
      note: badSignature,
    });
  });

  test("signed with a key that it brings along, or says where to fetch", async () => {
    const server = await keyServer([jwk(otherEc.publicKey)]);
    const key = otherEc.privateKey;
    for (const header of [
      { jwk: jwk(otherEc.publicKey) },
      { jku: server.url },
      { x5u: server.url },
      { x5c: [pemOf(otherEc.publicKey)] },
      { kid: server.url },
      { kid: "../../dev/null" },
    ])
      expect(await verify(token(claims(), { key, header }), context)).toMatchObject({
        code: invalid,
        note: badSignature,
      });
    expect(server.count()).toBe(0);
    // And where the signature is right, they change nothing.
    expect(await verify(token(claims(), { header: { jku: server.url } }), context)).toHaveProperty("principal");
  });

  test("typ: of another type, or of none", async () => {
    const verify = verifier({ typ: "at+jwt" });
    for (const typ of ["at+jwt", "application/AT+JWT"])
      expect(await verify(token(claims(), { header: { typ } }), context)).toHaveProperty("principal");
    for (const header of [{}, { typ: "JWT" }, { typ: 1 }])
      expect(await verify(token(claims(), { header }), context)).toMatchObject({
        code: invalid,
        note: "Its header field typ is not what it must be.",
      });
  });
});

test("an aborted signal ends it at once, and nothing is asked", async () => {
  const principal = (): string => expect.unreachable();
  const verify = createJwtVerifier({ key: { key: ec.publicKey }, algorithms: ["ES256"], issuer, audience, principal });
  expect(await verify(token(), contextWith(AbortSignal.abort()))).toMatchObject({ code: "verifier-failed" });
});
