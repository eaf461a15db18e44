import type { Channel, Connection } from "./redis-client.ts";
import { readRevocation, type Revocation } from "./store.ts";

/** How many revocations are read at once. */
const batch = 500;

/** How often the stream is read though nothing was heard, in milliseconds: a dead connection that nobody has noticed says nothing. */
const polling = 10_000;

/** Before the first entry of any stream. */
const beginning = "0-0";

/**
 * Tells of every revocation in a stream, in order, each once. Messages and connections are no more than a reason to read on from the entry
 * that was seen last: so nothing is missed where a message was.
 */
export class Feed {
  readonly #stream: string;
  readonly #client: Connection;
  readonly #deliver: (revocation: Revocation) => void;
  /** The entry that was seen last; undefined until it is known where the stream ended when this began. */
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

  /** Reads whenever there is a reason to, from now on. */
  start(subscriber: Connection, channel: Channel): void {
    const catchUp = async (): Promise<void> => {
      // In this order: what is published once the channel is subscribed to is heard of, and what was before is read.
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

  /** Resolves when it is known where the stream ended: what is revoked from then on will be told. */
  async begun(): Promise<void> {
    if (this.#last === undefined) await this.read();
  }

  /** Resolves when all that was in the stream at the time of the call has been told; rejects where it cannot be read. */
  read(): Promise<void> {
    // A reading that has not begun serves all who ask meanwhile.
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
      // Where the last one is gone, the stream was cut behind it or begun anew: all that it holds is new.
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
  /** Undefined where an entry is none that this version can read. */
  readonly revocation: Revocation | undefined;
}

function readEntry(reply: unknown): readonly Entry[] {
  if (!Array.isArray(reply)) return [];
  const [id, fields]: readonly unknown[] = reply;
  const text = Array.isArray(fields) ? textOf(fields[1]) : undefined;
  return [{ id: textOf(id), revocation: text === undefined ? undefined : readRevocation(parse(text)) }];
}

/** A text of Redis's: a string, or a Buffer where the app's client has it so. */
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
