import { createPolicy, type Policy, queryParam, type TokenOptions } from "@wsorigin/core";
import type { RevocationSource } from "@wsorigin/node";
import type { Redis } from "ioredis";
import { createClient } from "redis";
import { expectTypeOf, test } from "vitest";
import {
  createTickets,
  memoryStore,
  redisStore,
  type RedisClient,
  type RedisSubscriber,
  type Revocation,
  type Tickets,
  type TicketStore,
} from "../src/index.ts";

interface User {
  readonly name: string;
}

const page = "https://app.example";
const tickets = createTickets<User>();

test("the principal's type flows to the policy", () => {
  expectTypeOf(tickets).toEqualTypeOf<Tickets<User>>();
  expectTypeOf(tickets.verify).toExtend<TokenOptions<User>["verify"]>();
  const policy = createPolicy({ origins: [page], token: { from: [queryParam("ticket")], verify: tickets.verify } });
  expectTypeOf(policy).toEqualTypeOf<Policy<User>>();
});

test("issue takes a principal of that type, and an Origin as a request has it", () => {
  const origin: string | undefined = page;
  expectTypeOf(tickets.issue({ principal: { name: "Ada" }, origin })).toEqualTypeOf<Promise<string>>();
  // @ts-expect-error
  void tickets.issue({ principal: { title: "Ada" }, origin });
  // @ts-expect-error
  void tickets.issue({ principal: { name: "Ada" } });
});

test("a revocation has exactly one name", () => {
  void tickets.revoke({ subject: "ada" });
  // @ts-expect-error
  void tickets.revoke({});
  // @ts-expect-error
  void tickets.revoke({ subject: "ada", id: "x" });
  tickets.subscribe(({ subject, session, id }) => {
    expectTypeOf(subject).toEqualTypeOf<string | undefined>();
    expectTypeOf(session).toEqualTypeOf<string | undefined>();
    expectTypeOf(id).toEqualTypeOf<string | undefined>();
  });
});

test("a gate accepts tickets as its revocation source", () => {
  expectTypeOf<Tickets<User>>().toExtend<RevocationSource>();
  expectTypeOf<Revocation>().toExtend<Parameters<Parameters<RevocationSource["subscribe"]>[0]>[0]>();
});

test("the clients of both libraries fit", () => {
  const client = createClient();
  expectTypeOf(client).toExtend<RedisClient>();
  expectTypeOf(client.duplicate()).toExtend<RedisSubscriber>();
  expectTypeOf<Redis>().toExtend<RedisClient>();
  expectTypeOf<Redis>().toExtend<RedisSubscriber>();
  expectTypeOf(redisStore({ client, subscriber: client.duplicate() })).toEqualTypeOf<TicketStore>();
  expectTypeOf(memoryStore()).toEqualTypeOf<TicketStore>();
  // @ts-expect-error
  redisStore({});
});
