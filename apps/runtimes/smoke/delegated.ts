import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createPolicy, type Gate, grant, guard, identityOf, queryParam } from "@wsorigin/node";
import { adapterServer, describeEndpoint, type Frames, handshake, until } from "@wsorigin/testing";
import { WebSocketServer } from "ws";
import type { Rows } from "./rows.ts";

const origin = "https://app.example";
const host = "api.example";

interface Delegated {
  readonly port: number;
  readonly gate: Gate<string>;
  /** Who was behind each socket, as the app asks. */
  readonly principals: readonly unknown[];
  readonly close: () => Promise<void>;
}

/** A server whose sockets `ws` opens. Its tokens are names, and expire after so many milliseconds. */
async function start(expires = 60_000): Promise<Delegated> {
  const verify = (token: string) => grant({ principal: token, expiresAt: Date.now() + expires });
  const token = { from: [queryParam("name")], verify };
  const policy = createPolicy<string>({ origins: [origin], hosts: [host], token });
  const server = createServer((_request, response) => void response.end("page"));
  const gate = guard<string>(server, { policy, log: false });
  const principals: unknown[] = [];
  new WebSocketServer({ server }).on("connection", (socket, request) => {
    principals.push(identityOf(request)?.principal);
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  const started = await adapterServer(server, gate);
  const end = async (): Promise<void> => {
    await gate.close({ timeout: 100 });
    server.closeAllConnections();
    await started.close();
  };
  return { port: started.port, gate, principals, close: end };
}

async function open(port: number): Promise<Frames> {
  const { frames, status } = await handshake({ port }, { path: "/chat?name=Ada", origin, hostHeader: host });
  assert.ok(frames !== undefined, `The handshake was answered with ${status}.`);
  return frames;
}

/** What holds for a `ws` server behind a gate. */
export function describeDelegated(rows: Rows): void {
  const row = (name: string, expires: number, body: (started: Delegated) => Promise<void>): void =>
    rows.add(name, async () => {
      const started = await start(expires);
      try {
        await body(started);
      } finally {
        await started.close();
      }
    });
  row("messages go both ways, and identityOf() knows the user", 60_000, async ({ port, principals, gate }) => {
    const frames = await open(port);
    frames.send("hello");
    assert.equal((await frames.next()).text, "hello");
    assert.deepEqual(principals, ["Ada"]);
    assert.deepEqual(
      [...gate.connections].map((connection) => connection.principal),
      ["Ada"],
    );
    frames.destroy();
    await until(() => gate.connections.size === 0, "the gate knows that it is closed");
  });
  const endings = [
    ["disconnect()", 4401, 60_000, ({ gate }: Delegated) => void gate.disconnect(() => true, 4401)],
    ["the end of its token", 4401, 300, () => {}],
    ["the shutdown of the gate", 1001, 60_000, ({ gate }: Delegated) => void gate.close({ timeout: 2000 })],
  ] as const;
  for (const [what, code, expires, end] of endings) {
    row(`is ended by ${what}`, expires, async (started) => {
      const frames = await open(started.port);
      end(started);
      const close = await frames.nextClose();
      assert.ok(close === undefined || close.code === code, `The code is ${close?.code}.`);
      frames.destroy();
      await until(() => started.gate.connections.size === 0, "the gate knows that it is closed");
    });
    row(`gets the close code ${code} of ${what}`, expires, async (started) => {
      const frames = await open(started.port);
      end(started);
      assert.equal((await frames.nextClose())?.code, code);
      frames.destroy();
    });
  }
  describeEndpoint(
    "ws, from outside",
    async () => {
      const { port, close } = await start();
      return { port, path: "/chat?name=Ada", origin, hostHeader: host, httpPath: "/page", close };
    },
    rows.runner,
  );
}
