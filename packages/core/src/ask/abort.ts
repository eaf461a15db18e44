/**
 * Resolves or rejects as `work` does, unless `signal` aborts first: then it rejects with the signal's reason at once, and the outcome of `work`
 * is ignored, a rejection included. Removes its listener from the signal in every case.
 */
export async function raceAbort<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** A signal, a function that makes one when it is needed, or nothing. */
export type SignalSource = AbortSignal | (() => AbortSignal) | undefined;

/** The signal of one decision, made on first use: most decisions wait for nothing and need none. */
export class LazySignal {
  readonly #source: SignalSource;
  #signal: AbortSignal | undefined;

  constructor(source: SignalSource) {
    this.#source = source;
    if (typeof source !== "function") this.#signal = source;
  }

  /** The signal as far as there is one already; does not make one. */
  get existing(): AbortSignal | undefined {
    return this.#signal;
  }

  /** Whether a wait can be aborted: the caller gave a signal or a function that makes one. */
  get abortable(): boolean {
    return this.#source !== undefined;
  }

  /** The signal. Where the caller gave none, one that never aborts. */
  get(): AbortSignal {
    this.#signal ??= typeof this.#source === "function" ? this.#source() : new AbortController().signal;
    return this.#signal;
  }
}
