import { once } from "node:events";
import { createServer } from "node:http";
import { bearerHeader, createPolicy, grant, refuse } from "@wsorigin/core";
import { guard } from "@wsorigin/node";
import { handshake } from "@wsorigin/testing";
import { RateLimiterRedis } from "rate-limiter-flexible";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { installed, needsRedis, RedisServer } from "./redis.ts";
import { type Clients, connect, page } from "./support.ts";

needsRedis();

describe.runIf(installed).each(["redis", "ioredis"] as const)("failures counted with %s", (library) => {
  let redis: RedisServer;
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.remove());
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** A gate of one process. Returns what it answers to a token. */
  async function start({ client }: Clients, errors: unknown[]): Promise<(token: string) => Promise<unknown>> {
    const verify = (token: string) => (token === "good" ? grant({ principal: token }) : refuse("invalid"));
    const policy = createPolicy<string>({ origins: [page], token: { from: [bearerHeader()], verify } });
    const server = createServer();
    const useRedisPackage = library === "redis";
    const gate = guard(server, {
      policy,
      log: false,
      onError: (error) => void errors.push(error),
      maxFailures: {
        count: 2,
        seconds: 60,
        limiter: (options) => new RateLimiterRedis({ ...options, storeClient: client, useRedisPackage }),
      },
    });
    gate.route("/chat", () => {});
    await once(server.listen(0, "127.0.0.1"), "listening");
    closing.push(async () => {
      await gate.close({ timeout: 100 });
      await new Promise((resolve) => server.close(resolve));
    });
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    return async (token) => {
      const headers = [["Authorization", `Bearer ${token}`]] as const;
      const { status, frames } = await handshake({ port }, { path: "/chat", origin: page, headers });
      frames?.destroy();
      return status;
    };
  }

  test("two processes count together, and tokens that are accepted do not count", async () => {
    const errors: unknown[] = [];
    const clients = await Promise.all([connect(library, redis), connect(library, redis)]);
    closing.push(() => clients.map(({ close }) => close()));
    const [here, there] = await Promise.all(clients.map((each) => start(each, errors)));
    const answers: unknown[] = [];
    for (const [ask, token] of [
      [here, "good"],
      [here, "bad"],
      [there, "good"],
      [there, "bad"],
      [here, "bad"],
      [there, "good"],
    ] as const)
      answers.push(await ask?.(token));
    expect(answers).toEqual([101, 401, 101, 401, 429, 429]);
    expect(errors).toEqual([]);
  });
});
