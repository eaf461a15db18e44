import { until } from "@wsorigin/testing";
import Koa from "koa";
import { describe, expect, test } from "vitest";
import { createPolicy } from "../src/index.ts";
import { evil, firstMessage, page, startApp } from "./support.ts";

const forwarded = [
  ["X-Forwarded-For", "203.0.113.7"],
  ["X-Forwarded-Host", "api.example:8443"],
  ["X-Forwarded-Proto", "https"],
] as const;

function appWith(settings: Partial<Koa>): Koa {
  return Object.assign(new Koa(), settings);
}

describe("the ctx that a handler gets", () => {
  test("is Koa's own, made by the app", async () => {
    const app = appWith({ keys: ["secret"] });
    Reflect.set(app.context, "db", "the app's own");
    const { gate, open } = await startApp(app, { protocols: ["v1"] });
    gate.route("/chat/:room", (socket, ctx) => {
      socket.send(
        JSON.stringify({
          own: Reflect.get(ctx, "db"),
          app: ctx.app === app,
          params: ctx.params,
          query: ctx.query,
          path: ctx.path,
          url: ctx.originalUrl,
          user: ctx.get("X-User"),
          sid: ctx.cookies.get("sid"),
          forged: ctx.cookies.get("sid", { signed: true }) ?? "forged",
          state: ctx.state,
          gate: [ctx.wsorigin.origin, ctx.wsorigin.protocol, ctx.wsorigin.decision.code, ctx.wsorigin.route],
        }),
      );
    });
    const headers = [
      ["X-User", "ann"],
      ["Cookie", "sid=abc"],
      ["Sec-WebSocket-Protocol", "v1"],
    ] as const;
    expect(JSON.parse(await firstMessage(await open("/chat/caf%C3%A9?x=1&x=2", { headers })))).toEqual({
      own: "the app's own",
      app: true,
      params: { room: "café" },
      query: { x: ["1", "2"] },
      path: "/chat/caf%C3%A9",
      url: "/chat/caf%C3%A9?x=1&x=2",
      user: "ann",
      sid: "abc",
      forged: "forged",
      state: {},
      gate: [page, "v1", "origin-listed", "/chat/:room"],
    });
  });

  test.each<[string, Partial<Koa>, object]>([
    ["without app.proxy believes no forwarded field", {}, { ip: "127.0.0.1", hostname: "127.0.0.1", protocol: "http" }],
    [
      "with app.proxy believes them",
      { proxy: true },
      { ip: "203.0.113.7", hostname: "api.example", host: "api.example:8443", protocol: "https", secure: true },
    ],
    [
      "honours proxyIpHeader and maxIpsCount",
      { proxy: true, proxyIpHeader: "X-Real-IP", maxIpsCount: 1 },
      { ip: "198.51.100.9" },
    ],
  ])("%s", async (_name, settings, expected) => {
    const { gate, open } = await startApp(appWith(settings));
    gate.route("/chat", (socket, { ip, host, hostname, protocol, secure, wsorigin }) =>
      socket.send(JSON.stringify({ ip, host, hostname, protocol, secure, same: wsorigin.ip === ip })),
    );
    const headers = [...forwarded, ["X-Real-IP", "192.0.2.66, 198.51.100.9"]] as const;
    expect(JSON.parse(await firstMessage(await open("/chat", { headers })))).toMatchObject({ ...expected, same: true });
  });

  test("is each socket's own", async () => {
    const { gate, open } = await startApp();
    gate.route("/chat/:room", (socket, ctx) => {
      ctx.state["room"] = ctx.params.room;
      socket.on("message", () => socket.send(String(ctx.state["room"])));
    });
    const [one, two] = [(await open("/chat/1")).frames, (await open("/chat/2")).frames];
    for (const frames of [one, two]) frames?.send("which?");
    expect([(await one?.next())?.text, (await two?.next())?.text]).toEqual(["1", "2"]);
    one?.destroy();
    two?.destroy();
  });
});

