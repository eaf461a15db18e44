import websocket from "@fastify/websocket";
import { handshake } from "@wsorigin/testing";
import Fastify, { type FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { wsorigin } from "../src/index.ts";
import { closeLater, evil, listen, page, policy } from "./support.ts";

type Trailing = "both" | "no-slash" | "slash";

const routers = {
  default: {},
  ignoreTrailingSlash: { ignoreTrailingSlash: true },
  ignoreDuplicateSlashes: { ignoreDuplicateSlashes: true },
  "both of them": { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
};

const targets = ["/chat", "/a", "/a/b", "/a/b/room", "/end", "/empty", "/both"]
  .flatMap((path) => [path, `${path}/`, `${path}//`])
  .concat("/a//b", "/a//b/", "/nowhere");

/** Websocket routes with prefixes of all kinds. Each says where it is. */
async function addRoutes(app: FastifyInstance, prefixTrailingSlash: Trailing | undefined): Promise<void> {
  const options = { websocket: true, ...(prefixTrailingSlash !== undefined && { prefixTrailingSlash }) } as const;
  const add = (scope: FastifyInstance, path: string): void => {
    scope.get(path, options, (socket, { params }) => socket.send(`${scope.prefix} ${path} ${JSON.stringify(params)}`));
  };
  await app.register(async (scope) => add(scope, "/"), { prefix: "/chat" });
  await app.register(
    async (scope) => {
      add(scope, "/");
      await scope.register(
        async (inner) => {
          add(inner, "/");
          add(inner, "/room");
        },
        { prefix: "/b" },
      );
    },
    { prefix: "/a" },
  );
  await app.register(async (scope) => add(scope, "/"), { prefix: "/end/" });
  await app.register(async (scope) => add(scope, ""), { prefix: "/empty" });
  await app.register(
    async (scope) => {
      scope.route({
        method: "GET",
        url: "/",
        handler: () => "http",
        wsHandler: (socket) => socket.send("both"),
        ...(prefixTrailingSlash !== undefined && { prefixTrailingSlash }),
      });
    },
    { prefix: "/both" },
  );
}

/** What each target opens: the first message, or the status. */
async function outcomes(app: FastifyInstance): Promise<Record<string, string | number | undefined>> {
  const { port } = await listen(app);
  const found = await Promise.all(
    targets.map(async (path) => {
      const { frames, status } = await handshake({ port }, { path, origin: page, headers: [["Connection", "close"]] });
      const outcome = frames === undefined ? status : (await frames.next()).text;
      frames?.destroy();
      return [path, outcome] as const;
    }),
  );
  return Object.fromEntries(found);
}

describe.each(Object.entries(routers))("prefixes with the router option %s", (_name, routerOptions) => {
  test.each([undefined, "both", "slash", "no-slash"] as const)(
    "prefixTrailingSlash: %s opens what @fastify/websocket opens, under the policy",
    async (prefixTrailingSlash) => {
      const bare = Fastify({ routerOptions, forceCloseConnections: true });
      const guarded = Fastify({ routerOptions, forceCloseConnections: true });
      for (const app of [bare, guarded]) closeLater(app);
      await bare.register(websocket);
      await guarded.register(wsorigin, { policy, log: false });
      for (const app of [bare, guarded]) await addRoutes(app, prefixTrailingSlash);
      const expected = await outcomes(bare);
      expect(await outcomes(guarded)).toEqual(expected);
      expect(Object.values(expected).filter((outcome) => typeof outcome === "string").length).toBeGreaterThan(5);
      const { port } = listening(guarded);
      for (const path of targets) expect((await handshake({ port }, { path, origin: evil })).status).toBe(403);
    },
  );
});

test("the second path of a prefix's route is under the route's own policy and subprotocols, and has its name", async () => {
  const events: unknown[] = [];
  const app = Fastify({ forceCloseConnections: true });
  closeLater(app);
  await app.register(wsorigin, {
    policy,
    log: false,
    onDecision: ({ decision, route }) => events.push([decision.code, route]),
  });
  const config = { wsorigin: { protocols: ["v1"] } };
  await app.register(async (scope) => void scope.get("/", { websocket: true, config }, () => {}), { prefix: "/chat" });
  const { open } = await listen(app);
  for (const path of ["/chat", "/chat/"]) {
    const answer = await open(path, { headers: [["Sec-WebSocket-Protocol", "v2, v1"]] });
    answer.frames?.destroy();
    expect([answer.status, answer.header("Sec-WebSocket-Protocol")]).toEqual([101, "v1"]);
  }
  expect(events).toEqual([
    ["origin-listed", "/chat"],
    ["origin-listed", "/chat"],
  ]);
});

test("a plain route at the second path keeps it", async () => {
  const app = Fastify({ forceCloseConnections: true });
  closeLater(app);
  await app.register(wsorigin, { policy, log: false });
  await app.register(
    async (scope) =>
      void scope.get("/", { websocket: true, prefixTrailingSlash: "no-slash" }, (socket) => socket.send("ws")),
    { prefix: "/chat" },
  );
  app.get("/chat/", () => "http");
  const { open } = await listen(app);
  expect(await open("/chat/", { headers: [["Connection", "close"]] })).toMatchObject({ status: 200, body: "http" });
  expect((await open("/chat")).status).toBe(101);
});

function listening(app: FastifyInstance): { readonly port: number } {
  const address = app.server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0 };
}
