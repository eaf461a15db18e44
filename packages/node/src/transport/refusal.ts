import type { IncomingMessage, ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { type DenyStatus, shared } from "@wsorigin/core";
import { reasonOf, refusalOf } from "@wsorigin/core/gate";
import { destroyStream } from "./connect-stream.ts";
import { ignoreErrors } from "./ignore-errors.ts";

/** How long a client may take to read a refusal, in milliseconds. */
const readTimeout = 2000;

const written = new Map<DenyStatus, Buffer>();

/** The bytes of a refusal over HTTP/1.1; made once for each status. */
export function refusalBytes(status: DenyStatus): Buffer {
  const bytes = written.get(status) ?? writeRefusal(status);
  written.set(status, bytes);
  return bytes;
}

function writeRefusal(status: DenyStatus): Buffer {
  const { headers, body } = refusalOf(status);
  const lines = [
    `HTTP/1.1 ${status} ${reasonOf(status)}`,
    "Connection: close",
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`, "latin1");
}

/** A socket that is destroyed later, between its neighbours in the order of their times. */
interface Due {
  /** `undefined` once it is out of the list. */
  socket: Duplex | undefined;
  /** On the clock of `performance.now()`. */
  readonly at: number;
  before: Due | undefined;
  after: Due | undefined;
}

/**
 * Destroys sockets that are still there after a time. One timer serves them all, and a list that nothing has to hash: a flood of refusals makes no timer for
 * each. Does not keep the process alive.
 */
class Deadlines {
  readonly #ms: number;
  #first: Due | undefined;
  #last: Due | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  add(socket: Duplex): Due {
    const last = this.#last;
    const due: Due = { socket, at: performance.now() + this.#ms, before: last, after: undefined };
    if (last === undefined) this.#first = due;
    else last.after = due;
    this.#last = due;
    if (this.#timer === undefined) this.#arm(this.#ms);
    return due;
  }

  delete(due: Due): void {
    if (due.socket === undefined) return;
    due.socket = undefined;
    const { before, after } = due;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => this.#run(), ms).unref();
  }

  #run(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (let due = this.#first; due !== undefined; due = this.#first) {
      if (due.at > now) return this.#arm(due.at - now);
      const { socket } = due;
      this.delete(due);
      socket?.destroy();
    }
  }
}

const unread = new Deadlines(readTimeout);

/**
 * Writes a refusal and destroys the socket once the bytes are handed over, or after two seconds. WebKit reuses a connection that a refusal left open,
 * and then hangs, because Node has taken its parser off.
 */
export function refuseSocket(socket: Duplex, status: DenyStatus): void {
  if (socket.destroyed) return;
  // Node took its own listener off; a reset without one ends the process.
  ignoreErrors(socket);
  // Unread bytes (frames sent along with the handshake) would turn the close into a reset, which can overtake the response.
  socket.resume();
  const due = unread.add(socket);
  // Called when the bytes are handed over, or when the socket is destroyed before.
  socket.end(refusalBytes(status), () => {
    unread.delete(due);
    socket.destroy();
  });
}

/** Connections whose last response is a refusal. Their parser is still there. */
const refused = shared("refused.1", () => new WeakSet<object>());

/** Whether a connection is being closed after a refusal: what Node's parser says about the bytes behind it has no answer. */
export function isRefused(socket: unknown): boolean {
  return typeof socket === "object" && socket !== null && refused.has(socket);
}

/** The same for a handshake that Node delivered as an ordinary request. */
export function refuseResponse({ socket }: IncomingMessage, response: ServerResponse, status: DenyStatus): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  refused.add(socket);
  const { headers, body } = refusalOf(status);
  response.sendDate = false;
  response.writeHead(status, [["Connection", "close"], ...headers].flat());
  response.end(body);
}

/** The same for a stream of HTTP/2. */
export function refuseStream(stream: ServerHttp2Stream, status: DenyStatus): void {
  // A stream that the client has reset is closed before it is destroyed, and `respond()` would throw.
  if (stream.destroyed || stream.closed || stream.headersSent) return destroyStream(stream);
  const { headers, body } = refusalOf(status);
  // Connection-specific fields do not exist in HTTP/2 (RFC 9113 section 8.2.2), Upgrade among them.
  const fields = headers.filter(([name]) => name !== "Upgrade").map(([name, value]) => [name.toLowerCase(), value]);
  stream.resume();
  stream.respond({ ":status": status, ...Object.fromEntries(fields) });
  stream.end(body);
  const timer = setTimeout(destroyStream, readTimeout, stream).unref();
  stream.once("finish", () => destroyStream(stream));
  stream.once("close", () => clearTimeout(timer));
}
