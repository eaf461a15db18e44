/** The listeners for the end of one handshake's connection. They share one listener on the stream, where Node warns of more than ten. */
export class CloseListeners {
  readonly #subscribe: (closed: () => void) => void;
  #listeners: (() => void)[] | undefined;
  #isClosed = false;

  /** @param subscribe called with what is to be called once, when the connection is closed */
  constructor(subscribe: (closed: () => void) => void) {
    this.#subscribe = subscribe;
  }

  /** Calls the listener once: when the connection is closed, or soon if it is already. */
  add(listener: () => void): void {
    if (this.#isClosed) setImmediate(listener);
    else if (this.#listeners !== undefined) this.#listeners.push(listener);
    else {
      this.#listeners = [listener];
      this.#subscribe(() => this.#closed());
    }
  }

  #closed(): void {
    this.#isClosed = true;
    for (const listener of this.#listeners?.splice(0) ?? []) listener();
  }
}
