import type { ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { closeTimeout } from "./acceptor.ts";
import { closeFrame, FrameTracker } from "./frame-tracker.ts";

/** What the gate can do with a socket that another listener opened. */
export interface Wire {
  /**
   * Closes the WebSocket: the close frame goes to the client between two frames of the listener, unless the listener has written one. Later writes of the listener
   * and later messages of the client are dropped, and the connection is ended. It is destroyed after five seconds.
   */
  close(code: number, reason: string): void;
  destroy(): void;
  onClose(listener: () => void): void;
}

const headEnd = "\r\n\r\n";

/** The longest head of a response that is followed, in bytes. */
const maxHead = 64 * 1024;

type Done = (error?: Error | null) => void;

/** Follows a stream of HTTP/2, whose response has no head in its bytes. */
export function followStream(stream: ServerHttp2Stream, answered: (opened: boolean) => void): FollowedStream {
  const followed = new FollowedStream(stream, answered);
  const respond = stream.respond.bind(stream);
  replace(stream, "respond", (headers?: Readonly<Record<string, unknown>>, options?: object): void => {
    respond(Object(headers), options);
    // RFC 8441 section 5.
    followed.responded(Number(headers?.[":status"] ?? 200) === 200);
  });
  return followed;
}

/**
 * A connection that another listener answers, seen from the gate: it follows the frames that the listener writes, so that it can write a close frame between two
 * of them. Until then every byte goes through as it is. If the response is not a WebSocket, it stops following.
 */
export class FollowedStream implements Wire {
  readonly #stream: Duplex;
  readonly #write: Duplex["write"];
  readonly #end: Duplex["end"];
  readonly #answered: (opened: boolean) => void;
  readonly #tracker = new FrameTracker();
  #state: "closed" | "closing" | "head" | "open" | "plain" = "head";
  #head = Buffer.alloc(0);
  #frame: Buffer | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #restore: readonly (() => void)[];

  constructor(stream: Duplex, answered: (opened: boolean) => void) {
    this.#stream = stream;
    this.#answered = answered;
    this.#write = stream.write.bind(stream);
    this.#end = stream.end.bind(stream);
    const write = (chunk: unknown, encoding?: unknown, done?: unknown): boolean =>
      this.#written(chunk, encoding, [encoding, done].find(isDone));
    const end = (chunk?: unknown, encoding?: unknown, done?: unknown): Duplex => {
      if (chunk !== undefined && chunk !== null && !isDone(chunk)) this.#written(chunk, encoding, undefined);
      return this.#end([chunk, encoding, done].find(isDone));
    };
    const closed = (): void => clearTimeout(this.#timer);
    stream.once("close", closed);
    this.#restore = [replace(stream, "write", write), replace(stream, "end", end), () => stream.off("close", closed)];
  }

  /** The response has begun: a WebSocket, or something else. */
  responded(opened: boolean): void {
    if (this.#state !== "head") return;
    this.#head = Buffer.alloc(0);
    if (opened) this.#state = "open";
    else this.#letBe();
    this.#answered(opened);
  }

  /** The response went past this stream, as with the `ws` of Bun, which opens sockets in native code. */
  missed(): void {
    if (this.#state !== "head" || this.#head.length > 0) return;
    this.#letBe();
    this.#answered(true);
  }

  close(code: number, reason: string): void {
    if (this.#state === "plain" || this.#state === "head") return void this.#stream.destroy();
    if (this.#frame !== undefined) return;
    this.#frame = closeFrame(code, reason);
    this.#timer = setTimeout(() => this.#stream.destroy(), closeTimeout).unref();
    this.#silence();
    if (this.#tracker.isBetweenFrames) this.#finish();
    else this.#state = "closing";
  }

  destroy(): void {
    this.#stream.destroy();
  }

  onClose(listener: () => void): void {
    if (this.#stream.closed && this.#stream.destroyed) setImmediate(listener);
    else this.#stream.once("close", listener);
  }

  /** The response is not a WebSocket. The connection may serve other requests. */
  #letBe(): void {
    this.#state = "plain";
    for (const restore of this.#restore) restore();
  }

  /** The listener gets nothing that the client sends from now on. */
  #silence(): void {
    const emit = this.#stream.emit.bind(this.#stream);
    replace(this.#stream, "emit", (event: string | symbol, ...args: unknown[]) =>
      event === "data" ? false : emit(event, ...args),
    );
    // They read for themselves (also `for await`), and would be called again.
    this.#stream.removeAllListeners("readable");
    // What is read is thrown away, so that the end of the connection is seen.
    this.#stream.resume();
  }

  #written(chunk: unknown, encoding: unknown, done: Done | undefined): boolean {
    const bytes = bytesOf(chunk, encoding);
    // What cannot be followed goes through; such a socket is destroyed instead of closed.
    if (bytes === undefined && this.#state !== "closed") this.#letBe();
    if (bytes === undefined || this.#state === "plain") return this.#pass(chunk, encoding, done);
    switch (this.#state) {
      case "head":
        this.#readHead(bytes);
        return this.#write(bytes, done);
      case "open":
        this.#tracker.follow(bytes);
        return this.#write(bytes, done);
      case "closing":
        return this.#writeLast(bytes, done);
      case "closed":
        // RFC 6455 section 5.5.1: no data after a close frame.
        if (done !== undefined) setImmediate(done);
        return true;
      default:
        return this.#state satisfies never;
    }
  }

  #readHead(bytes: Buffer): void {
    const head = Buffer.concat([this.#head, bytes]);
    this.#head = head;
    const end = head.indexOf(headEnd);
    if (end < 0 && head.length <= maxHead) return;
    const opened = end >= 0 && head.toString("latin1", 0, 13) === "HTTP/1.1 101 ";
    if (opened) this.#tracker.follow(head.subarray(end + headEnd.length));
    this.responded(opened);
  }

  /** Writes the rest of the frame that the listener has begun, and then the close frame. */
  #writeLast(bytes: Buffer, done: Done | undefined): boolean {
    const boundary = this.#tracker.follow(bytes);
    if (boundary < 0) return this.#write(bytes, done);
    const flushed = this.#write(bytes.subarray(0, boundary), done);
    this.#finish();
    return flushed;
  }

  #finish(): void {
    this.#state = "closed";
    // The listener may be closing the socket itself.
    if (!this.#tracker.hasCloseFrame && !this.#stream.writableEnded) this.#write(this.#frame);
    this.#stream.once("end", () => this.#stream.destroy());
    this.#end();
  }

  #pass(chunk: unknown, encoding: unknown, done: Done | undefined): boolean {
    return typeof encoding === "string" && Buffer.isEncoding(encoding)
      ? this.#write(chunk, encoding, done)
      : this.#write(chunk, done);
  }
}

function isDone(value: unknown): value is Done {
  return typeof value === "function";
}

function bytesOf(chunk: unknown, encoding: unknown): Buffer | undefined {
  if (Buffer.isBuffer(chunk)) return chunk;
  if (chunk instanceof Uint8Array) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (typeof chunk !== "string") return undefined;
  return Buffer.from(chunk, typeof encoding === "string" && Buffer.isEncoding(encoding) ? encoding : "utf8");
}

/** Replaces a method of one stream. Returns a function that takes that back, unless it was replaced once more. */
function replace(stream: Duplex, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(stream, name);
  Object.defineProperty(stream, name, { value, configurable: true, writable: true });
  return () => {
    if (Reflect.get(stream, name) !== value) return;
    if (before === undefined) Reflect.deleteProperty(stream, name);
    else Object.defineProperty(stream, name, before);
  };
}
