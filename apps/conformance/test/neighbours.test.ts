import type { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AdapterStart, type Answer, handshake, type HandshakeRequest } from "@wsorigin/testing";
import { buildSchema } from "graphql";
import { type Client, createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { createServer as createVite, type ViteDevServer } from "vite";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { others, reference } from "./adapters.ts";

const page = "http://localhost:3000";
const evil = "https://evil.test";

describe.each([["node", reference] as const, ...others])("%s", (_name, start) => {
  describe.each(["before", "after"] as const)("a neighbour attached %s the gate", (order) => {
    test("Vite tells the listed page of changes, and nobody else", async () => {
      // Vite attaches its listener when it has read its configuration, which is too late for "before": it is taken from another server.
      const other = createServer();
      const vite = await startVite(other);
      const guarded = await startWith(start, order, (server) => {
        for (const listener of other.listeners("upgrade")) server.on("upgrade", listener as () => void);
      });
      expect(await reload(guarded, vite)).toEqual(reloaded);
    });

    test("graphql-ws answers the listed page, and nobody else", async () => {
      const schema = buildSchema("type Query { hello: String } type Subscription { ticks: Int }");
      const roots = { query: { hello: () => "Hello" }, subscription: { ticks } };
      const { port, ask } = await startWith(start, order, (server) => {
        const sockets = new WebSocketServer({ server: server as Server, path: "/graphql" });
        const disposable = useServer({ schema, roots }, sockets);
        onTestFinished(() => disposable.dispose());
      });
      const client = graphqlClient(port);
      expect(await results(client, "{ hello }")).toEqual([{ hello: "Hello" }]);
      expect(await results(client, "subscription { ticks }")).toEqual([{ ticks: 0 }, { ticks: 1 }, { ticks: 2 }]);
      await client.dispose();

      const request = { path: "/graphql", headers: [["Sec-WebSocket-Protocol", "graphql-transport-ws"]] } as const;
      expect((await ask({ ...request, origin: page })).status).toBe(101);
      expect((await ask({ ...request, origin: evil })).status).toBe(403);
      expect((await ask({ path: "/chat", origin: page })).status).toBe(101);
    });
  });

  test("Vite on a server that is guarded already", async () => {
    const guarded = await startWith(start, "after", () => {});
    expect(await reload(guarded, await startVite(guarded.server))).toEqual(reloaded);
  });
});

interface Guarded {
  readonly server: Server;
  readonly port: number;
  readonly ask: (request: HandshakeRequest) => Promise<Answer>;
}

/** An adapter's server with a route of its own at `/chat`, and a neighbour. */
async function startWith(
  start: AdapterStart,
  order: "before" | "after",
  attach: (server: EventEmitter) => void,
): Promise<Guarded> {
  let server: EventEmitter | undefined;
  const nothing = (): void => {};
  const running = await start({
    policy: { origins: [page], dangerouslyAllowInsecureOrigins: true },
    options: { log: false, onDecision: nothing, onError: nothing },
    routes: [{ path: "/chat", handler: nothing }],
    before(emitter) {
      server = emitter;
      if (order === "before") attach(emitter);
    },
    after: order === "after" ? attach : nothing,
  });
  onTestFinished(async () => {
    await running.closeGate({ timeout: 500 });
    await running.close();
  });
  const { port } = running;
  const ask = async (request: HandshakeRequest): Promise<Answer> => {
    const answer = await handshake({ port }, { hostHeader: "localhost:3000", ...request });
    onTestFinished(() => answer.frames?.destroy());
    return answer;
  };
  return { server: server as Server, port, ask };
}

/** A development server that takes its sockets from a server of ours. */
async function startVite(server: Server): Promise<ViteDevServer> {
  const root = await mkdtemp(join(tmpdir(), "wsorigin-vite-"));
  const vite = await createVite({
    root,
    configFile: false,
    appType: "custom",
    logLevel: "silent",
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, hmr: { server }, watch: null },
  });
  onTestFinished(async () => {
    await vite.close();
    await rm(root, { recursive: true, force: true });
  });
  return vite;
}

const reloaded = { evil: 403, told: ['{"type":"connected"}', '{"type":"full-reload"}'], route: 101 };

/** Has Vite reload the pages that are connected. Gives what came of it, and whether the gate's own route works beside it. */
async function reload({ ask }: Guarded, vite: ViteDevServer): Promise<typeof reloaded> {
  const request = {
    path: `/?token=${vite.config.webSocketToken}`,
    headers: [["Sec-WebSocket-Protocol", "vite-hmr"]],
  } as const;
  const { status } = await ask({ ...request, origin: evil });
  const { frames } = await ask({ ...request, origin: page });
  const first = await frames?.next();
  vite.ws.send({ type: "full-reload" });
  const second = await frames?.next();
  const route = await ask({ path: "/chat", origin: page });
  return { evil: status ?? 0, told: [first?.text ?? "", second?.text ?? ""], route: route.status ?? 0 };
}

async function* ticks(): AsyncGenerator<{ ticks: number }> {
  for (let count = 0; count < 3; count++) yield { ticks: count };
}

/** The client that pages use, with the Origin that a page would have. */
function graphqlClient(port: number): Client {
  class FromPage extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, { origin: page });
    }
  }
  return createClient({ url: `ws://127.0.0.1:${port}/graphql`, webSocketImpl: FromPage, retryAttempts: 0 });
}

async function results(client: Client, query: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const { data } of client.iterate({ query })) all.push(data);
  return all;
}
