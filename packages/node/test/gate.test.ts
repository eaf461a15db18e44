import { handshake, type HandshakeRequest } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { createPolicy, type PlainOptions } from "../src/index.ts";
import { echo, evil, type Guarded, open, page, SlowDirectory, start, startServer, statusOf } from "./support.ts";
import { createServer, type Server } from "node:http";
import type { Duplex } from "node:stream";

const partner = "https://partner.example";
const everybody = createPolicy({ origins: [page, partner, evil], missingOrigin: "allow" });
const nobody = createPolicy({ origins: [] });

describe("a route", () => {
  test("has a policy of its own, or the gate's", async () => {
    const { gate, target } = await start();
    gate.route("/open", { policy: everybody }, echo).route("/shut", { policy: nobody }, echo).route("/usual", {}, echo);
    const statuses = async (path: string): Promise<unknown> =>
      Promise.all([page, partner, evil, null].map((origin) => statusOf(target, { path, origin })));
    expect(await statuses("/open")).toEqual([101, 101, 101, 101]);
    expect(await statuses("/shut")).toEqual([403, 403, 403, 403]);
    expect(await statuses("/usual")).toEqual([101, 403, 403, 403]);
  });

  test("has protocols of its own, or the gate's; the server's order counts", async () => {
    const { gate, target } = await start({ protocols: ["gate.v1"] });
    gate
      .route("/own", { protocols: ["own.v2", "own.v1"] }, echo)
      .route("/none", { protocols: [] }, echo)
      .route("/usual", echo);
    const agreed = async (path: string, offered: string): Promise<string | undefined> => {
      const answer = await handshake(target, { path, origin: page, headers: [["Sec-WebSocket-Protocol", offered]] });
      answer.frames?.destroy();
      expect(answer.status).toBe(101);
      return answer.header("sec-websocket-protocol");
    };
    expect(await agreed("/own", "own.v1, own.v2")).toBe("own.v2");
    expect(await agreed("/own", "gate.v1")).toBeUndefined();
    expect(await agreed("/none", "gate.v1")).toBeUndefined();
    expect(await agreed("/usual", "secret,gate.v1 , own.v1")).toBe("gate.v1");
  });

  test("has a maxPayload of its own, or the gate's", async () => {
    const { gate, target } = await start({ maxPayload: 10 });
    gate.route("/own", { maxPayload: 20 }, echo).route("/usual", echo);
    const code = async (path: string, size: number): Promise<number | undefined> => {
      const frames = await open(target, { path });
      frames.send(Buffer.alloc(size));
      return (await frames.next()).code;
    };
    expect(await code("/own", 20)).toBeUndefined();
    expect(await code("/own", 21)).toBe(1009);
    expect(await code("/usual", 10)).toBeUndefined();
    expect(await code("/usual", 11)).toBe(1009);
  });

  test("takes messages of 1 MiB and no more by default", async () => {
    const { gate, target } = await start();
    gate.route("/", echo);
    const frames = await open(target);
    frames.send(Buffer.alloc(1024 * 1024));
    expect((await frames.next()).data).toHaveLength(1024 * 1024);
    frames.send(Buffer.alloc(1024 * 1024 + 1));
    expect((await frames.next()).code).toBe(1009);
  });

  test("refuses its own way, or the gate's", async () => {
    const { gate, target, events } = await start({ refuseWith: "close" });
    gate.route("/own", { refuseWith: "status" }, echo).route("/usual", () => expect.unreachable());
    expect(await statusOf(target, { path: "/own", origin: evil })).toBe(403);
    const frames = await open(target, { path: "/usual", origin: evil });
    expect(await frames.close()).toMatchObject({ kind: "close", code: 4403, text: "Forbidden" });
    // What is no handshake cannot be accepted, and on no route there is nobody to accept it.
    expect(await statusOf(target, { path: "/usual", origin: evil, omit: ["sec-websocket-key"] })).toBe(400);
    const version = [["Sec-WebSocket-Version", "8"]] as const;
    expect(await statusOf(target, { path: "/usual", omit: ["sec-websocket-version"], headers: version })).toBe(426);
    expect(await statusOf(target, { path: "/nowhere", origin: evil })).toBe(403);
    expect(events.map(({ decision }) => decision.code)).toEqual([
      "origin-not-listed",
      "origin-not-listed",
      "handshake-malformed",
      "version-unsupported",
      "origin-not-listed",
    ]);
  });

  test.each([
    ["a malformed Origin", { origin: "nonsense" }, {}, 4400],
    [
      "a directory that fails",
      {},
      { policy: createPolicy({ directory: { has: () => Promise.reject(new Error("down")) } }) },
      4408,
    ],
    [
      "a directory that never answers",
      {},
      { policy: createPolicy({ directory: new SlowDirectory() }), deadline: 30 },
      4408,
    ],
  ] as const)('refuseWith "close": %s closes with the code of its status', async (_name, request, options, code) => {
    const { gate, target } = await start({ ...options, refuseWith: "close" });
    gate.route("/", () => expect.unreachable());
    const frames = await open(target, request);
    frames.send("never delivered");
    expect((await frames.nextClose())?.code).toBe(code);
    expect(gate.connections.size).toBe(0);
  });

  test("asked first is asked first; case and a slash at the end do not matter", async () => {
    const { gate, target } = await start();
    gate
      .route("/chat/special", (socket) => socket.send("special"))
      .route("/chat/:room", { policy: nobody }, echo)
      .route("/Admin", { policy: nobody }, echo)
      .route("/*rest", (socket) => socket.send("rest"));
    const said = async (path: string): Promise<unknown> => {
      const answer = await handshake(target, { path, origin: page });
      const text = (await answer.frames?.next())?.text;
      answer.frames?.destroy();
      return text ?? answer.status;
    };
    expect(await said("/chat/special")).toBe("special");
    expect(await said("/chat/SPECIAL/")).toBe("special");
    expect(await said("/chat/other")).toBe(403);
    for (const path of ["/admin", "/ADMIN/", "/Admin?x", "/admin/?x=/rest"]) expect(await said(path)).toBe(403);
    expect(await said("/else/where")).toBe("rest");
  });
});

