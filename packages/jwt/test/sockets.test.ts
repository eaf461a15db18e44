import { bearerHeader, createPolicy } from "@wsorigin/core";
import { describe, expect, test } from "vitest";
import { createJwtVerifier } from "../src/index.ts";
import { chat, evil, open, statusOf } from "./sockets.ts";
import {
  audience,
  claims,
  ec,
  issuer,
  jwk,
  keyServer,
  now,
  otherEc,
  page,
  policyWith,
  remoteVerifier,
  token,
  verifier,
  wait,
} from "./support.ts";

const first = jwk(ec.publicKey, { kid: "first" });
const good = (): string => token(claims(), { header: { kid: "first" } });

describe("a guarded server", () => {
  test("a good token opens a socket, whose handler knows who is there", async () => {
    const verify = createJwtVerifier({
      key: { key: ec.publicKey },
      algorithms: ["ES256"],
      issuer,
      audience,
      principal: async ({ sub }) => (sub === "ada" ? { user: sub } : undefined),
    });
    const { target } = await chat(policyWith(verify));
    const answer = await open(target, { token: token() });
    expect(answer.statusLine).toBe("HTTP/1.1 101 Switching Protocols");
    expect((await answer.frames?.next())?.text).toBe('{"user":"ada"}');
    expect(await statusOf(target, { token: token(claims({ sub: "eve" })) })).toBe(403);
  });

  test("a bad token is 401, and which scheme is wanted; the client learns no more", async () => {
    const { target, told } = await chat(policyWith(verifier()));
    const bad = [
      [token(claims(), { key: otherEc.privateKey }), "token-invalid"],
      [token(claims({ aud: "https://rest.example" })), "token-invalid"],
      [token(claims({ exp: now() - 60 })), "token-expired"],
      [token(claims(), { header: { alg: "none" } }), "token-invalid"],
      ["a.b.c.d", "token-malformed"],
    ] as const;
    for (const [given, code] of bad) {
      const answer = await open(target, { token: given });
      expect(answer.statusLine).toBe("HTTP/1.1 401 Unauthorized");
      expect(answer.header("WWW-Authenticate")).toMatch(/^Bearer/);
      expect(answer.raw.toString()).not.toMatch(/iss|aud|ES256/);
      expect(told.at(-1)).toContain(code);
    }
    expect(await statusOf(target)).toBe(401);
  });

  test("a good token from a foreign page is 403", async () => {
    const { target } = await chat(policyWith(verifier()));
    expect(await statusOf(target, { token: token(), origin: evil })).toBe(403);
    expect(await statusOf(target, { token: token(), origin: "null" })).toBe(403);
    expect(await statusOf(target, { token: token(), origin: null })).toBe(403);
  });

  test("a program without an Origin gets in with a token where the policy says so", async () => {
    const verify = verifier();
    const policy = createPolicy({
      origins: [page],
      missingOrigin: "token",
      token: { from: [bearerHeader()], verify },
    });
    const { target } = await chat(policy);
    expect(await statusOf(target, { token: token(), origin: null })).toBe(101);
    expect(await statusOf(target, { origin: null })).toBe(401);
  });

  test("503 while the JWKS is away, and 101 when it is back", async () => {
    const server = await keyServer([first]);
    await server.leave();
    const { target, told } = await chat(policyWith(remoteVerifier(server)));
    expect(await statusOf(target, { token: good() })).toBe(503);
    expect(told.at(-1)).toContain(`The JWKS of ${server.host} cannot be reached (ECONNREFUSED).`);
    // What needs no key is refused as ever.
    expect(await statusOf(target, { token: "a.b" })).toBe(401);
    expect(await statusOf(target, { token: good(), origin: evil })).toBe(403);
    await server.comeBack();
    wait(10);
    expect(await statusOf(target, { token: good() })).toBe(101);
  });

  test("300 handshakes at once on a cold cache: all in, with one request", async () => {
    const server = await keyServer([first]);
    const { target } = await chat(policyWith(remoteVerifier(server)));
    const given = good();
    const all = await Promise.all(Array.from({ length: 300 }, () => statusOf(target, { token: given })));
    expect(new Set(all)).toEqual(new Set([101]));
    expect(server.count()).toBe(1);
  });
});
