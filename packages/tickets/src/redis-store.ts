import { createHash } from "node:crypto";
import { checkOptions, invalid, millisecondsProblem, type Names, show } from "./check.ts";
import { Feed, textOf } from "./feed.ts";
import { newName } from "./record.ts";
import {
  channelOf,
  Connection,
  isClient,
  isSubscriber,
  type RedisClient,
  type RedisSubscriber,
} from "./redis-client.ts";
import { linger, markOf, maxTimeout, type Revocation, type Taken, type TicketStore } from "./store.ts";

export interface RedisStoreOptions {
  /** The app's client of `redis` or `ioredis`. The app connects it, listens to its `error` events and closes it. */
  readonly client: RedisClient;
  /** A second client of the app's, to receive revocations: `client.duplicate()`. Without it, only `subscribe` fails: it throws. */
  readonly subscriber?: RedisSubscriber | undefined;
  /** The prefix of all keys and of the channel. Defaults to `"wsorigin:"`. */
  readonly prefix?: string;
  /** How long Redis may take to answer, in milliseconds: at most 10000, defaults to 2000. Then `issue` rejects and `verify` refuses (503). */
  readonly timeout?: number;
}

const optionNames: Names<RedisStoreOptions> = { client: true, subscriber: true, prefix: true, timeout: true };

/** About how many revocations the stream keeps. A process that is disconnected for more of them misses the oldest. */
const remembered = 10_000;

/**
 * Stores tickets in Redis 6.2 or later, for any number of processes. Redemption is one `GETDEL`, so that exactly one process gets a ticket. Keys contain
 * the ticket's hash, never the ticket. Opens no connection, and sends no commands to a client that is not connected.
 *
 * @throws {TicketsError} with every problem of the options at once
 */
export function redisStore(options: RedisStoreOptions): TicketStore {
  checkOptions("redisStore", options, optionNames, (read) => {
    const [client, subscriber, prefix] = [read("client"), read("subscriber"), read("prefix")];
    return [
      isClient(client)
        ? undefined
        : {
            code: client === undefined ? "option-missing" : "option-invalid",
            entry: "client",
            message: `client: ${show(client)} is not a client of redis or ioredis. Write client: createClient({ url }), or client: new Redis(url).`,
          },
      subscriber === undefined || isSubscriber(subscriber)
        ? undefined
        : invalid(
            "subscriber",
            `subscriber: ${show(subscriber)} is not a client of redis or ioredis. Write subscriber: client.duplicate().`,
          ),
      subscriber !== undefined && subscriber === client
        ? {
            code: "option-incoherent",
            entry: "subscriber",
            message:
              "subscriber is the client itself, and a connection that subscribes accepts no other commands. Write subscriber: client.duplicate().",
          }
        : undefined,
      prefix === undefined || typeof prefix === "string"
        ? undefined
        : invalid("prefix", `prefix: ${show(prefix)} is not a string. Write prefix: "wsorigin:".`),
      millisecondsProblem("timeout", read("timeout"), maxTimeout, 2000),
    ];
  });
  return new RedisStore(options);
}

class RedisStore implements TicketStore {
  readonly #client: Connection;
  readonly #subscriber: RedisSubscriber | undefined;
  readonly #prefix: string;
  readonly #timeout: number;
  readonly #feeds = new Set<Feed>();

  constructor({ client, subscriber, prefix = "wsorigin:", timeout = 2000 }: RedisStoreOptions) {
    this.#client = new Connection(client, timeout);
    this.#subscriber = subscriber;
    this.#prefix = prefix;
    this.#timeout = timeout;
  }

  async put(hash: string, value: string, ttl: number): Promise<void> {
    await this.#client.send(["SET", this.#ticket(hash), value, "PX", String(Math.ceil(ttl) + linger)]);
  }

  async take(hash: string): Promise<Taken | undefined> {
    // A socket must not open before this process knows where in the stream its revocations start.
    await Promise.all([...this.#feeds].map((feed) => feed.begun()));
    const key = this.#ticket(hash);
    const [left, value] = await this.#client.send(["PTTL", key], ["GETDEL", key]);
    if (value === null || value === undefined) return undefined;
    return Number(left) > linger ? { value: textOf(value) } : { expired: true };
  }

  async revoke(revocation: Revocation, keep: number): Promise<void> {
    await this.#client.send(
      ["SET", this.#mark(revocation), newName(), "PX", String(keep)],
      ["XADD", this.#stream, "MAXLEN", "~", String(remembered), "*", "revocation", JSON.stringify(revocation)],
    );
    // Announces that there is something to read. A process that misses the message reads it later.
    await this.#client.send(["PUBLISH", this.#stream, ""]);
    // The process that revokes has received its own revocation when this resolves.
    await Promise.allSettled([...this.#feeds].map((feed) => feed.read()));
  }

  async latest(of: readonly Revocation[]): Promise<readonly (string | undefined)[]> {
    const names = await this.#client.send(...of.map((revocation) => ["GET", this.#mark(revocation)] as const));
    return names.map((name) => (name === null || name === undefined ? undefined : textOf(name)));
  }

  subscribe(deliver: (revocation: Revocation) => void): () => Promise<void> {
    const subscriber = this.#subscriber;
    if (subscriber === undefined)
      throw new Error(
        "redisStore() has no subscriber, so that it cannot receive revocations. Pass a second client: redisStore({ client, subscriber: client.duplicate() }).",
      );
    const feed = new Feed(this.#stream, this.#client, deliver);
    const nudge = (): void => void feed.read().catch(() => {});
    feed.start(new Connection(subscriber, this.#timeout), channelOf(subscriber, this.#stream, nudge));
    this.#feeds.add(feed);
    return async () => {
      this.#feeds.delete(feed);
      await feed.stop();
    };
  }

  #ticket(hash: string): string {
    return `${this.#prefix}ticket:${hash}`;
  }

  /** Hashed, because a subject or a session can be of any length. */
  #mark(revocation: Revocation): string {
    return `${this.#prefix}revoked:${createHash("sha256").update(markOf(revocation)).digest("hex")}`;
  }

  /** The name of the stream, and of the channel that announces new entries. */
  get #stream(): string {
    return `${this.#prefix}revocations`;
  }
}
