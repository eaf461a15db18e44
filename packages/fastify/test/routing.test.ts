import Fastify, { type FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { createPolicy, wsorigin } from "../src/index.ts";
import { closeLater, evil, firstMessage, listen, page, policy, type Setup, start } from "./support.ts";

/** A websocket route that says which one it is. */
function says(path: string, name: string, more: object = {}): Setup {
  return (app) => app.get(path, { websocket: true, ...more }, (socket) => socket.send(name));
}

test("params and query are Fastify's own", async () => {
  const { open } = await start((app) => {
    app.get("/chat/:room", { websocket: true }, (socket, { params, query }) =>
      socket.send(JSON.stringify({ params, query })),
    );
  });
  expect(JSON.parse(await firstMessage(await open("/chat/caf%C3%A9?x=1&x=2")))).toEqual({
    params: { room: "café" },
    query: { x: ["1", "2"] },
  });
});

/** Has an ordinary response close its connection. */
const closing = { headers: [["Connection", "close"]] } as const;

describe("an allowed handshake on a path that is not a websocket route", () => {
  function plain(app: FastifyInstance): void {
    app.get("/plain", () => "plain");
    app.get("/chat/history", () => "history");
    app.setNotFoundHandler((_request, reply) => reply.code(410).send("gone"));
    says("/chat/:room", "room")(app);
  }

  test.each([
    ["/plain", "a plain HTTP route", 200, "plain"],
    ["/nowhere", "an unknown path", 410, "gone"],
    ["/chat/history", "a plain HTTP route that is more specific than a websocket route", 200, "history"],
  ])("%s, %s: the app responds, as without the plugin", async (path, _name, status, body) => {
    const { open, events } = await start(plain);
    expect(await open(path, closing)).toMatchObject({ status, body, closed: "fin" });
    expect(events.map(({ decision, route }) => [decision.code, route])).toEqual([["origin-listed", undefined]]);
    expect((await open(path, { origin: evil })).status).toBe(403);
  });

  test.each(["/plain", "/nowhere", "/chat/history"])('%s under unrouted: "refuse": 404 of the gate', async (path) => {
    const { open, events } = await start(plain, { gate: { unrouted: "refuse" } });
    expect(await open(path)).toMatchObject({ status: 404, body: "Not Found", closed: "fin" });
    expect(events.map(({ decision }) => decision.code)).toEqual(["route-not-found"]);
  });
});

test.each([
  ["/Chat/Lobby", { routerOptions: { caseSensitive: false } }],
  ["/chat/lobby/", { routerOptions: { ignoreTrailingSlash: true } }],
  ["/chat//lobby", { routerOptions: { ignoreDuplicateSlashes: true } }],
  ["/chat/lobby;x=1", { routerOptions: { useSemicolonDelimiter: true } }],
])("%s with %o is the route, and under its policy", async (path, app) => {
  const { open } = await start(says("/chat/lobby", "lobby"), { app });
  expect(await firstMessage(await open(path))).toBe("lobby");
  expect((await open(path, { origin: evil })).status).toBe(403);
});

test("a target that begins with two slashes is refused, also if the router would accept it", async () => {
  const { open, events } = await start(says("/chat/lobby", "lobby"), {
    app: { routerOptions: { ignoreDuplicateSlashes: true } },
  });
  expect((await open("//chat//lobby")).status).toBe(400);
  expect(events.map(({ decision }) => decision.code)).toEqual(["handshake-malformed"]);
});

test.each(["/Chat/Lobby", "/chat/lobby/"])("%s is not a route without the option", async (path) => {
  const { open } = await start(says("/chat/lobby", "lobby"));
  expect((await open(path)).status).toBe(404);
});

test.each([
  ["/files/*", "/files/a/b", "/file"],
  ["/item/:id(^\\d+$)", "/item/12", "/item/twelve"],
  ["/at/:hour(^\\d{2}$)h:minute(^\\d{2}$)m", "/at/10h30m", "/at/10h3m"],
])("%s opens %s, not %s", async (route, path, other) => {
  const { open } = await start(says(route, "here"));
  expect(await firstMessage(await open(path))).toBe("here");
  expect((await open(path, { origin: evil })).status).toBe(403);
  expect((await open(other)).status).toBe(404);
});

test("host constraints choose the route, and its policy", async () => {
  const { open } = await start((app) => {
    says("/chat", "api", { constraints: { host: "api.example:8443" } })(app);
    says("/chat", "local", { constraints: { host: "localhost" }, config: { wsorigin: { protocols: ["v1"] } } })(app);
  });
  expect(await firstMessage(await open("/chat", { hostHeader: "api.example:8443" }))).toBe("api");
  const offer = { headers: [["Sec-WebSocket-Protocol", "v1"]] as const };
  const local = await open("/chat", { hostHeader: "localhost", ...offer });
  expect(local.header("Sec-WebSocket-Protocol")).toBe("v1");
  expect(await firstMessage(local)).toBe("local");
  expect((await open("/chat", { ...offer, hostHeader: "127.0.0.1" })).status).toBe(404);
});

test("version constraints too", async () => {
  const { open } = await start(says("/chat", "2", { constraints: { version: "2.0.0" } }));
  expect(await firstMessage(await open("/chat", { headers: [["Accept-Version", "2.x"]] }))).toBe("2");
  expect((await open("/chat")).status).toBe(404);
});

test("constraint strategies of the app's own", async () => {
  const tenant = {
    name: "tenant",
    storage: () => {
      const stored = new Map<unknown, never>();
      return {
        get: (key: unknown) => stored.get(key) ?? null,
        set: (key: unknown, value: never) => void stored.set(key, value),
      };
    },
    deriveConstraint: (request: { headers: Record<string, unknown> }) => request.headers["x-tenant"],
  };
  const { open } = await start(says("/chat", "blue", { constraints: { tenant: "blue" } }), {
    app: { routerOptions: { constraints: { tenant } } },
  });
  expect(await firstMessage(await open("/chat", { headers: [["X-Tenant", "blue"]] }))).toBe("blue");
  expect((await open("/chat", { headers: [["X-Tenant", "red"]] })).status).toBe(404);
});

test("rewriteUrl leads to the route that it names, under that route's policy", async () => {
  const nobody = { config: { wsorigin: { policy: createPolicy({ origins: [] }) } } };
  const { open } = await start(
    (app) => {
      says("/open", "open")(app);
      says("/closed", "closed", nobody)(app);
      app.get("/plain", () => "plain");
    },
    { app: { rewriteUrl: ({ url = "" }) => new URL(url, "http://x").searchParams.get("to") ?? url } },
  );
  expect(await firstMessage(await open("/elsewhere?to=/open"))).toBe("open");
  expect((await open("/open?to=/closed")).status).toBe(403);
  expect(await open("/open?to=/plain", closing)).toMatchObject({ status: 200, body: "plain" });
  expect(await firstMessage(await open("/closed?to=/open"))).toBe("open");
});

test("a rewriteUrl that answers differently each time opens nothing", async () => {
  let times = 0;
  let ran = 0;
  const { open } = await start(
    (app) => {
      for (const path of ["/a", "/b"]) app.get(path, { websocket: true }, () => void ran++);
    },
    { app: { rewriteUrl: () => (times++ % 2 === 0 ? "/a" : "/b") } },
  );
  const { frames } = await open("/x");
  expect((await frames?.nextClose())?.code).toBe(4403);
  frames?.destroy();
  expect(ran).toBe(0);
});

test("a rewriteUrl that leads nowhere: Fastify's own answer, or a refusal after the grace time", async () => {
  const app = { rewriteUrl: () => "/%zz" };
  const { open } = await start(says("/chat", "chat"), { app });
  expect((await open("/chat", closing)).status).toBe(400);
  let made = 0;
  const silent = await start(says("/chat", "chat"), {
    app: { ...app, frameworkErrors: () => void made++ },
    gate: { grace: 60 },
  });
  expect((await silent.open("/chat")).status).toBe(404);
  expect(made).toBe(1);
});

test("HEAD of a websocket route is an ordinary request, and no upgrade", async () => {
  const { app, open } = await start(says("/chat", "chat"), { app: { exposeHeadRoutes: true } });
  expect((await app.inject({ method: "HEAD", url: "/chat" })).statusCode).toBe(404);
  expect((await open("/chat", { method: "HEAD" })).status).toBe(400);
  expect(await firstMessage(await open("/chat"))).toBe("chat");
});

test("a route with a handler of each kind serves both", async () => {
  const { app, open } = await start((app) => {
    app.route({ method: "GET", url: "/both", handler: () => "http", wsHandler: (socket) => socket.send("ws") });
  });
  expect((await app.inject("/both")).body).toBe("http");
  expect(await firstMessage(await open("/both"))).toBe("ws");
  expect((await open("/both", { origin: evil })).status).toBe(403);
});

test("in a child scope with a prefix it serves that scope, and nothing outside upgrades", async () => {
  const app = Fastify();
  closeLater(app);
  app.get("/outside", () => "http");
  await app.register(
    async (child) => {
      await child.register(wsorigin, { policy, log: false });
      says("/chat/:room", "inside")(child);
      await child.register(async (grandchild) => says("/deep", "deep")(grandchild), { prefix: "/more" });
    },
    { prefix: "/api" },
  );
  await app.register(async (sibling) => void sibling.get("/sibling", () => "http"));
  const { open } = await listen(app);
  expect(await firstMessage(await open("/api/chat/1"))).toBe("inside");
  expect(await firstMessage(await open("/api/more/deep"))).toBe("deep");
  for (const path of ["/outside", "/sibling"])
    expect(await open(path, closing)).toMatchObject({ status: 200, body: "http" });
  expect((await open("/chat/1")).status).toBe(404);
  for (const path of ["/api/chat/1", "/outside", "/sibling", "/chat/1"])
    for (const origin of [evil, null]) expect((await open(path, { origin })).status).toBe(403);
  expect((await app.inject({ url: "/outside", headers: { origin: page } })).body).toBe("http");
});

test("a plain route of an outer scope that is more specific opens nothing, and its connection is closed", async () => {
  const app = Fastify();
  closeLater(app);
  const codes: string[] = [];
  await app.register(async (child) => {
    await child.register(wsorigin, { policy, log: false, onDecision: ({ decision }) => codes.push(decision.code) });
    says("/chat/:room", "inside")(child);
  });
  app.get("/chat/outer", () => "http");
  const { open } = await listen(app);
  const answer = await open("/chat/outer");
  expect([answer.status, answer.body, answer.closed]).toEqual([200, "http", "fin"]);
  expect(codes).toEqual(["middleware-refused"]);
  expect(await firstMessage(await open("/chat/inner"))).toBe("inside");
});

test("a strategy that came through addConstraintStrategy is an error at start, not a hole", async () => {
  const tenant = {
    name: "tenant",
    storage: () => ({ get: () => null, set: () => {} }),
    deriveConstraint: () => "blue",
    validate: () => true,
  };
  const setup: Setup = (app) => {
    app.addConstraintStrategy(tenant);
    says("/chat", "blue", { constraints: { tenant: "blue" } })(app);
  };
  await expect(start(setup)).rejects.toThrow("No strategy registered for constraint key tenant");
});
