import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  bearerHeader,
  bearerProtocol,
  createPolicy,
  grant,
  PolicyError,
  queryParam,
  refuse as refuseToken,
} from "@wsorigin/core";
import { guard as gate } from "@wsorigin/node";
import {
  beginHandshake,
  handshake,
  type HandshakeRequest,
  hostCaseOrigin,
  hostCases,
  isSecureCase,
  originCases,
  policyOptionsOf,
  verdictOf,
  wireBytes,
} from "@wsorigin/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { type DecisionEvent, upgradeGuard } from "../src/index.ts";
import { bridge } from "./bridge.ts";

const page = "https://app.example";
const evil = "https://evil.test";
const policy = createPolicy({ origins: [page] });

describe("the corpus over real sockets", () => {
  const linesOf = (value: string | null | readonly string[]) =>
    value === null ? null : Array.isArray(value) ? value : [value as string];

  test.each(originCases.filter((row) => row.policy.sameOrigin !== true || !isSecureCase(row)))("$why", async (row) => {
    const options = policyOptionsOf(row);
    let allowed: boolean;
    try {
      const { target } = await bridge({ policy: createPolicy(options) });
      const origins = linesOf(row.origin);
      const answer = await handshake(target, {
        hostHeader: row.policy.host ?? "api.example",
        headers: (origins ?? []).map((origin) => Buffer.concat([Buffer.from("Origin: "), wireBytes(origin)])),
      });
      answer.frames?.destroy();
      allowed = answer.status === 101;
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      allowed = false;
    }
    expect(allowed ? "allow" : "deny").toBe(row.wire ?? verdictOf(row));
  });

  test.each(hostCases)("$why", async (row) => {
    let allowed: boolean;
    try {
      const { target } = await bridge({ policy: createPolicy(policyOptionsOf(row)) });
      const hosts = linesOf(row.host);
      const answer = await handshake(target, {
        hostHeader: null,
        origin: hostCaseOrigin,
        headers: (hosts ?? []).map((host) => Buffer.concat([Buffer.from("Host: "), wireBytes(host)])),
      });
      answer.frames?.destroy();
      allowed = answer.status === 101;
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      allowed = false;
    }
    // What no URL can have as its host is no Request, and so is refused before.
    expect(allowed ? "allow" : "deny").toBe(verdictOf(row));
  });
});

const malformed: readonly (readonly [string, HandshakeRequest])[] = [
  ["another method", { method: "POST" }],
  ["another version", { omit: ["sec-websocket-version"], headers: [["Sec-WebSocket-Version", "12"]] }],
  ["no version", { omit: ["sec-websocket-version"] }],
  ["no key", { omit: ["sec-websocket-key"] }],
  ["a short key", { omit: ["sec-websocket-key"], headers: [["Sec-WebSocket-Key", "short"]] }],
  ["two keys", { headers: [["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="]] }],
  ["another upgrade", { omit: ["upgrade"], headers: [["Upgrade", "h2c, websocket"]] }],
  ["a body", { headers: [["Content-Length", "5"]], extra: Buffer.from("hello") }],
  ["a chunked body", { headers: [["Transfer-Encoding", "chunked"]], extra: Buffer.from("0\r\n\r\n") }],
  ["a subprotocol twice", { headers: [["Sec-WebSocket-Protocol", "a, a"]] }],
  ["a target with two slashes", { path: "//evil.test/chat" }],
  ["a target with a backslash", { path: "/\\evil.test/chat" }],
  ["a target on another host", { path: "http://evil.test/chat" }],
  ["a target that does not decode", { path: "/%zz" }],
  ["two Hosts", { hostHeader: ["api.example", "evil.test"] }],
];

describe("a malformed handshake of a listed page is refused:", () => {
  test.each(malformed)("%s", async (_name, request) => {
    const events: DecisionEvent[] = [];
    const { target } = await bridge({ policy, onDecision: (event) => void events.push(event) });
    const answer = await handshake(target, { origin: page, ...request });
    expect([400, 426]).toContain(answer.status);
    expect(events.map(({ decision }) => decision.allowed)).not.toContain(true);
  });
});

