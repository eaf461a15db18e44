import { createHash, randomFillSync } from "node:crypto";
import { once } from "node:events";
import { closeBytes, type Frames, until } from "@wsorigin/testing";
import { createWebSocketStream, type ServerOptions, WebSocket, WebSocketServer } from "ws";
import { finish, page, type Row, type Stage } from "./stage.ts";

interface Opened {
  readonly port: number;
  readonly ws: WebSocketServer;
  /** What each socket of the server emits. */
  readonly events: unknown[];
}

/** A server of `ws` that echoes and keeps the events of its sockets. */
async function start(stage: Stage, options: ServerOptions = {}): Promise<Opened> {
  const server = stage.plain();
  const ws = new WebSocketServer({ server, ...options });
  const events: unknown[] = [];
  ws.on("connection", (socket) => {
    socket.on("error", (error) => events.push(["error", error.message, Reflect.get(error, "code")]));
    socket.on("close", (code, reason) => events.push(["close", code, String(reason)]));
    socket.on("ping", (data) => events.push(["ping", String(data)]));
    socket.on("pong", (data) => events.push(["pong", String(data)]));
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return { ws, events, port: await stage.listen(server) };
}

function client(stage: Stage, port: number, options: WebSocket.ClientOptions = {}): WebSocket {
  const made = new WebSocket(`ws://127.0.0.1:${port}/`, { origin: page, ...options });
  stage.defer(() => made.terminate());
  return made;
}

function told({ kind, fin, data, code, text }: Awaited<ReturnType<Frames["next"]>>): unknown {
  return [kind, fin, code, data.length > 200 ? digest(data) : text];
}

function digest(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("base64");
}

/** Breaks a rule of the protocol. Returns the server's close frame, the end of the connection, and its events. */
function broken(name: string, bytes: (frames: Frames) => void, options: ServerOptions = {}): Row {
  return {
    name,
    async run(stage) {
      const { port, events } = await start(stage, options);
      const frames = await stage.open(port);
      bytes(frames);
      const end = await finish(frames);
      await until(() => events.length > 1, "the server's events");
      return [end, events];
    },
  };
}

/** A client's close frame and what the server makes of it. */
const closing = (name: string, bytes: Buffer): Row => ({
  name,
  async run(stage) {
    const { port, events } = await start(stage);
    const frames = await stage.open(port);
    frames.write(bytes);
    const end = await finish(frames);
    await until(() => events.length > 0, "the close event");
    return [end, events];
  },
});

export const wsMessages: readonly Row[] = [
  {
    name: "echoes text, binary and empty messages, and answers pings",
    async run(stage) {
      const { port, events } = await start(stage);
      const frames = await stage.open(port);
      frames.send("text \u{1f600}");
      frames.send(Buffer.from([0, 255, 128]));
      frames.send("");
      frames.frame("ping", "are you there");
      frames.frame("pong", "unasked");
      const seen = [];
      for (let count = 0; count < 4; count++) seen.push(told(await frames.next()));
      await until(() => events.length > 1, "the events");
      return [seen, events];
    },
  },
  {
    name: "joins fragments, with a ping between them",
    async run(stage) {
      const { port } = await start(stage);
      const frames = await stage.open(port);
      frames.frame("text", "one ", { fin: false });
      frames.frame("continuation", "two ", { fin: false });
      frames.frame("ping", "between");
      frames.frame("continuation", "three");
      return [told(await frames.next()), told(await frames.next())];
    },
  },
  {
    name: "sends fragments and pings as its owner writes them",
    async run(stage) {
      const { port, ws } = await start(stage);
      ws.on("connection", (socket) => {
        socket.send("one ", { fin: false });
        socket.ping("now");
        socket.send("two", { fin: true });
        socket.close(4321, "enough");
      });
      const frames = await stage.open(port);
      const seen = [];
      for (let count = 0; count < 4; count++) seen.push(told(await frames.next()));
      return seen;
    },
  },
  broken("closes with 1009 above maxPayload", (frames) => frames.send("x".repeat(101)), { maxPayload: 100 }),
  broken("closes with 1002 for a frame without a mask", (frames) => frames.frame("text", "no mask", { masked: false })),
  broken("closes with 1002 for a reserved opcode", (frames) => frames.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]))),
  broken("closes with 1002 for a reserved bit", (frames) => frames.write(Buffer.from([0xc1, 0x80, 0, 0, 0, 0]))),
  broken("closes with 1002 for a continuation of nothing", (frames) => frames.frame("continuation", "of nothing")),
  broken("closes with 1002 for a fragmented ping", (frames) => frames.frame("ping", "half", { fin: false })),
  broken("closes with 1007 for invalid UTF-8", (frames) => frames.frame("text", Buffer.from([0xce, 0xba, 0xe1, 0xbd]))),
  broken("closes with 1002 for an invalid close code", (frames) => frames.write(closeBytes(1005))),
  closing("echoes a close code and reason", closeBytes(4000, "bye")),
  closing("echoes a close frame without a code", closeBytes()),
  {
    name: "reports 1006 when the client is gone or the server terminates",
    async run(stage) {
      const { port, ws, events } = await start(stage);
      (await stage.open(port)).destroy();
      await until(() => events.length > 0, "the client is gone");
      const frames = await stage.open(port);
      for (const socket of ws.clients) socket.terminate();
      return [await frames.closed(), events, await until(() => ws.clients.size === 0, "no client is left")];
    },
  },
  {
    name: "compresses messages with permessage-deflate, in both directions",
    async run(stage) {
      const { port } = await start(stage, { perMessageDeflate: { threshold: 0 } });
      const answer = await stage.ask(port, {
        headers: [
          ["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits=10; server_no_context_takeover"],
        ],
      });
      const made = client(stage, port, { perMessageDeflate: { threshold: 0 } });
      await once(made, "open");
      const seen = [];
      for (const text of ["a".repeat(5000), "", "b".repeat(70_000)]) {
        made.send(text);
        const [data] = await once(made, "message");
        seen.push(digest(Buffer.from(String(data))));
      }
      return [answer.header("sec-websocket-extensions"), made.extensions, seen];
    },
  },
  {
    name: "closes with 1009 when a message inflates above maxPayload",
    async run(stage) {
      const { port, events } = await start(stage, { perMessageDeflate: { threshold: 0 }, maxPayload: 1000 });
      const made = client(stage, port, { perMessageDeflate: { threshold: 0 } });
      await once(made, "open");
      made.send("a".repeat(100_000));
      const [code] = await once(made, "close");
      await until(() => events.length > 1, "the server's events");
      return [code, events];
    },
  },
  {
    name: "echoes a message of 4 MiB whole",
    async run(stage) {
      const { port } = await start(stage);
      const made = client(stage, port);
      await once(made, "open");
      const sent = Buffer.alloc(4 * 1024 * 1024, "wsorigin ");
      made.send(sent);
      const [data] = await once(made, "message");
      return Buffer.isBuffer(data) && data.equals(sent);
    },
  },
  {
    name: "holds messages back while the client does not read, and loses none",
    async run(stage) {
      const { port, ws } = await start(stage);
      const made = client(stage, port);
      const sizes: number[] = [];
      made.on("message", (data: Buffer) => sizes.push(data.readUInt32BE(0)));
      const connected = once(ws, "connection");
      await once(made, "open");
      made.pause();
      const socket: unknown = (await connected)[0];
      if (!(socket instanceof WebSocket)) return undefined;
      const chunk = randomFillSync(Buffer.alloc(256 * 1024));
      for (let index = 0; index < 40; index++) {
        chunk.writeUInt32BE(index, 0);
        socket.send(Buffer.from(chunk));
      }
      const isHeld = socket.bufferedAmount > 0;
      made.resume();
      await until(() => sizes.length === 40, "all messages have come");
      return [isHeld, sizes];
    },
  },
  {
    name: "pipes a WebSocket stream to its end",
    async run(stage) {
      const { port, ws } = await start(stage);
      ws.removeAllListeners("connection");
      ws.on("connection", (socket) => {
        const duplex = createWebSocketStream(socket, { encoding: "utf8" });
        duplex.pipe(duplex);
      });
      const stream = createWebSocketStream(client(stage, port), { encoding: "utf8" });
      stream.end("all of it");
      let text = "";
      for await (const chunk of stream) text += String(chunk);
      return text;
    },
  },
  {
    name: "keeps sockets open when the server stops listening, and ends them one by one",
    async run(stage) {
      const { port, ws, events } = await start(stage);
      const frames = await stage.open(port);
      const closed = new Promise((resolve) => ws.close(resolve));
      frames.send("still here");
      const echo = told(await frames.next());
      for (const socket of ws.clients) socket.close(1001);
      const close = await frames.close();
      await closed;
      return [echo, close === undefined ? undefined : told(close), events];
    },
  },
];
