import { type EventEmitter, once } from "node:events";
import { Agent, createServer, get, type IncomingMessage, type Server as HttpServer } from "node:http";
import { Duplex } from "node:stream";
import { frameBytes, handshake, sampleKey, type Target } from "@wsorigin/testing";
import { Server as SocketIoServer } from "socket.io";
import { io } from "socket.io-client";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { guard } from "../src/index.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { echo, evil, type Guarded, open, page, policy, startServer, statusOf } from "./support.ts";

type Attach = (server: HttpServer) => void;

/** Attaches a neighbour before the gate or after it. */
function beside(order: "before" | "after", attach: Attach): Promise<Guarded<HttpServer>> {
  const server = createServer((_request, response) => response.end("page"));
  return startServer({ server, [order]: attach });
}

function socketIo(server: HttpServer): void {
  const sockets = new SocketIoServer(server, { transports: ["websocket"] });
  sockets.on("connection", (socket) => void socket.on("ask", (answer: (text: string) => void) => answer("answered")));
  afterwards(() => sockets.close());
}

/** Connects with Socket.IO's own client, and asks something. */
async function askSocketIo({ port }: Target, origin: string): Promise<string> {
  const client = io(`http://127.0.0.1:${port}`, {
    transports: ["websocket"],
    reconnection: false,
    extraHeaders: { Origin: origin },
  });
  try {
    return await new Promise((resolve) => {
      client.on("connect_error", () => resolve("refused"));
      client.on("connect", () => client.emit("ask", resolve));
    });
  } finally {
    client.disconnect();
  }
}

const wsServer =
  (path: string): Attach =>
  (server) =>
    void new WebSocketServer({ server, path }).on("connection", echo);

/** As hot-reload servers do it: answers its own path, and leaves every other alone. */
const listener =
  (path: string): Attach =>
  (server) => {
    const sockets = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket: Duplex, head) => {
      if (request.url === path) sockets.handleUpgrade(request, socket, head, echo);
    });
  };

/** Opens a socket on a path and has a message echoed. */
async function echoes(target: Target, path: string): Promise<void> {
  const frames = await open(target, { path });
  frames.send("hello");
  expect(String((await frames.next()).data)).toBe("hello");
  frames.destroy();
}

describe.each(["before", "after"] as const)("a neighbour attached %s the gate", (order) => {
  test("Socket.IO serves the listed page and nobody else, and the routes work", async () => {
    const { target, gate, event } = await beside(order, socketIo);
    gate.route("/chat", echo);
    expect(await askSocketIo(target, page)).toBe("answered");
    expect(await askSocketIo(target, evil)).toBe("refused");
    expect((await event(1)).decision.code).toBe("origin-not-listed");
    await echoes(target, "/chat");
  });

  test("a ws server with a path serves the listed page and nobody else, and the routes work", async () => {
    const { target, gate } = await beside(order, wsServer("/legacy"));
    gate.route("/chat", echo);
    await echoes(target, "/legacy");
    await echoes(target, "/chat");
    expect(await statusOf(target, { path: "/legacy", origin: evil })).toBe(403);
  });

  test("ws, Socket.IO and a hot-reload listener serve side by side", async () => {
    const { target, gate } = await beside(order, (server) => {
      socketIo(server);
      listener("/legacy")(server);
      listener("/hmr")(server);
    });
    gate.route("/chat", echo);
    for (const path of ["/legacy", "/hmr", "/chat"]) {
      await echoes(target, path);
      expect(await statusOf(target, { path, origin: evil })).toBe(403);
    }
    expect(await askSocketIo(target, page)).toBe("answered");
    expect(await askSocketIo(target, evil)).toBe("refused");
  });
});

