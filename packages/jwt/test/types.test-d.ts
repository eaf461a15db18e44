import type { KeyObject, webcrypto } from "node:crypto";
import { bearerHeader, createPolicy, type Policy, type TokenContext, type TokenOptions } from "@wsorigin/core";
import { describe, expectTypeOf, test } from "vitest";
import {
  createJwtVerifier,
  type JwtAlgorithm,
  type JWTPayload,
  type JwtVerifier,
  JwtVerifierError,
  type JwtVerifierOptions,
} from "../src/index.ts";

const base = {
  key: { jwks: "https://id.example/jwks.json" },
  algorithms: ["ES256"],
  issuer: "https://id.example",
  audience: "wss://api.example/chat",
} as const;
const from = [bearerHeader()];

interface User {
  readonly id: string;
}
declare const findUser: (id: string | undefined) => User | undefined;
declare const fetchUser: (id: string | undefined) => Promise<User | undefined>;

describe("the principal's type", () => {
  test("is the claims' where nothing maps them", () => {
    const verify = createJwtVerifier(base);
    expectTypeOf(verify).toEqualTypeOf<JwtVerifier<JWTPayload>>();
    expectTypeOf(createPolicy({ origins: [], token: { from, verify } })).toEqualTypeOf<Policy<JWTPayload>>();
  });

  test("is that of what principal gives, at once or later, without undefined", () => {
    const atOnce = createJwtVerifier({ ...base, principal: ({ sub }) => findUser(sub) });
    expectTypeOf(atOnce).toEqualTypeOf<JwtVerifier<User>>();
    expectTypeOf(createPolicy({ origins: [], token: { from, verify: atOnce } })).toEqualTypeOf<Policy<User>>();
    const later = createJwtVerifier({ ...base, principal: async ({ sub }) => fetchUser(sub) });
    expectTypeOf(later).toEqualTypeOf<JwtVerifier<User>>();
    expectTypeOf(createJwtVerifier({ ...base, principal: () => null })).toEqualTypeOf<JwtVerifier<null>>();
  });

  test("flows into the policy where both are written at once", () => {
    const policy = createPolicy({
      origins: [],
      token: { from, verify: createJwtVerifier({ ...base, principal: ({ sub }) => findUser(sub) }) },
    });
    expectTypeOf(policy).toEqualTypeOf<Policy<User>>();
    const plain = createPolicy({ origins: [], token: { from, verify: createJwtVerifier(base) } });
    expectTypeOf(plain).toEqualTypeOf<Policy<JWTPayload>>();
    const optional = createPolicy({
      origins: [],
      token: { from, required: false, verify: createJwtVerifier({ ...base, principal: ({ sub }) => findUser(sub) }) },
    });
    expectTypeOf(optional).toEqualTypeOf<Policy<User | undefined>>();
  });

  test("cannot be claimed without a principal that gives it", () => {
    // @ts-expect-error
    createJwtVerifier<User>(base);
    // @ts-expect-error
    createJwtVerifier<User>({ ...base, principal: () => "ada" });
    createJwtVerifier<User>({ ...base, principal: () => ({ id: "ada" }) });
  });

  test("principal is told the claims and the context", () => {
    createJwtVerifier({
      ...base,
      principal(claims, context) {
        expectTypeOf(claims).toEqualTypeOf<JWTPayload>();
        expectTypeOf(context).toEqualTypeOf<TokenContext>();
        return claims.sub;
      },
    });
  });

  test("a verifier is the verify of a policy", () => {
    expectTypeOf<JwtVerifier<User>>().toExtend<TokenOptions<User>["verify"]>();
  });
});

describe("the options", () => {
  test("every kind of key", () => {
    expectTypeOf<{ secret: Uint8Array }>().toExtend<JwtVerifierOptions["key"]>();
    expectTypeOf<{ secret: Buffer }>().toExtend<JwtVerifierOptions["key"]>();
    expectTypeOf<{ key: KeyObject }>().toExtend<JwtVerifierOptions["key"]>();
    expectTypeOf<{ key: webcrypto.CryptoKey }>().toExtend<JwtVerifierOptions["key"]>();
    expectTypeOf<{ key: { kty: "EC"; crv: string; x: string; y: string } }>().toExtend<JwtVerifierOptions["key"]>();
    expectTypeOf<{ jwks: URL; timeout: number }>().toExtend<JwtVerifierOptions["key"]>();
    expectTypeOf<{ key: string; secret: string }>().not.toExtend<JwtVerifierOptions["key"]>();
  });

  test("what is wrong does not compile", () => {
    // @ts-expect-error
    createJwtVerifier({ ...base, algorithms: ["none"] });
    // @ts-expect-error
    createJwtVerifier({ ...base, algorithms: "ES256" });
    // @ts-expect-error
    createJwtVerifier({ ...base, audience: undefined });
    // @ts-expect-error
    createJwtVerifier({ ...base, maxTokenAge: "5m" });
    // @ts-expect-error
    createJwtVerifier({ ...base, ignoreExpiration: true });
    // @ts-expect-error
    createJwtVerifier({ ...base, key: { secret: "s", timeout: 1 } });
    // @ts-expect-error
    createJwtVerifier();
    expectTypeOf<"none">().not.toExtend<JwtAlgorithm>();
  });

  test("nothing can be assigned", () => {
    // @ts-expect-error
    ({} as JwtVerifierOptions).issuer = "";
    // @ts-expect-error
    new JwtVerifierError([]).issues.pop();
  });
});