/** A server whose other `upgrade` listener takes whatever it is given. */
async function startBeside(
  options: Partial<PlainOptions> = {},
): Promise<{ readonly taken: string[] } & Guarded<Server>> {
  const taken: string[] = [];
  const guarded = await startServer(
    {
      server: createServer(),
      before: (server) =>
        void server.on("upgrade", (request, socket: Duplex) => {
          taken.push(request.url ?? "");
          socket.end("HTTP/1.1 418 I'm a teapot\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        }),
    },
    options,
  );
  guarded.gate.route("/chat", echo).route("/chat/:room", echo);
  return { ...guarded, taken };
}

describe("the request target", () => {
  const hostHeader = "api.example:8080";

  test.each([
    ["http://api.example:8080/chat", 101],
    ["HTTPS://API.example:8080/chat?x", 101],
    ["http://api.example:8080?x", 418],
    ["http://api.example:8080", 418],
    ["http://evil.test/chat", 400],
    ["http://api.example/chat", 400],
    ["http://user@api.example:8080/chat", 400],
    ["ftp://api.example:8080/chat", 400],
    ["*", 400],
    ["chat", 400],
    ["//evil.test/chat", 400],
    ["//chat", 400],
    ["http://api.example:8080//evil.test/chat", 400],
    ["/chat\\evil.test", 400],
    ["/chat/%2e%2e", 101],
    ["/chat/..", 101],
    ["/chat/../admin", 418],
    ["/ch%61t", 418],
    ["/chat%2Froom", 418],
    ["/chat/a%2Fb", 101],
    ["/chat/%zz", 400],
    ["/chat/%ff", 400],
    ["/chat;x", 418],
    ["/chat#x", 418],
  ] as const)("%s: %i", async (path, status) => {
    const { target, taken } = await startBeside();
    expect(await statusOf(target, { path, hostHeader })).toBe(status);
    expect(taken).toEqual(status === 418 ? [path] : []);
    expect(await statusOf(target, { path, hostHeader, origin: evil })).toBe(status === 400 ? 400 : 403);
    expect(taken).toHaveLength(status === 418 ? 1 : 0);
  });

  test("whose parameters split an encoded character is no reason to fall", async () => {
    const { gate, target } = await start();
    gate.route("/:a%:b", (socket, { params }) => socket.send(JSON.stringify(params)));
    const headers = [
      ["Connection", "close"],
      ["Sec-WebSocket-Key", "x"],
    ] as const;
    expect((await (await open(target, { path: "/%C3%A9" })).next()).text).toBe('{"a":"%C3","b":"A9"}');
    expect(
      await statusOf(target, { path: "/%C3%A9", omit: ["upgrade", "connection", "sec-websocket-key"], headers }),
    ).toBe(426);
  });

  test("is given to the handler as it was decoded, and not resolved", async () => {
    const { gate, target } = await start();
    gate.route("/chat/:room", (socket, { params }) => socket.send(params.room));
    for (const [path, room] of [
      ["/chat/%2e%2e", ".."],
      ["/chat/a%2Fb", "a/b"],
      ["/chat/%E2%82%AC", "\u20ac"],
    ] as const) {
      expect((await (await open(target, { path })).next()).text).toBe(room);
    }
  });
});

describe("upgrades on no route", () => {
  const cases: readonly (readonly [PlainOptions["unrouted"], HandshakeRequest, number])[] = [
    ["filter", {}, 418],
    ["filter", { origin: evil }, 403],
    ["filter", { omit: ["upgrade"], headers: [["Upgrade", "websocket, h2c"]] }, 400],
    ["refuse", {}, 404],
    ["refuse", { origin: evil }, 404],
    ["pass", { origin: evil }, 418],
    ["pass", { omit: ["upgrade"], headers: [["Upgrade", "websocket, h2c"]] }, 418],
  ];

  test.each(cases)("unrouted %j: %j is answered with %i", async (unrouted, request, status) => {
    const { target, taken, event, events } = await startBeside(unrouted === undefined ? {} : { unrouted });
    expect(await statusOf(target, { path: "/own", ...request })).toBe(status);
    expect(taken).toHaveLength(status === 418 ? 1 : 0);
    expect((await event(0)).mode).toBe(unrouted === "pass" ? "report" : "enforce");
    expect((await event(0)).route).toBeUndefined();
    expect(await statusOf(target, { path: "/chat", ...request })).not.toBe(418);
    expect(events).toHaveLength(2);
  });

  test('unrouted "pass": what is no handshake is told of as that', async () => {
    const { target, event } = await startBeside({ unrouted: "pass" });
    expect(await statusOf(target, { path: "/own", omit: ["sec-websocket-key"] })).toBe(418);
    expect(await event(0)).toMatchObject({ decision: { code: "handshake-malformed" }, mode: "report" });
  });

  test('unrouted "pass": without an upgrade listener, the request listener answers; there is one event', async () => {
    const { target, events } = await start({ unrouted: "pass" });
    expect(await statusOf(target, { path: "/own", origin: evil })).toBe(200);
    expect(events.map(({ decision, mode }) => [decision.code, mode])).toEqual([["origin-not-listed", "report"]]);
  });

  test("without any listener, an allowed handshake is refused with 404", async () => {
    const { server, target, events } = await start();
    server.removeAllListeners("request");
    expect(await statusOf(target, { path: "/own" })).toBe(404);
    expect(events.map(({ decision }) => decision.code)).toEqual(["route-not-found"]);
  });
});
