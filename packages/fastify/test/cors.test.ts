import cors from "@fastify/cors";
import Fastify from "fastify";
import { describe, expect, test } from "vitest";
import { corsOptions, type Policy, wsorigin } from "../src/index.ts";
import { askCors, describeCorsOptions } from "../../testing/test/cors.ts";
import { closeLater, listen, page, policy } from "./support.ts";

async function api(shared: () => Policy<unknown>): Promise<number> {
  const app = Fastify();
  closeLater(app);
  await app.register(cors, {
    origin: (origin: string | undefined) => corsOptions(shared()).origin(origin),
    credentials: true,
  });
  app.get("/api", async () => ({ ok: true }));
  return (await listen(app)).port;
}

describe("corsOptions", () => {
  test.each(["GET", "OPTIONS"] as const)(
    "%s: a listed origin is reflected, others get nothing, Vary either way",
    async (method) => {
      const app = Fastify();
      closeLater(app);
      await app.register(cors, { ...corsOptions(policy), credentials: true });
      app.get("/api", async () => ({ ok: true }));
      const { port } = await listen(app);
      expect(await askCors(port, method, page)).toMatchObject({
        status: method === "GET" ? 200 : 204,
        allowed: page,
        vary: expect.stringMatching(/\bOrigin\b/),
        credentials: "true",
      });
      for (const origin of ["https://evil.test", "null", `${page}.evil.test`, null]) {
        const seen = await askCors(port, method, origin);
        expect([seen.allowed, seen.credentials]).toEqual([undefined, undefined]);
        expect(seen.vary).toMatch(/\bOrigin\b/);
        expect(seen.status).toBe(method === "GET" ? 200 : 404);
      }
    },
  );

  test("a route with a handler of each kind has no CORS headers", async () => {
    const app = Fastify();
    closeLater(app);
    await app.register(wsorigin, { policy, log: false });
    await app.register(cors, { ...corsOptions(policy), credentials: true });
    app.route({ method: "GET", url: "/api", handler: () => "http", wsHandler: () => {} });
    const { port } = await listen(app);
    expect(await askCors(port, "GET", page)).toMatchObject({ status: 200, allowed: undefined });
  });
});

describeCorsOptions("fastify", api);