describe("the policy and app.proxy", () => {
  async function decide(proxy: boolean, host: string, own?: object): Promise<string | undefined> {
    const { gate, open, events } = await startApp(appWith({ proxy }), own);
    gate.route("/chat", () => {});
    const headers = [
      ["X-Forwarded-Host", host],
      ["X-Forwarded-Proto", "https"],
    ] as const;
    (await open("/chat", { headers })).frames?.destroy();
    return events[0]?.decision.code;
  }

  test("a trusted proxy's Host is checked, with its port", async () => {
    expect(await decide(true, "api.example:8443")).toBe("origin-listed");
    expect(await decide(true, "api.example:9999")).toBe("host-not-listed");
    expect(await decide(true, "evil.test")).toBe("host-not-listed");
  });

  test("of several forwarded Hosts the first counts, as in Koa", async () => {
    expect(await decide(true, "api.example:8443, evil.test")).toBe("origin-listed");
    expect(await decide(true, "evil.test, api.example:8443")).toBe("host-not-listed");
  });

  test("an untrusted proxy's Host is not even read", async () => {
    expect(await decide(false, "evil.test")).toBe("origin-listed");
  });

  test("a Host of two is not cut down to the first", async () => {
    const { gate, open, events } = await startApp();
    gate.route("/chat", () => {});
    for (const headers of [[], [["X-Forwarded-Host", "127.0.0.1"]] as const]) {
      (await open("/chat", { hostHeader: "127.0.0.1, evil.test", headers })).frames?.destroy();
    }
    expect(events.map(({ decision }) => decision.allowed)).toEqual([false, false]);
  });

  test("sameHost compares with the forwarded Host and scheme", async () => {
    const sameHost = createPolicy({ origins: [], sameHost: true, hosts: ["app.example"] });
    expect(await decide(true, "app.example", { policy: sameHost })).toBe("origin-same-host");
    expect(await decide(false, "app.example", { policy: sameHost })).toBe("host-not-listed");
  });
});

describe("the gate", () => {
  test.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("on purpose");
      },
    ],
    ["rejects", () => Promise.reject(new Error("on purpose"))],
  ])("a handler that %s closes with 1011; the app's error goes on as it was", async (_name, handler) => {
    const { gate, open, errors } = await startApp();
    gate.route("/chat", handler);
    const { frames } = await open("/chat");
    expect((await frames?.nextClose())?.code).toBe(1011);
    frames?.destroy();
    expect(errors).toEqual([new Error("on purpose")]);
  });

  test("what ctx.throw makes of a failing handler is Koa's HttpError still", async () => {
    const { gate, open, errors } = await startApp();
    gate.route("/chat", (_socket, ctx) => ctx.throw(403, "not in here"));
    const { frames } = await open("/chat");
    expect((await frames?.nextClose())?.code).toBe(1011);
    frames?.destroy();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(Koa.HttpError);
    expect(errors[0]).toMatchObject({ status: 403, message: "not in here" });
  });

  test("an invalid first frame closes with 1002, and the server lives", async () => {
    const { gate, open } = await startApp();
    gate.route("/chat", (socket) => socket.send("open"));
    const { frames } = await open("/chat");
    frames?.frame("text", "not masked", { masked: false });
    expect((await frames?.nextClose())?.code).toBe(1002);
    frames?.destroy();
    expect(await firstMessage(await open("/chat"))).toBe("open");
  });

  test("connections hold the ctx; disconnect closes those that are picked", async () => {
    const { gate, open } = await startApp();
    gate.route("/chat/:room", (_socket, ctx) => void (ctx.state["room"] = ctx.params.room));
    const [one, two] = [await open("/chat/1"), await open("/chat/2")];
    await until(() => gate.connections.size === 2, "both are open");
    expect(gate.disconnect(({ request }) => request.state["room"] === "2", 4001, "Bye")).toBe(1);
    expect(await two.frames?.nextClose()).toMatchObject({ code: 4001, text: "Bye" });
    one.frames?.destroy();
    two.frames?.destroy();
    await until(() => gate.connections.size === 0, "both are gone");
    expect(() => gate.disconnect(() => true, 1006)).toThrow(RangeError);
  });

  test("close() tells open sockets with 1001, and then refuses", async () => {
    const { gate, open } = await startApp();
    gate.route("/chat", () => {});
    const { frames } = await open("/chat");
    const closing = gate.close({ timeout: 2000 });
    expect((await frames?.close())?.code).toBe(1001);
    await closing;
    expect((await open("/chat")).status).toBe(503);
  });

  test("routes chain, each with its options", async () => {
    const own = { policy: createPolicy({ origins: [evil] }), protocols: ["v2"] };
    const { gate, open } = await startApp();
    gate
      .route("/one", (socket) => socket.send("one"))
      .route("/two", own, (socket, ctx) => socket.send(ctx.wsorigin.route));
    expect(await firstMessage(await open("/one"))).toBe("one");
    expect((await open("/two")).status).toBe(403);
    const two = await open("/two", { origin: evil, headers: [["Sec-WebSocket-Protocol", "v1, v2"]] });
    expect(two.header("Sec-WebSocket-Protocol")).toBe("v2");
    expect(await firstMessage(two)).toBe("/two");
  });

  test.each<[string, readonly unknown[], RegExp]>([
    ["no handler", ["/chat"], /route "\/chat": the handler is missing/],
    ["a handler that is not a function", ["/chat", {}, "handler"], /route "\/chat": the handler is missing/],
    ["an unknown option", ["/chat", { orgins: [] }, () => {}], /route "\/chat": Unknown option "orgins"/],
  ])("a route with %s is refused at once", async (_name, given, message) => {
    const { gate } = await startApp();
    expect(() => Reflect.apply(Reflect.get(gate, "route"), gate, given)).toThrow(message);
  });
});
