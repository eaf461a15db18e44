import type { Channel, Connection } from "./redis-client.ts";
import { readRevocation, type Revocation } from "./store.ts";

/** How many revocations one command reads. */
const batch = 500;

/** How often the stream is read without a message, in milliseconds: a dead connection delivers none. */
const polling = 10_000;

/** Before the first entry of any stream. */
const beginning = "0-0";

/**
 * Delivers every revocation of a stream, in order, each once. Messages and new connections only cause a read from the last entry on, so that a lost
 * message loses no revocation.
 */
export class Feed {
  readonly #stream: string;
  readonly #client: Connection;
  readonly #deliver: (revocation: Revocation) => void;
  /** The entry that was read last; undefined until the end of the stream at the start is known. */
  #last: string | undefined;
  #reading: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #stops: readonly (() => void | Promise<void>)[] = [];
  #over = false;

  constructor(stream: string, client: Connection, deliver: (revocation: Revocation) => void) {
    this.#stream = stream;
    this.#client = client;
    this.#deliver = deliver;
  }

  /** Starts reading, on every message and connection and in an interval. */
  start(subscriber: Connection, channel: Channel): void {
    const catchUp = async (): Promise<void> => {
      // In this order: what is published after subscribing causes a message, and what was before is read.
      await subscriber.run(channel.subscribe).catch(ignore);
      await this.read();
    };
    const again = (): void => {
      if (!this.#over) catchUp().catch(ignore);
    };
    const timer = setInterval(again, polling).unref();
    this.#stops = [
      () => clearInterval(timer),
      subscriber.onConnected(again),
      this.#client.onConnected(again),
      () => subscriber.run(channel.unsubscribe).catch(ignore),
    ];
    again();
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#stops.map(async (stop) => stop()));
  }

  /** Resolves when the end of the stream is known: later revocations will be delivered. */
  async begun(): Promise<void> {
    if (this.#last === undefined) await this.read();
  }

  /** Resolves when everything in the stream at the time of the call was delivered; rejects if it cannot be read. */
  read(): Promise<void> {
    // A read that has not started yet serves all callers until it does.
    this.#next ??= this.#reading.catch(ignore).then(() => {
      this.#next = undefined;
      this.#reading = this.#readOn();
      return this.#reading;
    });
    return this.#next;
  }

  async #readOn(): Promise<void> {
    if (this.#last === undefined) {
      const [end] = await this.#range("XREVRANGE", "+", "-", 1);
      this.#last = end?.id ?? beginning;
      return;
    }
    for (;;) {
      const from: string = this.#last;
      const entries = await this.#range("XRANGE", from, "+", batch);
      const follows = from === beginning || entries[0]?.id === from;
      // If the last entry is gone, the stream was trimmed beyond it or started again: all of its entries are new.
      const found = follows ? entries : await this.#range("XRANGE", "-", "+", batch);
      for (const { id, revocation } of found) {
        if (this.#over) return;
        if (id === from && follows) continue;
        this.#last = id;
        if (revocation !== undefined) this.#deliver(revocation);
      }
      if (found.length === 0) this.#last = beginning;
      if (found.length < batch) return;
    }
  }

  async #range(command: string, from: string, to: string, count: number): Promise<readonly Entry[]> {
    const [reply] = await this.#client.send([command, this.#stream, from, to, "COUNT", String(count)]);
    return Array.isArray(reply) ? reply.flatMap(readEntry) : [];
  }
}

interface Entry {
  readonly id: string;
  /** Undefined if this version cannot read the entry. */
  readonly revocation: Revocation | undefined;
}

function readEntry(reply: unknown): readonly Entry[] {
  if (!Array.isArray(reply)) return [];
  const [id, fields]: readonly unknown[] = reply;
  const text = Array.isArray(fields) ? textOf(fields[1]) : undefined;
  return [{ id: textOf(id), revocation: text === undefined ? undefined : readRevocation(parse(text)) }];
}

/** A text from Redis: a string, or a Buffer if the app's client is configured so. */
export function textOf(reply: unknown): string {
  return Buffer.isBuffer(reply) ? reply.toString() : String(reply);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function ignore(): void {}
