import { generateKeyPairSync } from "node:crypto";
import type { RequestListener } from "node:http";
import { bearerHeader, createPolicy, explain, type Verification } from "@wsorigin/core";
import { describe, expect, test } from "vitest";
import {
  claims,
  contextWith,
  ec,
  ed,
  jwk,
  keyServer,
  now,
  otherEc,
  page,
  policyWith,
  remoteVerifier,
  rsa,
  setClock,
  stopClock,
  token,
  verifier,
  wait,
} from "./support.ts";

const context = contextWith();
const first = jwk(ec.publicKey, { kid: "first" });
const second = jwk(otherEc.publicKey, { kid: "second" });
const good = (): string => token(claims({ exp: now() + 7200 }), { header: { kid: "first" } });
const rotated = (): string =>
  token(claims({ exp: now() + 7200 }), { header: { kid: "second" }, key: otherEc.privateKey });
const granted = { subject: "ada" };
const noKey = { code: "token-invalid", note: "The JWKS has no key with its kid that fits its algorithm." };

/** A token with a `kid` that nobody has. */
const unknown = (index: number): string => token(claims({ exp: now() + 7200 }), { header: { kid: `k${index}` } });

/** As `refusedBy`, by a request that failed before. */
function paused(host: string, what: string): object {
  const start = `The JWKS of ${host} ${what}; the next request is sent in `;
  return { code: "verifier-failed", note: expect.stringContaining(start) as unknown };
}

function refusedBy(host: string, what: string): object {
  return { code: "verifier-failed", note: `The JWKS of ${host} ${what}.` };
}

describe("requests", () => {
  test("none before the first token, and one for all that follow", async () => {
    const server = await keyServer([first]);
    const verify = remoteVerifier(server);
    expect(server.count()).toBe(0);
    for (let index = 0; index < 20; index++) expect(await verify(good(), context)).toMatchObject(granted);
    expect(server.count()).toBe(1);
  });

  test("one for 500 handshakes at once", async () => {
    const server = await keyServer([first]);
    const policy = policyWith(remoteVerifier(server));
    const headers = { origin: page, authorization: `Bearer ${good()}` };
    const decisions = await Promise.all(Array.from({ length: 500 }, () => policy.decide({ headers })));
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(500);
    expect(server.count()).toBe(1);
  });

  test("none for tokens that no key could save", async () => {
    const server = await keyServer([first]);
    const verify = remoteVerifier(server);
    for (const bad of ["a.b", "x", token(claims(), { key: "secret" }), token(claims(), { key: rsa.privateKey })])
      expect(await verify(bad, context)).toHaveProperty("code", expect.stringMatching("malformed|invalid"));
    expect(server.count()).toBe(0);
  });

  test("the set is fetched anew when it is older than cacheMaxAge", async () => {
    const start = stopClock();
    const server = await keyServer([first]);
    const verify = remoteVerifier(server);
    const count = async (seconds: number): Promise<number> => {
      setClock(start + seconds);
      expect(await verify(good(), context)).toMatchObject(granted);
      return server.count();
    };
    expect([await count(0), await count(599), await count(600), await count(1199)]).toEqual([1, 1, 2, 2]);
  });

  test("a cacheMaxAge of its own", async () => {
    const start = stopClock();
    const server = await keyServer([first]);
    const verify = remoteVerifier(server, { cacheMaxAge: 2000 });
    for (const seconds of [0, 1, 2, 3, 4]) {
      setClock(start + seconds);
      expect(await verify(good(), context)).toMatchObject(granted);
    }
    expect(server.count()).toBe(3);
  });

  test("the headers that it is told to send, and Accept", async () => {
    const seen: unknown[] = [];
    const server = await keyServer(({ method, headers }, response) => {
      seen.push([method, headers["x-api-key"], headers.accept]);
      response.end(JSON.stringify({ keys: [first] }));
    });
    const verify = remoteVerifier(server, { headers: { "X-Api-Key": "k" } });
    expect(await verify(good(), context)).toMatchObject(granted);
    expect(seen).toEqual([["GET", "k", "application/json, application/jwk-set+json"]]);
  });
});

