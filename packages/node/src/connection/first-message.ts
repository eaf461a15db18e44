import type { Duplex } from "node:stream";
import { type Decision, deny, type FirstMessage } from "@wsorigin/core";
import type { RawData, WebSocket } from "ws";
import { denyTooLong, denyTooMuch, maxEarly, tokenIn } from "@wsorigin/core/gate";
import type { Interruption } from "../handshake/pending.ts";

export interface FirstMessageOptions<P> {
  readonly socket: WebSocket;
  /** What the socket reads from. */
  readonly stream: Duplex;
  readonly message: FirstMessage;
  readonly origin: string | undefined;
  readonly judge: (token: string, signal: AbortSignal) => Promise<Decision<P>>;
  /** Called once, with the outcome. What was read beyond the first message is delivered after it has returned. */
  readonly settled: (decision: Decision<P>) => void;
}

/** How many bytes of frame headers and control frames an open socket may send besides its first message. */
const overhead = 1024;

/**
 * Reads the first message of an open socket, and nothing else, until its token is accepted. No handler runs. Until then a socket keeps at most
 * `maxBytes` and 65 KiB, and one message of up to `maxPayload` bytes more if it is compressed.
 */
export class FirstMessageReader<P> {
  readonly #options: FirstMessageOptions<P>;
  readonly #timer: NodeJS.Timeout;
  readonly #controller = new AbortController();
  /** What arrived after the first message, while that one was verified. */
  readonly #early: (readonly [data: RawData, isBinary: boolean])[] = [];
  #state: "settled" | "verifying" | "waiting" = "waiting";
  #read = 0;
  #earlyBytes = 0;

  constructor(options: FirstMessageOptions<P>) {
    this.#options = options;
    const { socket, stream, message } = options;
    this.#timer = setTimeout(() => this.interrupt("timed-out"), message.deadline);
    socket.on("message", this.#onMessage);
    socket.once("close", this.#onClose);
    stream.on("data", this.#onData);
  }

  /** Ends the wait with a refusal. */
  interrupt(why: Interruption): void {
    this.#settle(deny(why, this.#options.origin));
  }

  readonly #onClose = (): void => this.interrupt("client-gone");

  /** Counts what is read: `ws` keeps the whole of a message before it emits any. */
  readonly #onData = (chunk: Buffer): void => {
    this.#read += chunk.length;
    if (this.#state === "waiting" && this.#read > this.#options.message.maxBytes + overhead)
      this.#settle(denyTooLong(this.#options.message, this.#options.origin));
  };

  readonly #onMessage = (data: RawData, isBinary: boolean): void => {
    if (this.#state === "verifying") return this.#keep(data, isBinary);
    if (this.#state === "settled") return;
    const { socket, message, judge, origin } = this.#options;
    const text = !isBinary && Buffer.isBuffer(data) ? data : undefined;
    if (text !== undefined && text.length > message.maxBytes) return this.#settle(denyTooLong(message, origin));
    const token = tokenIn(message, text?.toString(), origin);
    if (typeof token !== "string") return this.#settle(token);
    this.#state = "verifying";
    socket.pause();
    void judge(token, this.#controller.signal).then((decision) => this.#settle(decision));
  };

  #keep(data: RawData, isBinary: boolean): void {
    this.#early.push([data, isBinary]);
    this.#earlyBytes += Array.isArray(data) ? data.reduce((sum, { length }) => sum + length, 0) : data.byteLength;
    // A socket is not read in this time, so an uncompressed one never gets there: Node reads 64 KiB at most at once. A compressed one can inflate that.
    if (this.#earlyBytes > maxEarly) this.#settle(denyTooMuch(this.#options.origin));
  }

  #settle(decision: Decision<P>): void {
    if (this.#state === "settled") return;
    this.#state = "settled";
    clearTimeout(this.#timer);
    const { socket, stream, settled } = this.#options;
    socket.off("message", this.#onMessage);
    socket.off("close", this.#onClose);
    stream.off("data", this.#onData);
    const early = this.#early.splice(0);
    if (!decision.allowed) this.#controller.abort(new Error(`The handshake was refused: ${decision.code}`));
    settled(decision);
    if (decision.allowed) for (const [data, isBinary] of early) socket.emit("message", data, isBinary);
    socket.resume();
  }
}
