import { afterAll, beforeAll, describe } from "vitest";
import { installed, missingRedis, RedisServer } from "./redis.ts";
import { describeTickets } from "./suite.ts";
import { memoryApp, redisApp } from "./support.ts";

describe("in memory", () => describeTickets(() => memoryApp()));

describe("in Redis", () => {
  if (!installed) return missingRedis();
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.remove());

  describe.each(["redis", "ioredis"] as const)("with %s", (library) =>
    describeTickets(() => redisApp(library, () => server)),
  );
});
