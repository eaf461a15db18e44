import type { Duplex } from "node:stream";
import { ignoreErrors } from "../transport/ignore-errors.ts";

/** Why a decision is no longer needed. */
export type Interruption = "client-gone" | "draining" | "timed-out";

/** Something that waits for a decision. */
export interface Interruptible {
  /** Ends the wait with a refusal. */
  interrupt(why: Interruption): void;
}

/**
 * Watches a client while its handshake waits for a decision: whether it leaves (FIN or RST; without a listener Node reports neither, and keeps a
 * half-closed socket until the process ends), and the deadline. A handshake that is decided at once needs none of this.
 */
export class Pending {
  readonly #stream: Duplex;
  readonly #timer: NodeJS.Timeout;
  readonly #gone: () => void;

  /** @param deadline in milliseconds */
  constructor(stream: Duplex, deadline: number, interrupted: (why: Interruption) => void) {
    this.#stream = stream;
    this.#gone = () => interrupted("client-gone");
    this.#timer = setTimeout(() => interrupted("timed-out"), deadline);
    stream.once("end", this.#gone);
    stream.once("close", this.#gone);
    // For a stream of HTTP/2 that is reset: with unread data it emits no `close`.
    stream.once("aborted", this.#gone);
    // A reset without a listener ends the process. This one stays.
    ignoreErrors(stream);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stream.off("end", this.#gone);
    this.#stream.off("close", this.#gone);
    this.#stream.off("aborted", this.#gone);
  }
}
