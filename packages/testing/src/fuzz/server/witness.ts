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
  /** What must not have reached the app. */
  readonly faults: string[] = [];
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
    // Behind a guard, the app itself counts. On HTTP/2 a first `request` listener would change how streams are answered.
    if (!this.#settings.requests && server.listenerCount("request") > 0)
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
      const isHandshake = namesWebsocket(request);
      this.count(request, isHandshake);
      if (!isHandshake) return answerByHand(socket);
      if (request.url?.split("?", 1)[0] !== fixture.silent) openByHand(socket);
    });
    server.on("stream", (stream: ServerHttp2Stream, headers: Readonly<Record<string, unknown>>) => {
      if (headers[":protocol"] === undefined) return;
      this.reached.push({ ip: stream.session?.socket.remoteAddress ?? "", handshake: true });
      this.#lookForToken([String(headers[":path"]), String(headers["sec-websocket-protocol"])]);
      this.#answer(stream, String(headers[":path"]));
    });
  }

  /** Counts a request, once. */
  count(request: IncomingMessage, handshake: boolean): void {
    if (this.#counted.has(request)) return;
    this.#counted.add(request);
    this.reached.push({ ip: request.socket.remoteAddress ?? "", handshake });
    if (handshake || this.#settings.requests) this.#lookForToken([request.url ?? "", ...subprotocolsOf(request)]);
  }

  /** The gate removes tokens from the query and the subprotocols before anything else reads them. */
  #lookForToken(texts: readonly string[]): void {
    const { token } = this.#settings;
    const form = token === "query" ? /[?&]ticket=/ : token === "subprotocol" ? /(?:^|[\s,])bearer\./ : undefined;
    const found = form && texts.find((text) => form.test(text));
    if (found !== undefined) this.faults.push(`the app could read a token in ${JSON.stringify(found.slice(0, 200))}`);
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

/** Answers an upgrade to another protocol with a page. */
function answerByHand(socket: Duplex): void {
  socket.on("error", ignore);
  socket.resume();
  socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\npage");
}

/** Whether a request asks for a WebSocket, as libraries test it. */
export function namesWebsocket({ headers, method }: IncomingMessage): boolean {
  const names = (headers.upgrade ?? "").split(",").map((name) => name.trim().toLowerCase());
  return names.includes("websocket") || (method === "CONNECT" && headers[":protocol"] !== undefined);
}

function ignore(): void {}

/** The lines of the field as they came. A token under another name is none to the gate. */
function subprotocolsOf({ rawHeaders }: IncomingMessage): readonly string[] {
  return rawHeaders.filter((_line, index) => index % 2 === 1 && isSubprotocolField(rawHeaders[index - 1]));
}

function isSubprotocolField(name: string | undefined): boolean {
  return name?.toLowerCase() === "sec-websocket-protocol";
}