test("a refusal has the status, fields and body of the gate", async () => {
  const token = { from: [bearerHeader()], verify: () => refuseToken("invalid") };
  const failing = {
    from: [bearerHeader()],
    verify: () => {
      throw new Error("no");
    },
  };
  const authorization: HandshakeRequest = { headers: [["Authorization", "Bearer x"]] };
  for (const [options, request, status] of [
    [{ policy }, { origin: evil }, 403],
    [{ policy }, { origin: page, method: "POST" }, 400],
    [{ policy }, { origin: page, omit: ["sec-websocket-version"], headers: [["Sec-WebSocket-Version", "8"]] }, 426],
    [{ policy: createPolicy({ origins: [page], token }) }, { origin: page, ...authorization }, 401],
    [{ policy: createPolicy({ origins: [page], token: failing }) }, { origin: page, ...authorization }, 503],
  ] as const) {
    const { target } = await bridge<unknown>(options);
    const server = createServer();
    gate(server, { log: false, ...options });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const [own, theirs] = [await handshake(target, request), await handshake({ port }, request)];
    const shape = ({ status, reason, headers, body }: typeof own) => ({
      status,
      reason,
      body,
      headers: headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`).toSorted(),
    });
    expect(own.status).toBe(status);
    expect(shape(own)).toEqual(shape(theirs));
  }
});

describe("subprotocols", () => {
  const withToken = createPolicy({
    origins: [page],
    token: { from: [bearerProtocol(), queryParam("t")], verify: (token) => grant({ principal: token }) },
  });

  test("the first of the server's is chosen, and a token is never echoed, nor left in the request", async () => {
    const seen: unknown[] = [];
    const { target } = await bridge({ policy: withToken, protocols: ["chat.v2", "chat.v1"] }, (_socket, result) => {
      const { request, identity } = result;
      seen.push([request.headers.get("sec-websocket-protocol"), new URL(request.url).search, identity.principal]);
    });
    const offer = async (path: string, offered: string) => {
      const answer = await handshake(target, {
        path,
        origin: page,
        headers: [["Sec-WebSocket-Protocol", offered]],
      });
      answer.frames?.destroy();
      return [answer.status, answer.header("sec-websocket-protocol")];
    };
    expect(await offer("/chat", "bearer.SECRET, chat.v1, chat.v2")).toEqual([101, "chat.v2"]);
    expect(await offer("/chat", "other, bearer.SECRET")).toEqual([101, undefined]);
    expect(await offer("/chat?a=1&t=SECRET", "chat.v1")).toEqual([101, "chat.v1"]);
    expect((await offer("/chat", "bearer.SECRET"))[0]).toBe(401);
    expect(seen).toEqual([
      ["chat.v1, chat.v2", "", "SECRET"],
      ["other", "", "SECRET"],
      ["chat.v1", "?a=1", "SECRET"],
    ]);
  });
});

describe("waiting", () => {
  const waiting = (verify: () => Promise<never>) =>
    createPolicy({ origins: [page], token: { from: [queryParam("t")], verify } });

  test("a verifier that never answers is refused after the deadline, and its signal aborts", async () => {
    let aborted = false;
    const token = {
      from: [queryParam("t")],
      verify: (_token: string, { signal }: { signal: AbortSignal }) => {
        signal.addEventListener("abort", () => (aborted = true));
        return new Promise<never>(() => {});
      },
    };
    const { target } = await bridge({ policy: createPolicy({ origins: [page], token }), deadline: 20 });
    expect((await handshake(target, { origin: page, path: "/?t=x" })).status).toBe(503);
    expect(aborted).toBe(true);
  });

  test("a client that leaves ends the wait, with one event and no response", async () => {
    let asked = 0;
    const events: DecisionEvent[] = [];
    const hanging = waiting(() => {
      asked++;
      return new Promise<never>(() => {});
    });
    const { target } = await bridge({ policy: hanging, onDecision: (event) => void events.push(event) });
    const attempt = await beginHandshake(target, { origin: page, path: "/?t=x" });
    await expect.poll(() => asked).toBe(1);
    attempt.reset();
    await expect.poll(() => events).toMatchObject([{ decision: { code: "client-gone" } }]);
  });

  test("more than maxPending are refused, and their places are given back", async () => {
    const release: (() => void)[] = [];
    const busy = waiting(() => new Promise((_resolve, reject) => release.push(() => reject(new Error("no")))));
    const guard = upgradeGuard({ policy: busy, maxPending: 2, log: false });
    const request = () =>
      new Request("http://api.example/?t=x", {
        headers: {
          host: "api.example",
          origin: page,
          upgrade: "websocket",
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
          "sec-websocket-version": "13",
        },
      });
    const first = [guard(request()), guard(request())];
    expect((await guard(request())).decision).toMatchObject({ code: "too-many-pending" });
    for (const end of release) end();
    for (const result of await Promise.all(first)) expect(result.decision).toMatchObject({ code: "verifier-failed" });
    const last = guard(request());
    release.at(-1)?.();
    expect((await last).decision).toMatchObject({ code: "verifier-failed" });
  });
});

describe("events and modes", () => {
  test("each handshake yields one event", async () => {
    const events: DecisionEvent[] = [];
    const { target } = await bridge({
      policy,
      report: createPolicy({ origins: [] }),
      onDecision: (event) => void events.push(event),
    });
    (await handshake(target, { origin: page })).frames?.destroy();
    await handshake(target, { origin: evil });
    await expect.poll(() => events.length).toBe(2);
    expect(events).toMatchObject([
      { decision: { code: "origin-listed" }, ip: "192.0.2.1", route: "/chat", mode: "enforce" },
      { decision: { code: "origin-not-listed" }, ip: "192.0.2.1", route: "/chat", mode: "enforce" },
    ]);
    expect(events[0]?.reported).toMatchObject({ code: "origin-not-listed" });
    expect(events[0]?.ms).toBeGreaterThanOrEqual(0);
  });

  test("report mode lets through what the policy refuses, but nothing malformed", async () => {
    const events: DecisionEvent[] = [];
    const { target } = await bridge({
      policy: createPolicy({ origins: [page], mode: "report" }),
      onDecision: (event) => void events.push(event),
    });
    const answer = await handshake(target, { origin: evil });
    answer.frames?.destroy();
    expect(answer.status).toBe(101);
    expect((await handshake(target, { origin: evil, method: "POST" })).status).toBe(400);
    await expect.poll(() => events.map(({ mode }) => mode)).toEqual(["report", "enforce"]);
  });

  test("what a callback throws changes nothing, and goes to onError", async () => {
    const errors: string[] = [];
    const thrower = (): never => {
      throw new Error("no");
    };
    const { target } = await bridge({
      policy,
      onDecision: thrower,
      log: thrower,
      onError: (_error, where) => void errors.push(where),
    });
    expect((await handshake(target, { origin: evil })).status).toBe(403);
    await expect.poll(() => errors).toEqual(["onDecision", "log"]);
  });

  test("a refusal is logged once a minute, with explain()'s text", async () => {
    const texts: string[] = [];
    const { target } = await bridge({ policy, log: (text) => void texts.push(text) });
    for (let count = 0; count < 3; count++) await handshake(target, { origin: evil });
    await expect.poll(() => texts.length).toBe(1);
    expect(texts[0]).toContain("https://evil.test");
    expect(texts[0]).toContain('where:    route /chat, client "192.0.2.1"');
  });

  test("after close(), handshakes are refused with 503", async () => {
    const { target, guard } = await bridge({ policy });
    guard.close();
    expect((await handshake(target, { origin: page })).status).toBe(503);
  });
});

test.each([undefined, null, {}, { headers: {} }, { headers: new Map(), url: "/" }, new Headers({ origin: page })])(
  "what is not a Request is refused: %o",
  async (given) => {
    const guard = upgradeGuard({ policy: createPolicy({ origins: [page], missingOrigin: "allow" }), log: false });
    expect((await guard(given as unknown as Request)).decision).toMatchObject({ code: "handshake-malformed" });
  },
);