describe("a listener's answer", () => {
  test("is none on a connection that an ordinary request has used before: 404 after the grace", async () => {
    const { target } = await startServer(
      {
        server: createServer((_request, response) => response.end("page")),
        after: (server) => void server.on("upgrade", () => {}),
      },
      { grace: 30 },
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    afterwards(async () => agent.destroy());
    const ask = async (headers: Record<string, string>): Promise<readonly unknown[]> => {
      const request = get({ agent, port: target.port, host: "127.0.0.1", headers });
      const [response]: IncomingMessage[] = await once(request, "response");
      if (response !== undefined) await once(response.resume(), "end");
      return [response?.statusCode, request.reusedSocket];
    };
    expect(await ask({})).toEqual([200, false]);
    const upgrade = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": sampleKey,
    };
    expect(await ask({ Origin: page, ...upgrade })).toEqual([404, true]);
  });

  test("may take its time, and stays where the grace is over", async () => {
    const { target, event } = await startServer(
      {
        server: createServer(),
        after: (server) =>
          void server.on("upgrade", (_request, socket: Duplex) => {
            setImmediate(() => socket.write("HTTP/1.1 101 Open\r\n\r\n"));
            socket.pipe(socket);
          }),
      },
      { grace: 30 },
    );
    const answer = await handshake(target, { origin: page });
    expect((await event(0)).decision.code).toBe("origin-listed");
    answer.frames?.write(frameBytes("text", "still here", { masked: false }));
    expect((await answer.frames?.next())?.text).toBe("still here");
    answer.frames?.destroy();
  });

  test("stays, whatever is thrown after it", async () => {
    const { target, errors } = await startServer({
      server: createServer(),
      after: (server) =>
        void server.on("upgrade", (_request, socket: Duplex) => {
          socket.write("HTTP/1.1 101 Open\r\n\r\n");
          socket.pipe(socket);
          throw new Error("late");
        }),
    });
    const { frames } = await handshake(target, { origin: page });
    expect(errors).toMatchObject([[{ message: "late" }, "another listener of the server"]]);
    frames?.write(frameBytes("text", "still here", { masked: false }));
    expect((await frames?.next())?.text).toBe("still here");
    frames?.destroy();
  });

  test("may be to end the connection without a word", async () => {
    const { target, events } = await startServer({
      server: createServer(),
      after: (server) => void server.on("upgrade", (_request, socket: Duplex) => socket.end()),
    });
    expect(await statusOf(target)).toBeUndefined();
    expect(events.map(({ decision }) => decision.code)).toEqual(["origin-listed"]);
  });
});

describe("whatever is done to the server", () => {
  async function holds({ target, gate }: Guarded<HttpServer>): Promise<void> {
    gate.route("/chat", echo);
    await echoes(target, "/chat");
    expect(await statusOf(target, { path: "/chat", origin: evil })).toBe(403);
    expect(await statusOf(target, { path: "/legacy", origin: evil })).toBe(403);
  }

  test("a listener put first does not get there first", async () => {
    const guarded = await beside("after", (server) => {
      server.prependListener("upgrade", (_request, socket: Duplex) => socket.end("HTTP/1.1 101 Open\r\n\r\n"));
    });
    await holds(guarded);
  });

  test("listeners taken off and put on again are behind the gate", async () => {
    const guarded = await beside("after", (server) => {
      server.removeAllListeners("upgrade");
      wsServer("/legacy")(server);
    });
    await echoes(guarded.target, "/legacy");
    await holds(guarded);
  });

  test("a neighbour finds no upgrade listeners but its own", async () => {
    const guarded = await beside("before", wsServer("/legacy"));
    await echoes(guarded.target, "/legacy");
    expect(guarded.server.listenerCount("upgrade")).toBe(1);
    guarded.server.removeAllListeners("upgrade");
    expect(await statusOf(guarded.target, { path: "/legacy", origin: evil })).toBe(403);
    expect(guarded.server.listenerCount("upgrade")).toBe(0);
    await holds(guarded);
  });

  test.each(["before", "after"] as const)("emit wrapped by somebody else %s the gate", async (order) => {
    const guarded = await beside(order, (server) => {
      const emit: EventEmitter["emit"] = Reflect.get(server, "emit");
      Reflect.set(server, "emit", (...args: Parameters<EventEmitter["emit"]>) => Reflect.apply(emit, server, args));
    });
    await holds(guarded);
  });

  test("an upgrade emitted by hand that is none is let go", async () => {
    const guarded = await beside("after", wsServer("/legacy"));
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    guarded.server.emit("upgrade", { url: "/legacy", headers: {} }, socket, Buffer.alloc(0));
    expect(socket.destroyed).toBe(true);
    guarded.server.emit("upgrade");
    await holds(guarded);
  });

  test("a server that listens already", async () => {
    const server = createServer();
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const gate = guard(server, { policy, log: false });
    afterwards(async () => {
      await gate.close();
      await new Promise((resolve) => server.close(resolve));
    });
    gate.route("/chat", echo);
    const target = { port: typeof address === "object" && address !== null ? address.port : 0 };
    expect((await handshake(target, { path: "/chat", origin: evil })).status).toBe(403);
    await echoes(target, "/chat");
  });
});

test("a second gate is refused, also by another copy of the package", async () => {
  const { server } = await startServer({ server: createServer() });
  expect(() => guard(server, { policy })).toThrow(
    /This server is already guarded\. Add routes to the existing gate: gate\.route/,
  );
  // The same file under another name is another module.
  const copyName = new URL("../src/guard.ts?copy", import.meta.url).href;
  const copy: { guard: typeof guard } = await import(copyName);
  expect(copy.guard).not.toBe(guard);
  expect(() => copy.guard(server, { policy })).toThrow(/already guarded/);
});