describe("keys that change", () => {
  test("an unknown kid leads to one request in a cooldown, however many tokens come", async () => {
    const start = stopClock();
    const server = await keyServer([first]);
    const verify = remoteVerifier(server);
    const flood = async (): Promise<number> => {
      const all = await Promise.all(Array.from({ length: 50 }, (_, index) => verify(unknown(index), contextWith())));
      for (const one of all) expect(one).toMatchObject(noKey);
      for (let index = 0; index < 5; index++) expect(await verify(unknown(index), context)).toMatchObject(noKey);
      return server.count();
    };
    expect(await flood()).toBe(1);
    setClock(start + 29);
    expect(await flood()).toBe(1);
    setClock(start + 30);
    expect(await flood()).toBe(2);
    setClock(start + 59);
    expect(await flood()).toBe(2);
    expect(await verify(good(), context)).toMatchObject(granted);
  });

  test("a new key is found after the cooldown, and the old one is gone with it", async () => {
    const start = stopClock();
    const server = await keyServer([first]);
    const verify = remoteVerifier(server, { cooldown: 10_000 });
    expect(await verify(good(), context)).toMatchObject(granted);
    server.answer([second]);
    setClock(start + 9);
    expect(await verify(rotated(), context)).toMatchObject(noKey);
    setClock(start + 10);
    expect(await verify(rotated(), context)).toMatchObject(granted);
    expect(await verify(good(), context)).toMatchObject(noKey);
    expect(server.count()).toBe(2);
  });

  test("a token without a kid finds a new key when the set is too old", async () => {
    const start = stopClock();
    const server = await keyServer([first]);
    const verify = remoteVerifier(server);
    const plain = token(claims({ exp: start + 7200 }), { key: otherEc.privateKey });
    expect(await verify(good(), context)).toMatchObject(granted);
    server.answer([second]);
    setClock(start + 599);
    expect(await verify(plain, context)).toMatchObject({ code: "token-invalid" });
    setClock(start + 600);
    expect(await verify(plain, context)).toMatchObject(granted);
  });
});

describe("which key", () => {
  test("several that fit are all tried", async () => {
    const server = await keyServer([jwk(ec.publicKey), jwk(otherEc.publicKey), jwk(ed.publicKey)]);
    const verify = remoteVerifier(server);
    for (const key of [ec.privateKey, otherEc.privateKey])
      expect(await verify(token(claims(), { key }), context)).toMatchObject(granted);
    const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    expect(await verify(token(claims(), { key: stranger }), context)).toMatchObject({
      code: "token-invalid",
      note: "Its signature does not match the key.",
    });
    // The claims of one whose signature is right count, whichever key it is.
    expect(await verify(token(claims({ aud: "x" }), { key: otherEc.privateKey }), context)).toMatchObject({
      note: "Its claim aud is not what it must be.",
    });
    expect(server.count()).toBe(1);
  });

  test("one that cannot be used does not stand in the others' way", async () => {
    const server = await keyServer([{ ...first, kid: "broken", x: "AAAA" }, first]);
    const verify = remoteVerifier(server);
    expect(await verify(good(), context)).toMatchObject(granted);
    expect(await verify(token(), context)).toMatchObject(granted);
    const broken = token(claims(), { header: { kid: "broken" } });
    expect(await verify(broken, context)).toMatchObject({
      code: "verifier-failed",
      note: expect.stringContaining(`The JWKS of ${server.host} has a key that cannot be used (`),
    });
  });

  test("of another algorithm, another use or another type: none", async () => {
    const server = await keyServer([
      { ...first, kid: "use", use: "enc" },
      { ...first, kid: "alg", alg: "ES384" },
      { ...first, kid: "ops", key_ops: ["sign"] },
      jwk(rsa.publicKey, { kid: "rsa" }),
      { kty: "oct", k: "c2VjcmV0", kid: "oct" },
    ]);
    const verify = remoteVerifier(server);
    for (const kid of ["use", "alg", "ops", "rsa", "oct", 1, "", null])
      expect(await verify(token(claims(), { header: { kid } }), context)).toMatchObject(noKey);
  });

  test("one that is private or too short is refused", async () => {
    const short = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const server = await keyServer([
      { ...ec.privateKey.export({ format: "jwk" }), kid: "private" },
      jwk(short.publicKey, { kid: "short" }),
    ]);
    const verify = remoteVerifier(server, {}, { algorithms: ["ES256", "RS256"] });
    expect(await verify(token(claims(), { header: { kid: "private" } }), context)).toMatchObject(
      refusedBy(server.host, "cannot be used: JSON Web Key Set members must be public keys"),
    );
    const key = short.privateKey;
    expect(await verify(token(claims(), { header: { kid: "short" }, key }), context)).toMatchObject(
      refusedBy(server.host, "has an RSA key of fewer than 2048 bits"),
    );
  });
});

