import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { createPolicy } from "../src/index.ts";
import { evil, firstMessage, start } from "./support.ts";

type Slash = "both" | "slash" | "no-slash";

/** A websocket route at the root of its scope. */
function root(prefixTrailingSlash?: Slash, path = "/", more: object = {}): (app: FastifyInstance) => Promise<void> {
  return async (app) => {
    app.route({
      method: "GET",
      url: path,
      ...(prefixTrailingSlash !== undefined && { prefixTrailingSlash }),
      ...more,
      handler: (_request, reply) => reply.code(404).send(),
      wsHandler: (socket, request) => socket.send(`${request.routeOptions.url}`),
    });
  };
}

/** A scope with a prefix, and perhaps another inside. */
function scopes(inner: (app: FastifyInstance) => Promise<void>, ...prefixes: readonly string[]) {
  return async (app: FastifyInstance): Promise<void> => {
    const [prefix, ...rest] = prefixes;
    if (prefix === undefined) return inner(app);
    await app.register(scopes(inner, ...rest), { prefix });
  };
}

const cases: readonly (readonly [
  what: string,
  setup: (app: FastifyInstance) => Promise<void>,
  app: object,
  open: readonly string[],
  closed: readonly string[],
])[] = [
  ["a prefix and /", scopes(root(), "/chat"), {}, ["/chat", "/chat/"], ["/chat//", "/chatx", "/cha"]],
  ["prefixTrailingSlash: both", scopes(root("both"), "/chat"), {}, ["/chat", "/chat/"], []],
  ["prefixTrailingSlash: slash", scopes(root("slash"), "/chat"), {}, ["/chat/"], ["/chat"]],
  ["prefixTrailingSlash: no-slash", scopes(root("no-slash"), "/chat"), {}, ["/chat"], ["/chat/"]],
  ["a prefix and an empty path", scopes(root(undefined, ""), "/chat"), {}, ["/chat"], ["/chat/"]],
  ["two prefixes", scopes(root(), "/api", "/chat"), {}, ["/api/chat", "/api/chat/"], ["/api", "/chat"]],
  ["two prefixes, one of them /", scopes(root(), "/api", "/"), {}, ["/api/"], []],
  ["a prefix with a parameter", scopes(root(), "/chat/:room"), {}, ["/chat/a", "/chat/a/"], ["/chat", "/chat/a/b"]],
  ["a prefix that ends with a slash", scopes(root(undefined, "/x"), "/chat/"), {}, ["/chat/x"], ["/chat/x/"]],
  [
    "ignoreTrailingSlash",
    scopes(root(), "/chat"),
    { routerOptions: { ignoreTrailingSlash: true } },
    ["/chat", "/chat/"],
    [],
  ],
  [
    "ignoreTrailingSlash and slash",
    scopes(root("slash"), "/chat"),
    { routerOptions: { ignoreTrailingSlash: true } },
    ["/chat", "/chat/"],
    [],
  ],
  [
    "no case and a prefix",
    scopes(root(), "/chat"),
    { routerOptions: { caseSensitive: false } },
    ["/Chat", "/CHAT/"],
    [],
  ],
  ["no prefix", scopes(root()), {}, ["/"], ["/x"]],
];

describe.each(cases)("a websocket route with %s", (_what, setup, app, open, closed) => {
  test("is open on Fastify's paths, and guarded on each", async () => {
    const { open: ask, events } = await start(setup, { app, gate: { unrouted: "refuse" } });
    for (const path of open) {
      expect([path, await firstMessage(await ask(path))]).toEqual([path, expect.any(String)]);
      expect([path, (await ask(path, { origin: evil })).status]).toEqual([path, 403]);
    }
    for (const path of closed) {
      const answer = await ask(path);
      answer.frames?.destroy();
      expect([path, answer.status]).toEqual([path, 404]);
    }
    expect(events).toHaveLength(2 * open.length + closed.length);
  });
});

test.each(["/chat", "/chat/"])("a policy of the route's own decides on %s", async (path) => {
  const own = createPolicy({ origins: ["https://own.example"] });
  const { open } = await start(scopes(root(undefined, "/", { config: { wsorigin: { policy: own } } }), "/chat"));
  expect((await open(path)).status).toBe(403);
  expect(await firstMessage(await open(path, { origin: "https://own.example" }))).toMatch(/^\/chat/);
});

test("an HTTP route and a websocket route at the root of one prefix: both answer", async () => {
  const { open, port } = await start(
    scopes(async (app) => {
      app.route({ method: "GET", url: "/", handler: async () => "page", wsHandler: (socket) => socket.send("socket") });
    }, "/chat"),
  );
  for (const path of ["/chat", "/chat/"]) {
    expect(await firstMessage(await open(path))).toBe("socket");
    expect(await (await fetch(`http://127.0.0.1:${port}${path}`)).text()).toBe("page");
  }
});
