import { hasMethods } from "./check.ts";

/** The used part of a client of `redis` (node-redis), version 4.7 or later. */
export interface NodeRedisClient {
  readonly isReady?: boolean;
  sendCommand(args: readonly string[]): Promise<unknown>;
  on(event: "ready", listener: () => void): unknown;
  off(event: "ready", listener: () => void): unknown;
}

/** The used part of a client of `ioredis`, version 4.31 or later. */
export interface IoRedisClient {
  readonly status?: string;
  call(command: string, ...args: string[]): Promise<unknown>;
  on(event: "ready", listener: () => void): unknown;
  off(event: "ready", listener: () => void): unknown;
}

/** The app's client: connected, reconnecting automatically, and with the app's own `error` listener. */
export type RedisClient = NodeRedisClient | IoRedisClient;

/** The used part of a node-redis client that subscribes. */
export interface NodeRedisSubscriber extends NodeRedisClient {
  subscribe(channel: string, listener: () => void): Promise<unknown>;
  unsubscribe(channel: string, listener: () => void): Promise<unknown>;
}

/** The used part of an ioredis client that subscribes. */
export interface IoRedisSubscriber extends IoRedisClient {
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  on(event: string, listener: (channel: string) => void): unknown;
  off(event: string, listener: (channel: string) => void): unknown;
}

/** A second client of the same library: `client.duplicate()`. A connection that subscribes accepts no other commands. */
export type RedisSubscriber = NodeRedisSubscriber | IoRedisSubscriber;

export function isClient(value: unknown): boolean {
  return hasMethods(value, ["on", "off", "sendCommand"]);
}

export function isSubscriber(value: unknown): boolean {
  return isClient(value) && hasMethods(value, ["subscribe", "unsubscribe"]);
}

/** Only ioredis has `call`. Both have a `sendCommand`, with different arguments. */
function isIoRedis<Io extends object>(client: Io | NodeRedisClient): client is Io {
  return hasMethods(client, ["call"]);
}

/**
 * Uses a client so that its queue stays empty: no command is sent while it is not connected, and waiting ends with a timeout. Otherwise every refused
 * handshake would leave a command there, and all would run when Redis is back.
 */
export class Connection {
  readonly #client: RedisClient;
  readonly #timeout: number;
  #connected: Promise<void> | undefined;

  constructor(client: RedisClient, timeout: number) {
    this.#client = client;
    this.#timeout = timeout;
  }

  /** Sends commands in this order, at once. Rejects if one fails, or if not all are answered in time. */
  send(...commands: readonly (readonly [string, ...string[]])[]): Promise<readonly unknown[]> {
    return this.run(() => Promise.all(commands.map((command) => this.#call(command))));
  }

  /** Runs work as soon as there is a connection; rejects after the timeout, and ignores a later result. */
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

  /** An ioredis client with the status "wait" connects with its first command. A client without a status counts as connected. */
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

/** A subscription to a channel. */
export interface Channel {
  /** Subscribes. Can be called again: no message is lost or doubled. */
  readonly subscribe: () => Promise<void>;
  readonly unsubscribe: () => Promise<void>;
}

/** Subscribes to a channel with a client of either library. `nudge` is called for each message, without its text. */
export function channelOf(subscriber: RedisSubscriber, channel: string, nudge: () => void): Channel {
  if (!isIoRedis<IoRedisSubscriber>(subscriber)) {
    return {
      subscribe: async () => void (await subscriber.subscribe(channel, nudge)),
      unsubscribe: async () => void (await subscriber.unsubscribe(channel, nudge)),
    };
  }
  // One event for all channels.
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