describe("while the set is unavailable", () => {
  const answers: readonly (readonly [string, string, RequestListener])[] = [
    ["500", "answers 500 instead of 200", (_request, response) => response.writeHead(500).end("oops")],
    ["404", "answers 404 instead of 200", (_request, response) => response.writeHead(404).end()],
    ["204", "answers 204 instead of 200", (_request, response) => response.writeHead(204).end()],
    ["no JSON", "is not JSON", (_request, response) => response.end("<html>")],
    ["no key set", "is not a JSON Web Key Set", (_request, response) => response.end('{"keys":{}}')],
    [
      "half an answer",
      "cannot be reached (UND_ERR_RES_CONTENT_LENGTH_MISMATCH)",
      (_request, response) => {
        response.writeHead(200, { "Content-Length": 100 }).write('{"keys"', () => response.destroy());
      },
    ],
  ];
  test.each(answers)("%s: 503, and it recovers by itself after a pause", async (_what, reason, listener) => {
    const server = await keyServer(listener);
    const verify = remoteVerifier(server);
    expect(await verify(good(), context)).toMatchObject(refusedBy(server.host, reason));
    server.answer([first]);
    expect(await verify(good(), context)).toMatchObject(paused(server.host, reason));
    expect(server.count()).toBe(1);
    wait(10);
    expect(await verify(good(), context)).toMatchObject(granted);
    expect(server.count()).toBe(2);
  });

  test("a connection that ends: 503", async () => {
    const server = await keyServer((request) => request.socket.destroy());
    expect(await remoteVerifier(server)(good(), context)).toMatchObject({
      code: "verifier-failed",
      note: expect.stringMatching(/ cannot be reached \((UND_ERR_SOCKET|ECONNRESET)\)\.$/),
    });
  });

  test("a refused connection: 503, and it recovers by itself after a pause", async () => {
    const server = await keyServer([first]);
    const verify = remoteVerifier(server);
    await server.leave();
    const down = refusedBy(server.host, "cannot be reached (ECONNREFUSED)");
    expect(await verify(good(), context)).toMatchObject(down);
    wait(10);
    expect(await verify(good(), context)).toMatchObject(down);
    await server.comeBack();
    wait(20);
    expect(await verify(good(), context)).toMatchObject(granted);
  });

  test("a set that is there goes on until it is too old; only unknown keys are 503", async () => {
    const start = stopClock();
    const server = await keyServer([first]);
    const verify = remoteVerifier(server);
    expect(await verify(good(), context)).toMatchObject(granted);
    await server.leave();
    const down = refusedBy(server.host, "cannot be reached (ECONNREFUSED)");
    setClock(start + 599);
    expect(await verify(good(), context)).toMatchObject(granted);
    expect(await verify(rotated(), context)).toMatchObject(down);
    expect(await verify(good(), context)).toMatchObject(granted);
    setClock(start + 600);
    expect(await verify(good(), context)).toMatchObject(paused(server.host, "cannot be reached (ECONNREFUSED)"));
    await server.comeBack();
    wait(10);
    expect(await verify(good(), context)).toMatchObject(granted);
  });

  test("200 tokens, one after the other and at once, make one request in a pause", async () => {
    const server = await keyServer((_request, response) => response.writeHead(500).end());
    const verify = remoteVerifier(server);
    const flood = async (): Promise<number> => {
      const all = await Promise.all(Array.from({ length: 100 }, (_, index) => verify(unknown(index), contextWith())));
      for (let index = 100; index < 200; index++) all.push(await verify(unknown(index), context));
      for (const one of all) expect(one).toHaveProperty("code", "verifier-failed");
      return server.count();
    };
    expect(await flood()).toBe(1);
    // 10 seconds, then 20, 40, 60 and 60.
    for (const [index, seconds] of [10, 20, 40, 60, 60].entries()) {
      wait(seconds - 5);
      expect(await flood()).toBe(index + 1);
      wait(5);
      expect(await flood()).toBe(index + 2);
    }
    // A success ends the pauses, and the next one is short again.
    server.answer([first]);
    wait(60);
    expect(await verify(good(), context)).toMatchObject(granted);
    expect(server.count()).toBe(7);
  });

  test("a pause after a success is short again", async () => {
    const start = stopClock();
    const server = await keyServer((_request, response) => response.writeHead(500).end());
    const verify = remoteVerifier(server);
    await verify(good(), context);
    wait(10);
    await verify(good(), context);
    server.answer([first]);
    wait(20);
    expect(await verify(good(), context)).toMatchObject(granted);
    server.answer((_request, response) => void response.writeHead(500).end());
    setClock(start + 600);
    expect(await verify(good(), context)).toMatchObject(refusedBy(server.host, "answers 500 instead of 200"));
    server.answer([first]);
    wait(10);
    expect(await verify(good(), context)).toMatchObject(granted);
    expect(server.count()).toBe(5);
  });

  test("the system's clock does not end a pause", async () => {
    const start = stopClock();
    const server = await keyServer((_request, response) => response.writeHead(500).end());
    const verify = remoteVerifier(server);
    await verify(good(), context);
    setClock(start + 3600);
    await verify(good(), context);
    expect(server.count()).toBe(1);
  });

  test("a key that was fetched keeps verifying during a pause", async () => {
    const start = stopClock();
    const server = await keyServer([first]);
    const verify = remoteVerifier(server);
    expect(await verify(good(), context)).toMatchObject(granted);
    server.answer((_request, response) => void response.writeHead(500).end());
    setClock(start + 30);
    for (let index = 0; index < 20; index++) {
      expect(await verify(unknown(index), context)).toHaveProperty("code", "verifier-failed");
      expect(await verify(good(), context)).toMatchObject(granted);
    }
    expect(server.count()).toBe(2);
  });

  const hanging: readonly (readonly [string, RequestListener])[] = [
    ["never", () => {}],
    ["only half", (_request, response) => void response.writeHead(200).write('{"keys":')],
  ];
  test.each(hanging)("an endpoint that answers %s: 503 within the timeout", async (_what, listener) => {
    const server = await keyServer(listener);
    const verify = remoteVerifier(server, { timeout: 50 });
    expect(await verify(good(), context)).toMatchObject(refusedBy(server.host, "does not answer within 50 ms"));
  });

  test("what the operator reads names the host, and nothing of the URL or the token", async () => {
    const server = await keyServer((_request, response) => response.writeHead(500).end());
    const verify = verifier({ key: { jwks: `${server.url}?key=hidden` } });
    const decision = await policyWith(verify).decide({
      headers: { origin: page, authorization: `Bearer ${good()}` },
    });
    expect(decision).toMatchObject({ code: "verifier-failed", status: 503 });
    expect(explain(decision)).toContain(`The JWKS of ${server.host} answers 500 instead of 200.`);
    expect(explain(decision)).not.toContain("hidden");
  });
});

