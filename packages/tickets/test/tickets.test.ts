import { afterAll, beforeAll, describe } from "vitest";
import { installed, needsRedis, RedisServer } from "./redis.ts";
import { describeTickets } from "./suite.ts";
import { memoryApp, redisApp } from "./support.ts";

describe("in memory", () => {
  describeTickets(() => memoryApp());
});

needsRedis();
describe.runIf(installed)("in Redis", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.remove());

  describe.each(["redis", "ioredis"] as const)("with %s", (library) => {
    describeTickets(() => redisApp(library, () => server));
  });
});
