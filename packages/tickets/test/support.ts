import { createHash } from "node:crypto";
import { createPolicy, type Decision, queryParam } from "@wsorigin/core";
import * as ioredis from "ioredis";
import { createClient } from "redis";
import { memoryStore, type RedisClient, redisStore, type RedisSubscriber, type Tickets } from "../src/index.ts";
import { createTickets, type TicketStore } from "../src/index.ts";
import type { RedisServer } from "./redis.ts";

export interface User {
  readonly name: string;
}

export const ada: User = { name: "Ada" };
export const page = "https://app.example";
export const otherPage = "https://other.example";

/** What a policy decides on a handshake from a page that has the ticket in its query. */
export function decide(
  tickets: Pick<Tickets<User>, "verify">,
  ticket: string,
  { origin = page, signal }: { readonly origin?: string; readonly signal?: AbortSignal } = {},
): Promise<Decision<User>> {
  const policy = createPolicy({
    origins: [page, otherPage],
    token: { from: [queryParam("ticket")], verify: tickets.verify },
  });
  return policy.decide({ headers: { origin }, url: `/chat?ticket=${encodeURIComponent(ticket)}` }, { signal });
}

/** The context of a `verify` that is called without a policy. */
export function asked(origin: string | undefined = page): { origin: string | undefined; signal: AbortSignal } {
  return { origin, signal: new AbortController().signal };
}

export async function codeOf(decision: Promise<Decision<unknown>>): Promise<string> {
  return (await decision).code;
}

export function hashOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("hex");
}

/** Version 4 of ioredis exports the class as the default only. */
export const Redis: typeof ioredis.Redis = "Redis" in ioredis ? ioredis.Redis : Reflect.get(ioredis, "default");

export type Library = "redis" | "ioredis";

/** The clients of one process of an app: connected, with the listeners that the app owes them. */
export interface Clients {
  readonly client: RedisClient;
  readonly subscriber: RedisSubscriber;
  /** Sends a command, in words. */
  readonly command: (...words: readonly [string, ...string[]]) => Promise<unknown>;
  readonly close: () => void;
}

/** @param before what the subscriber connects to: Redis itself, or what stands before it */
export async function connect(
  library: Library,
  { url }: { readonly url: string },
  before: { url: string } = { url },
): Promise<Clients> {
  if (library === "ioredis") {
    const client = new Redis(url, { retryStrategy: () => 20 });
    const subscriber = new Redis(before.url, { retryStrategy: () => 20 });
    for (const each of [client, subscriber]) each.on("error", () => {});
    await Promise.all([client.ping(), subscriber.ping()]);
    return {
      client,
      subscriber,
      command: (name, ...args) => client.call(name, ...args),
      close: () => {
        client.disconnect();
        subscriber.disconnect();
      },
    };
  }
  const client = createClient({ url, socket: { reconnectStrategy: () => 20 } });
  const subscriber = createClient({ url: before.url, socket: { reconnectStrategy: () => 20 } });
  for (const each of [client, subscriber]) each.on("error", () => {});
  await Promise.all([client.connect(), subscriber.connect()]);
  return {
    client,
    subscriber,
    command: (...words) => client.sendCommand(words),
    close: () => {
      end(client);
      end(subscriber);
    },
  };
}

/** Closes a client of redis at once: with `destroy()` since version 5, with `disconnect()` before. */
function end(client: { readonly destroy: () => void }): void {
  const close: unknown = Reflect.get(client, "destroy") ?? Reflect.get(client, "disconnect");
  // It rejects the commands that wait for an answer.
  if (typeof close === "function") Promise.resolve(Reflect.apply(close, client, [])).catch(() => {});
}

/** What the processes of one app share. */
export interface App {
  /** The tickets of one more process. */
  readonly open: (options?: { readonly ttl?: number }) => Promise<Tickets<User>>;
  readonly close: () => Promise<void>;
}

/** An app whose processes share memory: it has one process. */
export function memoryApp(store: TicketStore = memoryStore()): App {
  const opened: Tickets<User>[] = [];
  return {
    async open(options) {
      const tickets = createTickets<User>({ store, ...options });
      opened.push(tickets);
      return tickets;
    },
    close: async () => void (await Promise.all(opened.map((tickets) => tickets.close()))),
  };
}

let apps = 0;

/** An app whose processes share a Redis server, where it has a prefix of its own. */
export function redisApp(library: Library, server: () => RedisServer): App {
  const prefix = `app${++apps}:`;
  const opened: (() => Promise<void>)[] = [];
  return {
    async open(options) {
      const { client, subscriber, close } = await connect(library, server());
      const tickets = createTickets<User>({ store: redisStore({ client, subscriber, prefix }), ...options });
      opened.push(async () => {
        await tickets.close();
        close();
      });
      return tickets;
    },
    close: async () => void (await Promise.all(opened.map((close) => close()))),
  };
}