describe("redirects", () => {
  test.each([301, 302, 303, 307, 308])("%i is not followed", async (status) => {
    const elsewhere = await keyServer([first]);
    const server = await keyServer((_request, response) =>
      response.writeHead(status, { Location: elsewhere.url }).end(),
    );
    expect(await remoteVerifier(server)(good(), context)).toMatchObject(
      refusedBy(server.host, `answers ${status} instead of 200, and redirects are not followed`),
    );
    expect(elsewhere.count()).toBe(0);
  });
});

describe("a handshake that is aborted", () => {
  test("ends its own wait, and no other's", async () => {
    let respond = (): void => {};
    const server = await keyServer((_request, response) => {
      respond = () => void response.end(JSON.stringify({ keys: [first] }));
    });
    const verify = remoteVerifier(server, { timeout: 60_000 });
    const asked = server.asked();
    const gone = new AbortController();
    const one = verify(good(), contextWith(gone.signal));
    const other = verify(good(), context);
    await asked;
    gone.abort();
    expect(await one).toMatchObject({
      code: "verifier-failed",
      note: "The handshake was aborted before the token was verified.",
    });
    respond();
    expect(await other).toMatchObject(granted);
    expect(server.count()).toBe(1);
  });

  test("before it is verified makes no request", async () => {
    const server = await keyServer([first]);
    expect(await remoteVerifier(server)(good(), contextWith(AbortSignal.abort()))).toMatchObject({
      note: "The handshake was aborted before the token was verified.",
    });
    expect(server.count()).toBe(0);
  });

  test("is 503 at the policy", async () => {
    const server = await keyServer(() => {});
    const policy = policyWith(remoteVerifier(server, { timeout: 60_000 }));
    const asked = server.asked();
    const gone = new AbortController();
    const headers = { origin: page, authorization: `Bearer ${good()}` };
    const decision = policy.decide({ headers }, { signal: gone.signal });
    await asked;
    gone.abort();
    expect(await decision).toMatchObject({ code: "verifier-failed", status: 503 });
  });

  test("leaves no listener behind on a signal that lives on", async () => {
    const server = await keyServer([first]);
    const verify = remoteVerifier(server);
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    const watched = new Proxy(signal, {
      get(target, name) {
        if (name === "addEventListener") return (_event: string, listener: unknown) => listeners.add(listener);
        if (name === "removeEventListener") return (_event: string, listener: unknown) => listeners.delete(listener);
        return Reflect.get(target, name, target);
      },
    });
    const pending = verify(good(), contextWith(watched));
    expect(listeners.size).toBe(1);
    await pending;
    expect(listeners.size).toBe(0);
  });

  test("a foreign page makes no request", async () => {
    const server = await keyServer([first]);
    const verify = (given: string): Promise<Verification<unknown>> => remoteVerifier(server)(given, context);
    const policy = createPolicy({ origins: [page], token: { from: [bearerHeader()], verify } });
    const headers = { origin: "https://evil.test", authorization: `Bearer ${good()}` };
    expect(await policy.decide({ headers })).toMatchObject({ code: "origin-not-listed" });
    expect(server.count()).toBe(0);
  });
});
