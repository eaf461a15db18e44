import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { until } from "@wsorigin/testing";
import { createPolicy, grant, type Policy, queryParam } from "@wsorigin/core";
import { afterAll, beforeAll, describe, expect, test, type TestContext } from "vitest";
import { identityOf } from "../../../../packages/node/src/index.ts";
import type { Guarded, StartGuarded } from "../../../../packages/testing/test/guarded.ts";
import { createTickets, redisStore, type Tickets } from "../../../../packages/tickets/src/index.ts";
import { installed, needsRedis, RedisServer } from "../../../../packages/tickets/test/redis.ts";
import { type Clients, connect as connectRedis } from "../../../../packages/tickets/test/support.ts";
import { adapters } from "./adapters.ts";
import { type Client, libraries, type Library, page } from "./libraries.ts";

/** How long a renewed grant lasts, in milliseconds. */
const lifetime = 300;

/** What nothing here exceeds, however busy the machine is. Within a second otherwise. */
const tooLate = 10_000;

const marked = Symbol("before ran");

interface Cell extends Guarded<unknown> {
  /** The requests that the library has handed out. */
  readonly requests: readonly IncomingMessage[];
  readonly connect: (name: string) => Promise<Client>;
}

needsRedis();
describe.runIf(installed).concurrent("a library behind an adapter", () => {
  let redis: RedisServer;
  let clients: Clients;
  let tickets: Tickets<unknown>;
  let other: ChildProcess;
  /** The tickets that renew a grant, with the time at which that one expires. */
  const renewals = new Map<string, number>();

  beforeAll(async () => {
    redis = await RedisServer.start();
    clients = await connectRedis("redis", redis);
    tickets = createTickets({ store: redisStore({ client: clients.client, subscriber: clients.subscriber }) });
    const packages = join(import.meta.dirname, "../../../../packages/tickets");
    const args = [join(packages, "dist/index.js"), redis.url];
    other = fork(join(packages, "test/fixtures/revoker.mjs"), args, { execArgv: [] });
    await once(other, "message");
  });
  afterAll(async () => {
    const exit = once(other, "exit");
    other.disconnect();
    await exit;
    await tickets.close();
    clients.close();
    await redis.remove();
  });

  /** A policy whose tickets are in Redis. */
  function makePolicy(mode: "enforce" | "report"): Policy<unknown> {
    return createPolicy<unknown>({
      origins: [page],
      mode,
      token: {
        from: [queryParam("ticket")],
        async verify(ticket, context) {
          const verified = await tickets.verify(ticket, context);
          if (!("principal" in verified && renewals.has(ticket))) return verified;
          const expiresAt = Date.now() + lifetime;
          renewals.set(ticket, expiresAt);
          return grant({ principal: verified.principal, subject: verified.subject, expiresAt });
        },
      },
    });
  }

  async function start(
    library: Library,
    startAdapter: StartGuarded<unknown>,
    mode: "enforce" | "report" = "enforce",
  ): Promise<Cell> {
    const requests: IncomingMessage[] = [];
    let end: () => unknown = () => {};
    const guarded = await startAdapter({
      policy: makePolicy(mode),
      revocations: tickets,
      before(request) {
        Reflect.set(request, marked, true);
        return undefined;
      },
      attach: (server, gate) => void (end = library.attach(server, gate, (request) => void requests.push(request))),
    });
    const connect = async (name: string): Promise<Client> => {
      const ticket = await tickets.issue({ principal: name, subject: name, origin: page });
      return library.connect(guarded.port, ticket);
    };
    return {
      ...guarded,
      requests,
      connect,
      async close() {
        await guarded.close();
        await end();
      },
    };
  }

  describe.each(adapters)("%s", (_name, startAdapter, hasBefore) => {
    describe.each(libraries.map((library) => [library.name, library] as const))("%s", (_library, library) => {
      let cell: Cell;
      let names = 0;

      beforeAll(async () => {
        cell = await start(library, startAdapter);
      });
      afterAll(() => cell.close());

      /** A name that no other user of the cell has. */
      const newName = (): string => `${_name} ${library.name} ${names++}`;

      const named =
        (name: string) =>
        ({ principal }: { readonly principal: unknown }): boolean =>
          principal === name;

      async function opened({ onTestFinished }: TestContext, name: string, on = cell): Promise<Client> {
        const client = await on.connect(name);
        onTestFinished(() => client.end());
        expect(await client.use()).toBe("hello");
        return client;
      }

      test("is one of the connections, identityOf() knows its request, and `before` has run", async (context) => {
        const name = newName();
        await opened(context, name);
        expect([...cell.gate.connections].filter(named(name))).toMatchObject([
          { origin: page, principal: name, route: undefined, ip: "127.0.0.1" },
        ]);
        const request = cell.requests.find((request) => identityOf(request)?.principal === name);
        expect(identityOf(request)).toMatchObject({ origin: page, ip: "127.0.0.1", decision: { allowed: true } });
        expect(Reflect.get(Object(request), marked)).toBe(hasBefore ? true : undefined);
      });

      /** Renews a user's grant for a short time. Returns when it expires. */
      async function renew(name: string, { requests } = cell): Promise<number> {
        const request = requests.find((request) => identityOf(request)?.principal === name);
        let expiresAt = Infinity;
        await until(async () => {
          const ticket = await tickets.issue({ principal: name, subject: name, origin: page });
          renewals.set(ticket, Infinity);
          // On a busy machine the grant may have expired already.
          const decision = await identityOf(request)?.refresh(ticket);
          expiresAt = renewals.get(ticket) ?? Infinity;
          return decision?.allowed === true;
        }, "the grant is renewed");
        return expiresAt;
      }

      test("is closed when its grant expires, and not before", async (context) => {
        const name = newName();
        const client = await opened(context, name);
        const expiresAt = await renew(name);
        expect(await client.closed).toBe(library.code(4401));
        const late = Date.now() - expiresAt;
        await context.annotate(`${late} ms after its expiry`);
        // A timer of Node may fire up to a millisecond early.
        expect(late).toBeGreaterThanOrEqual(-1);
        expect(late).toBeLessThan(tooLate);
      });

      test("is closed by a revocation in another process, and no other socket is", async (context) => {
        const [ada, bob] = [newName(), newName()];
        const [revoked, spared] = await Promise.all([opened(context, ada), opened(context, bob)]);
        const begin = Date.now();
        other.send({ subject: ada });
        expect(await revoked.closed).toBe(library.code(4401));
        const took = Date.now() - begin;
        await context.annotate(`${took} ms after the revocation`);
        expect(took).toBeLessThan(tooLate);
        await until(() => ![...cell.gate.connections].some(named(ada)), "it is not listed any more");
        expect(await spared.use()).toBe("hello");
      });

      test("is closed by disconnect(), and no other socket is", async (context) => {
        const [ada, bob] = [newName(), newName()];
        const [chosen, spared] = await Promise.all([opened(context, ada), opened(context, bob)]);
        expect(cell.gate.disconnect(named(ada), 4409, "elsewhere")).toBe(1);
        expect(await chosen.closed).toBe(library.code(4409));
        expect(await spared.use()).toBe("hello");
      });

      test("is closed when its gate closes", async (context) => {
        const own = await start(library, startAdapter);
        context.onTestFinished(() => own.close());
        const client = await opened(context, newName(), own);
        const [closed] = await Promise.all([client.closed, own.gate.close()]);
        expect(closed).toBe(library.code(1001));
        expect(own.gate.connections.size).toBe(0);
      });

      test("is not closed where the policy only reports", async (context) => {
        const own = await start(library, startAdapter, "report");
        context.onTestFinished(() => own.close());
        const name = newName();
        const client = await opened(context, name, own);
        let isClosed = false;
        void client.closed.then(() => (isClosed = true));
        const end = await renew(name, own);
        await tickets.revoke({ subject: name });
        await until(() => Date.now() > end, "its grant is over");
        expect(await client.use()).toBe("hello");
        expect(isClosed).toBe(false);
      });
    });
  });
});
