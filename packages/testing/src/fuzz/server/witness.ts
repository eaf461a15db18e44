import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { fixture, type FuzzSettings } from "../settings.ts";
import type { ReachRecord } from "./record.ts";

/** Listeners that an app could have, and what reaches them. */
export class Witness {
  readonly reached: ReachRecord[] = [];
  readonly open: Map<Socket, string> = new Map();
  readonly #settings: FuzzSettings;
  readonly #counted = new WeakSet<object>();

  constructor(settings: FuzzSettings) {
    this.#settings = settings;
  }

  /** Listens before the server is guarded. */
  before(server: EventEmitter): void {
    server.on("connection", (socket: Socket) => {
      this.open.set(socket, socket.remoteAddress ?? "");
      socket.once("close", () => this.open.delete(socket));
    });
    // On HTTP/2 a first `request` listener would change how streams are answered.
    if (server.listenerCount("request") > 0)
      server.prependListener("request", (request: IncomingMessage) => this.count(request, namesWebsocket(request)));
    if (this.#settings.expectations) this.#expect(server);
  }

  /** Listens after it is guarded, as apps do whose libraries attach late. */
  after(server: EventEmitter): void {
    if (this.#settings.strip) {
      server.removeAllListeners("removeListener");
      server.removeAllListeners("upgrade");
    }
    if (!this.#settings.listener) return;
    server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      this.count(request, true);
      if (request.url?.split("?", 1)[0] !== fixture.silent) openByHand(socket);
    });
    server.on("stream", (stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>) => {
      if (headers[":protocol"] === undefined) return;
      this.reached.push({ ip: stream.session?.socket.remoteAddress ?? "", handshake: true });
      this.#answer(stream, String(headers[":path"]));
    });
  }

  /** Counts a request, once. */
  count(request: IncomingMessage, handshake: boolean): void {
    if (this.#counted.has(request)) return;
    this.#counted.add(request);
    this.reached.push({ ip: request.socket.remoteAddress ?? "", handshake });
  }

  #expect(server: EventEmitter): void {
    // Node's documentation shows this way of answering: the request goes on to the `request` listeners.
    server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
      this.count(request, namesWebsocket(request));
      response.writeContinue();
      server.emit("request", request, response);
    });
    server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
      this.count(request, namesWebsocket(request));
      response.end("expected");
    });
  }

  #answer(stream: ServerHttp2Stream, path: string): void {
    stream.on("error", ignore);
    // Reads and pauses: what a listener does that waits for a database.
    if (path === fixture.silent) return void stream.on("data", ignore).pause();
    if (stream.destroyed || stream.headersSent) return;
    stream.respond({ ":status": 200 });
    stream.on("data", (chunk: Buffer) => stream.writable && stream.write(chunk));
    stream.on("end", () => stream.end());
  }
}

/** Answers as a hand-made WebSocket server does, and sends back what it gets. */
function openByHand(socket: Duplex): void {
  socket.on("error", ignore);
  socket.on("end", () => socket.end());
  socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  socket.on("data", (chunk: Buffer) => socket.writable && socket.write(chunk));
}

/** Whether a request asks for a WebSocket, as libraries test it. */
function namesWebsocket({ headers, method }: IncomingMessage): boolean {
  const names = (headers.upgrade ?? "").split(",").map((name) => name.trim().toLowerCase());
  return names.includes("websocket") || (method === "CONNECT" && headers[":protocol"] !== undefined);
}

function ignore(): void {}
