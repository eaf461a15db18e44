import type { Duplex } from "node:stream";
import { type Decision, deny, type Deny, type DenyCode, type FirstMessage } from "@wsorigin/core";
import type { RawData, WebSocket } from "ws";
import type { Interruption } from "./watch.ts";

export interface AdmissionOptions<P> {
  readonly socket: WebSocket;
  /** What the socket reads from. */
  readonly duplex: Duplex;
  readonly message: FirstMessage;
  readonly origin: string | undefined;
  readonly decide: (token: string, signal: AbortSignal) => Promise<Decision<P>>;
  /** Called once, with what came of it. What was read beyond the first message is delivered when it has returned. */
  readonly settled: (decision: Decision<P>) => void;
}

/** How many bytes of frame headers and control frames an open socket may send beside its first message. */
const overhead = 1024;

/**
 * An open socket that has not said yet who it is. Reads its first message and nothing else: no handler runs, and no more is kept than the longest
 * first message and what was read along with it.
 */
export class Admission<P> {
  readonly #options: AdmissionOptions<P>;
  readonly #timer: NodeJS.Timeout;
  readonly #controller = new AbortController();
  /** What came after the first message, while that one was verified. */
  readonly #early: (readonly [data: RawData, isBinary: boolean])[] = [];
  #state: "waiting" | "deciding" | "over" = "waiting";
  #bytes = 0;

  constructor(options: AdmissionOptions<P>) {
    this.#options = options;
    const { socket, duplex, message } = options;
    this.#timer = setTimeout(() => this.interrupt("timed-out"), message.deadline);
    socket.on("message", this.#onMessage);
    socket.once("close", this.#onClose);
    duplex.on("data", this.#onData);
  }

  /** Gives it up. */
  interrupt(why: Interruption): void {
    this.#settle(deny(why, this.#options.origin));
  }

  readonly #onClose = (): void => this.interrupt("client-gone");

  /** Counts what is read: `ws` keeps the whole of a message before it tells of any. */
  readonly #onData = (chunk: Buffer): void => {
    this.#bytes += chunk.length;
    if (this.#state === "waiting" && this.#bytes > this.#options.message.maxBytes + overhead)
      this.#malformed("too-long");
  };

  readonly #onMessage = (data: RawData, isBinary: boolean): void => {
    if (this.#state === "deciding") return void this.#early.push([data, isBinary]);
    if (this.#state === "over") return;
    const { socket, message } = this.#options;
    const text = !isBinary && Buffer.isBuffer(data) ? data : undefined;
    if (text !== undefined && text.length > message.maxBytes) return this.#malformed("too-long");
    const token = text === undefined ? undefined : readToken(message, text.toString());
    if (token === undefined) return this.#malformed("no-token");
    this.#state = "deciding";
    socket.pause();
    void this.#decide(token);
  };

  async #decide(token: string): Promise<void> {
    const { decide, origin } = this.#options;
    const failed = (code: DenyCode): Deny => deny(code, origin, { note: "policy.decide() rejected." });
    this.#settle(await decide(token, this.#controller.signal).catch(() => failed("verifier-failed")));
  }

  #malformed(what: "too-long" | "no-token"): void {
    const { origin, message } = this.#options;
    const note =
      what === "too-long"
        ? `The first message is longer than ${message.maxBytes} bytes.`
        : "The first message is no text, or holds no token.";
    this.#settle(deny("token-malformed", origin, { note }));
  }

  #settle(decision: Decision<P>): void {
    if (this.#state === "over") return;
    this.#state = "over";
    clearTimeout(this.#timer);
    const { socket, duplex, settled } = this.#options;
    socket.off("message", this.#onMessage);
    socket.off("close", this.#onClose);
    duplex.off("data", this.#onData);
    if (!decision.allowed) this.#controller.abort(new Error(`The handshake was given up: ${decision.code}`));
    settled(decision);
    if (decision.allowed) for (const [data, isBinary] of this.#early) socket.emit("message", data, isBinary);
    socket.resume();
  }
}

/** The token in a message; `undefined` where there is none, or `read` throws: it is given what a stranger wrote. */
function readToken({ read }: FirstMessage, text: string): string | undefined {
  try {
    const token: unknown = read(text);
    return typeof token === "string" ? token : undefined;
  } catch {
    return undefined;
  }
}
