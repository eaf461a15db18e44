import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createPolicy, type Gate, grant, guard, identityOf, queryParam } from "@wsorigin/node";
import { adapterServer, describeEndpoint, type Frames, handshake, type Runner, until } from "@wsorigin/testing";
import { WebSocketServer } from "ws";

const origin = "https://app.example";
const host = "api.example";

interface Delegated {
  readonly port: number;
  readonly gate: Gate<string>;
  /** Who was behind each socket, as the app asks. */
  readonly principals: readonly unknown[];
  readonly close: () => Promise<void>;
}

/** A server whose sockets `ws` opens, in an app that knows of the gate only that it is there. With `expires`, it wants a token, which is a name. */
async function start(expires?: number): Promise<Delegated> {
  const verify = (token: string) => grant({ principal: token, expiresAt: Date.now() + (expires ?? 60_000) });
  const token = { from: [queryParam("name")], verify };
  const policy = createPolicy<string>({ origins: [origin], hosts: [host], token });
  const server = createServer((_request, response) => void response.end("page"));
  const gate = guard<string>(server, { policy, log: false });
  const principals: unknown[] = [];
  new WebSocketServer({ server }).on("connection", (socket, request) => {
    principals.push(identityOf(request)?.principal);
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  const { port, close } = await adapterServer(server, gate);
  const end = async (): Promise<void> => {
    await gate.close({ timeout: 100 });
    server.closeAllConnections();
    await close();
  };
  return { port, gate, principals, close: end };
}

async function open(port: number): Promise<Frames> {
  const { frames, status } = await handshake({ port }, { path: "/chat?name=Ada", origin, hostHeader: host });
  assert.ok(frames !== undefined, `The handshake was answered with ${status}.`);
  return frames;
}

/** What holds for a `ws` server behind a gate. */
export function describeDelegated({ describe, test, concurrent = test }: Runner): void {
  const row = (name: string, expires: number | undefined, body: (started: Delegated) => Promise<void>): unknown =>
    concurrent(name, async () => {
      const started = await start(expires);
      try {
        await body(started);
      } finally {
        await started.close();
      }
    });
  describe("ws", () => {
    row("messages go both ways, and identityOf() knows the user", undefined, async ({ port, principals, gate }) => {
      const frames = await open(port);
      frames.send("hello");
      assert.equal((await frames.next()).text, "hello");
      assert.deepEqual(principals, ["Ada"]);
      assert.deepEqual([...gate.connections].map((connection) => connection.principal), ["Ada"]);
      frames.destroy();
      await until(() => gate.connections.size === 0, "the gate knows that it is closed");
    });
    row("disconnect() closes it with the code", undefined, async ({ port, gate }) => {
      const frames = await open(port);
      await gate.disconnect(({ principal }) => principal === "Ada", 4401);
      assert.equal((await frames.nextClose())?.code, 4401);
      frames.destroy();
    });
    row("is closed with 4401 when the token expires", 300, async ({ port }) => {
      const frames = await open(port);
      assert.equal((await frames.nextClose())?.code, 4401);
      frames.destroy();
    });
    row("closing the gate closes it with 1001", undefined, async ({ port, gate }) => {
      const frames = await open(port);
      const closed = gate.close({ timeout: 2000 });
      assert.equal((await frames.nextClose())?.code, 1001);
      frames.destroy();
      await closed;
    });
  });
  describeEndpoint(
    "ws, from outside",
    async () => {
      const { port, close } = await start();
      return { port, path: "/chat?name=Ada", origin, hostHeader: host, httpPath: "/page", close };
    },
    { describe, test, concurrent },
  );
}
