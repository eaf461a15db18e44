import cors from "@koa/cors";
import Koa from "koa";
import { describe, expect, test } from "vitest";
import { corsOptions, type Policy } from "../src/index.ts";
import { askCors, describeCorsOptions } from "../../testing/test/cors.ts";
import { page, policy, startApp } from "./support.ts";

async function api(shared: () => Policy<unknown>): Promise<number> {
  const app = new Koa();
  app.use(cors({ origin: (ctx) => corsOptions(shared()).origin(ctx), credentials: true }));
  app.use((ctx) => void (ctx.body = { ok: true }));
  return (await startApp(app)).port;
}

describe("corsOptions", () => {
  test.each(["GET", "OPTIONS"] as const)(
    "%s: a listed origin is reflected, others get nothing, Vary either way",
    async (method) => {
      const app = new Koa();
      app.use(cors({ ...corsOptions(policy), credentials: true }));
      app.use((ctx) => void (ctx.body = { ok: true }));
      const { port } = await startApp(app);
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
        expect(seen.status).toBe(200);
      }
    },
  );
});

describeCorsOptions("koa", api);
