import { hasMethods } from "./check.ts";

/** What is used of a client of `redis` (node-redis), version 5 or later. */
export interface NodeRedisClient {
  readonly isReady?: boolean;
  sendCommand(args: readonly string[]): Promise<unknown>;
  on(event: "ready", listener: () => void): unknown;
  off(event: "ready", listener: () => void): unknown;
}

/** What is used of a client of `ioredis`, version 5 or later. */
export interface IoRedisClient {
  readonly status?: string;
  call(command: string, ...args: string[]): Promise<unknown>;
  on(event: "ready", listener: () => void): unknown;
  off(event: "ready", listener: () => void): unknown;
}

/** A client of the app's: connected, reconnecting by itself, and with the app's own listener for `error`. */
export type RedisClient = NodeRedisClient | IoRedisClient;

/** What is used of a node-redis client that subscribes. */
export interface NodeRedisSubscriber extends NodeRedisClient {
  subscribe(channel: string, listener: () => void): Promise<unknown>;
  unsubscribe(channel: string, listener: () => void): Promise<unknown>;
}

/** What is used of an ioredis client that subscribes. */
export interface IoRedisSubscriber extends IoRedisClient {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: string, listener: (channel: string) => void): unknown;
  off(event: string, listener: (channel: string) => void): unknown;
}

/** A second client of the app's, of the same library: `client.duplicate()`. A connection that subscribes takes no other commands. */
export type RedisSubscriber = NodeRedisSubscriber | IoRedisSubscriber;

export function isClient(value: unknown): boolean {
  return hasMethods(value, ["on", "off", "sendCommand"]);
}

export function isSubscriber(value: unknown): boolean {
  return isClient(value) && hasMethods(value, ["subscribe", "unsubscribe"]);
}

/** `call` is ioredis's own. Both have a `sendCommand`, which takes something else in each. */
function isIoRedis<Io extends object>(client: Io | NodeRedisClient): client is Io {
  return hasMethods(client, ["call"]);
}

/**
 * A client, so used that nothing waits in its queue: while it is not connected no command is given to it, and whoever waits is let go in time.
 * Otherwise every refused handshake would leave a command there, and all would run when Redis is back.
 */
export class Connection {
  readonly #client: RedisClient;
  readonly #timeout: number;
  #connected: Promise<void> | undefined;

  constructor(client: RedisClient, timeout: number) {
    this.#client = client;
    this.#timeout = timeout;
  }

  /** Sends commands in this order, in one go. Rejects where one of them is refused, or where not all are answered in time. */
  send(...commands: readonly (readonly [string, ...string[]])[]): Promise<readonly unknown[]> {
    return this.run(() => Promise.all(commands.map((command) => this.#call(command))));
  }

  /** Does what needs a connection, as soon as there is one; rejects after the timeout. What it comes to later is lost. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    let over = false;
    let timer: NodeJS.Timeout | undefined;
    let waitsFor = "is not connected";
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        over = true;
        reject(new Error(`the Redis client ${waitsFor}, after ${this.#timeout} ms.`));
      }, this.#timeout);
    });
    const done = async (): Promise<T> => {
      if (!this.#isConnected()) await this.#connection();
      if (over) return late;
      waitsFor = "has had no answer";
      return work();
    };
    try {
      return await Promise.race([done(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  onConnected(listener: () => void): () => void {
    this.#client.on("ready", listener);
    return () => void this.#client.off("ready", listener);
  }

  #call(command: readonly [string, ...string[]]): Promise<unknown> {
    const [name, ...args] = command;
    const client = this.#client;
    return isIoRedis<IoRedisClient>(client) ? client.call(name, ...args) : client.sendCommand(command);
  }

  /** An ioredis client that "waits" connects with its first command. What tells nothing of itself is believed to be connected. */
  #isConnected(): boolean {
    const client = this.#client;
    if (isIoRedis<IoRedisClient>(client))
      return client.status === undefined || client.status === "ready" || client.status === "wait";
    return client.isReady !== false;
  }

  /** One listener, however many wait. */
  #connection(): Promise<void> {
    this.#connected ??= new Promise((resolve) => {
      const stop = this.onConnected(() => {
        stop();
        this.#connected = undefined;
        resolve();
      });
    });
    return this.#connected;
  }
}

/** A channel that is listened to. */
export interface Channel {
  /** Subscribes, as often as it is called: nothing is lost nor doubled by once more. */
  readonly subscribe: () => Promise<void>;
  readonly unsubscribe: () => Promise<void>;
}

/** What listens to a channel on either library's client. `nudge` hears of messages, not what they say. */
export function channelOf(subscriber: RedisSubscriber, channel: string, nudge: () => void): Channel {
  if (!isIoRedis<IoRedisSubscriber>(subscriber)) {
    return {
      subscribe: async () => void (await subscriber.subscribe(channel, nudge)),
      unsubscribe: async () => void (await subscriber.unsubscribe(channel, nudge)),
    };
  }
  // Its one event tells of every channel.
  const listener = (from: string): void => {
    if (from === channel) nudge();
  };
  subscriber.on("message", listener);
  return {
    subscribe: async () => void (await subscriber.subscribe(channel)),
    unsubscribe: async () => {
      subscriber.off("message", listener);
      await subscriber.unsubscribe(channel);
    },
  };
}
