import type { Duplex } from "node:stream";

/** Why a decision need not be waited for any more. */
export type Interruption = "client-gone" | "timed-out" | "draining";

/**
 * Watches a client while its handshake is being decided: for its leaving (FIN or RST; Node tells of neither where nobody listens, and keeps a
 * half-closed socket for the life of the process), and for the deadline.
 */
export class Watch {
  readonly #duplex: Duplex;
  readonly #timer: NodeJS.Timeout;
  readonly #interrupted: (why: Interruption) => void;
  readonly #gone = (): void => this.interrupt("client-gone");
  #controller: AbortController | undefined;
  #over = false;

  constructor(duplex: Duplex, deadline: number, interrupted: (why: Interruption) => void) {
    this.#duplex = duplex;
    this.#interrupted = interrupted;
    this.#timer = setTimeout(() => this.interrupt("timed-out"), deadline);
    duplex.once("end", this.#gone);
    duplex.once("close", this.#gone);
  }

  /** Aborted when the decision is not wanted any more. Made when first asked for: most decisions wait for nobody. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** Whether the handshake has come to its end, one way or the other. */
  get over(): boolean {
    return this.#over;
  }

  interrupt(why: Interruption): void {
    if (this.#over) return;
    this.stop();
    this.#controller?.abort(new Error(`The handshake was given up: ${why}`));
    this.#interrupted(why);
  }

  /** The decision has fallen: nothing is watched any more. */
  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#duplex.off("end", this.#gone);
    this.#duplex.off("close", this.#gone);
  }
}
