export { TicketsError } from "./errors.ts";
export type { TicketsIssue, TicketsIssueCode } from "./errors.ts";
export { memoryStore } from "./memory-store.ts";
export type { MemoryStoreOptions } from "./memory-store.ts";
export type {
  IoRedisClient,
  IoRedisSubscriber,
  NodeRedisClient,
  NodeRedisSubscriber,
  RedisClient,
  RedisSubscriber,
} from "./redis-client.ts";
export { redisStore } from "./redis-store.ts";
export type { RedisStoreOptions } from "./redis-store.ts";
export type { Revocation, Taken, TicketStore } from "./store.ts";
export { createTickets } from "./tickets.ts";
export type { Tickets, TicketRequest, TicketsOptions } from "./tickets.ts";
