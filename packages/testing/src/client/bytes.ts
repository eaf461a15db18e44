import type { Duplex } from "node:stream";
import { patience, within } from "./wait.ts";

/** How a connection ended, seen from here: the peer's FIN, or a reset. */
export type Closing = "fin" | "reset";

/** What a reader takes off the front of the bytes that have come: a value, and how many bytes it was. */
export interface Taken<T> {
  readonly value: T;
  readonly length: number;
}

/** The bytes that come in over a connection, read by whoever knows what they mean. */
export class Incoming {
  readonly #all: Buffer[] = [];
  readonly #wakers = new Set<() => void>();
  #rest: Buffer = Buffer.alloc(0);
  #closing: Closing | undefined;

  constructor(stream: Duplex) {
    stream.on("data", (chunk: Buffer) => {
      this.#all.push(chunk);
      this.#rest = Buffer.concat([this.#rest, chunk]);
      this.#wake();
    });
    stream.on("end", () => this.#end("fin"));
    stream.on("error", () => this.#end("reset"));
    stream.on("close", () => this.#end("reset"));
  }

  /** Every byte that came, whoever read it. */
  get all(): Buffer {
    return Buffer.concat(this.#all);
  }

  get closing(): Closing | undefined {
    return this.#closing;
  }

  /**
   * Waits until `take` finds something at the front of what came, and takes it off. Gives `undefined` when the connection ends first.
   *
   * @throws {TimeoutError} that says what was waited for
   */
  async read<T>(
    take: (rest: Buffer) => Taken<T> | undefined,
    what: string,
    timeout: number = patience,
  ): Promise<T | undefined> {
    let taken: Taken<T> | undefined;
    await this.#waitFor(
      () => (taken ??= take(this.#rest)) !== undefined || this.#closing !== undefined,
      timeout,
      () => `${what}; ${this.#rest.length === 0 ? "nothing" : `only ${this.#rest.length} bytes`} came`,
    );
    if (taken === undefined) return undefined;
    this.#rest = this.#rest.subarray(taken.length);
    return taken.value;
  }

  /** Waits until the peer closes. */
  async closed(timeout: number = patience): Promise<Closing> {
    await this.#waitFor(
      () => this.#closing !== undefined,
      timeout,
      () => "the peer to close the connection",
    );
    return this.#closing ?? "reset";
  }

  async #waitFor(condition: () => boolean, timeout: number, what: () => string): Promise<void> {
    if (condition()) return;
    let waker = (): void => {};
    const woken = new Promise<void>((resolve) => {
      waker = () => {
        if (condition()) resolve();
      };
    });
    this.#wakers.add(waker);
    try {
      await within(woken, timeout, what);
    } finally {
      this.#wakers.delete(waker);
    }
  }

  /** The first ending counts: a write after the peer's FIN fails too, and would make a reset of it. */
  #end(closing: Closing): void {
    this.#closing ??= closing;
    this.#wake();
  }

  #wake(): void {
    for (const waker of this.#wakers) waker();
  }
}
