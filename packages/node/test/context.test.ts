import { IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { selfSigned, until } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { type Context, createPolicy, type Facts, type PlainOptions } from "../src/index.ts";
import { echo, evil, open, page, start, startServer, statusOf } from "./support.ts";

describe("the context of a handler", () => {
  async function contextOf(path: string, target: string, options: Partial<PlainOptions> = {}): Promise<Context> {
    const { gate, target: server } = await start({ protocols: ["v1"], ...options });
    const contexts: Context[] = [];
    gate.route(path, (socket, context) => {
      contexts.push(context);
      echo(socket);
    });
    const frames = await open(server, {
      path: target,
      headers: [
        ["Cookie", 'sid=a%20b; theme="dark"; broken=%zz; sid=second'],
        ["Sec-WebSocket-Protocol", "v1"],
      ],
    });
    frames.send("ready");
    await frames.next();
    const [context] = contexts;
    if (context === undefined) throw new Error("The handler did not run.");
    return context;
  }

  test("holds what is known of the handshake", async () => {
    const context = await contextOf("/chat/:room", "/chat/a%20b?x=1&x=2&y=%26#z");
    expect(context.params).toEqual({ room: "a b" });
    expect(context.query).toBeInstanceOf(URLSearchParams);
    expect([...context.query]).toEqual([
      ["x", "1"],
      ["x", "2"],
      ["y", "&#z"],
    ]);
    expect(context.query).toBe(context.query);
    expect({ ...context.cookies }).toEqual({ sid: "a b", theme: '"dark"', broken: "%zz" });
    expect(context.cookies).toBe(context.cookies);
    expect(context.origin).toBe(page);
    expect(context.principal).toBeUndefined();
    expect(context.ip).toBe("127.0.0.1");
    expect(context.protocol).toBe("v1");
    expect(context.route).toBe("/chat/:room");
    expect(context.decision).toEqual({
      allowed: true,
      code: "origin-listed",
      origin: page,
      matched: page,
      principal: undefined,
    });
    expect(context.request).toBeInstanceOf(IncomingMessage);
    expect(context.request.url).toBe("/chat/a%20b?x=1&x=2&y=%26#z");
    expect(context.socket.protocol).toBe("v1");
  });

  test.each([
    ["/files/*path", "/files/a/b%2Fc/d", { path: ["a", "b/c", "d"] }],
    ["/chat{/:room}", "/chat", {}],
    ["/chat{/:room}", "/chat/lobby", { room: "lobby" }],
    ["/:a-:b", "/1-2", { a: "1", b: "2" }],
    ["/plain", "/plain", {}],
  ])("%s has the params of %s", async (path, target, params) => {
    expect({ ...Object(await contextOf(path, target)).params }).toEqual(params);
  });

  test("has no parameter and no cookie by inheritance", async () => {
    const { params, cookies } = await contextOf("/chat/:room", "/chat/lobby");
    expect(Reflect.get(Object(params), "constructor")).toBeUndefined();
    expect(cookies["constructor"]).toBeUndefined();
  });

  test("has an empty query where there is none", async () => {
    expect([...(await contextOf("/chat", "/chat")).query]).toEqual([]);
    expect([...(await contextOf("/chat", "/chat?")).query]).toEqual([]);
  });

  test("holds the refusal that was only reported", async () => {
    const { gate, target } = await start({ policy: createPolicy({ origins: [], mode: "report" }) });
    const contexts: Context[] = [];
    gate.route("/", (_socket, context) => void contexts.push(context));
    await open(target, { origin: evil });
    await until(() => contexts.length === 1, "the handler ran");
    expect(contexts[0]).toMatchObject({ origin: evil, decision: { allowed: false, code: "origin-not-listed" } });
    expect(contexts[0]?.principal).toBeUndefined();
  });
});

describe("facts", () => {
  test("say what a trusted proxy has said: address, Host, TLS", async () => {
    const { gate, target, event } = await start({
      policy: createPolicy({ sameHost: true, hosts: ["app.example"] }),
      facts: ({ headers }): Facts => ({
        ip: String(headers["x-real-ip"]),
        host: String(headers["x-host"]),
        secure: headers["x-proto"] === "https",
      }),
    });
    gate.route("/", (socket, { ip }) => socket.send(ip));
    const headers = (host: string, proto: string): [string, string][] => [
      ["X-Real-IP", "203.0.113.7"],
      ["X-Host", host],
      ["X-Proto", proto],
    ];
    const frames = await open(target, { hostHeader: "upstream:3000", headers: headers("app.example", "https") });
    expect((await frames.next()).text).toBe("203.0.113.7");
    expect(await event(0)).toMatchObject({ ip: "203.0.113.7", decision: { code: "origin-same-host" } });
    expect(await statusOf(target, { headers: headers("app.example", "http") })).toBe(403);
    expect(await statusOf(target, { hostHeader: "app.example", headers: headers("evil.test", "https") })).toBe(403);
    expect((await event(2)).decision.code).toBe("host-not-listed");
  });

  test("that leave something out leave it as it is", async () => {
    const { gate, target, event } = await start({
      policy: createPolicy({ origins: [page], hosts: ["api.example"] }),
      facts: () => ({}),
    });
    gate.route("/", echo);
    expect(await statusOf(target, { hostHeader: "api.example" })).toBe(101);
    expect(await statusOf(target, { hostHeader: "evil.test" })).toBe(403);
    expect((await event(1)).ip).toBe("127.0.0.1");
  });

  test("without them no X-Forwarded field is believed", async () => {
    const { gate, target, event } = await start({ policy: createPolicy({ sameHost: true, hosts: ["api.example"] }) });
    gate.route("/", echo);
    const headers: [string, string][] = [
      ["X-Forwarded-For", "203.0.113.7"],
      ["X-Forwarded-Host", "evil.test"],
      ["X-Forwarded-Proto", "https"],
      ["Forwarded", "for=203.0.113.7;host=evil.test;proto=https"],
    ];
    expect(await statusOf(target, { hostHeader: "api.example", origin: "http://api.example", headers })).toBe(101);
    expect(await statusOf(target, { hostHeader: "api.example", origin: "https://api.example", headers })).toBe(403);
    expect((await event(1)).ip).toBe("127.0.0.1");
  });

  test("TLS is the connection's own", async () => {
    const server = createTlsServer(selfSigned);
    const { gate, target } = await startServer(
      { server },
      { policy: createPolicy({ sameHost: true, hosts: ["api.example"] }) },
    );
    gate.route("/", echo);
    expect(await statusOf(target, { hostHeader: "api.example", origin: "https://api.example" })).toBe(101);
    expect(await statusOf(target, { hostHeader: "api.example", origin: "http://api.example" })).toBe(403);
  });

  test("an address is cut to 64 characters", async () => {
    const { target, event } = await start({ facts: () => ({ ip: "9".repeat(1000) }) });
    await statusOf(target);
    expect((await event(0)).ip).toBe("9".repeat(64));
  });

  test("that throw refuse: 503 middleware-failed", async () => {
    const { gate, target, event, errors } = await start({
      facts() {
        throw new Error("no table");
      },
    });
    gate.route("/", echo);
    expect(await statusOf(target)).toBe(503);
    expect((await event(0)).decision.code).toBe("middleware-failed");
    expect(errors).toMatchObject([[{ message: "no table" }, "the framework's adapter, a middleware or the policy"]]);
  });
});
