import cors from "@fastify/cors";
import { handshake, handshakeOf, originCases, policyOptionsOf } from "@wsorigin/testing";
import Fastify from "fastify";
import { describe, expect, test } from "vitest";
import { corsOptions, createPolicy, type Policy, wsorigin } from "../src/index.ts";
import { closeLater, listen, page, policy } from "./support.ts";

interface Seen {
  readonly status: number | undefined;
  readonly allowed: string | undefined;
  readonly vary: string | undefined;
  readonly credentials: string | undefined;
}

/** What a browser would see of a request from a page: with `OPTIONS`, its preflight. */
async function ask(port: number, method: "GET" | "OPTIONS", origin: string | null | readonly string[]): Promise<Seen> {
  const answer = await handshake(
    { port },
    {
      path: "/api",
      method,
      origin,
      omit: ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"],
      headers: [
        ["Connection", "close"],
        ...(method === "OPTIONS" ? [["Access-Control-Request-Method", "POST"] as const] : []),
      ],
    },
  );
  return {
    status: answer.status,
    allowed: answer.header("Access-Control-Allow-Origin"),
    vary: answer.header("Vary"),
    credentials: answer.header("Access-Control-Allow-Credentials"),
  };
}

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
      expect(await ask(port, method, page)).toMatchObject({
        status: method === "GET" ? 200 : 204,
        allowed: page,
        vary: expect.stringMatching(/\bOrigin\b/),
        credentials: "true",
      });
      for (const origin of ["https://evil.test", "null", `${page}.evil.test`, null]) {
        const seen = await ask(port, method, origin);
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
    expect(await ask(port, "GET", page)).toMatchObject({ status: 200, allowed: undefined });
  });

  test("two Origin lines get nothing", async () => {
    expect((await ask(await api(() => policy), "GET", [page, page])).allowed).toBeUndefined();
  });

  test("asks the directory too, and allows nothing when it fails", async () => {
    const directory = {
      async has(origin: string) {
        if (origin.includes("broken")) throw new Error("down");
        return origin === "https://tenant.example";
      },
    };
    const shared = createPolicy({ directory });
    const port = await api(() => shared);
    expect((await ask(port, "OPTIONS", "https://tenant.example")).allowed).toBe("https://tenant.example");
    expect((await ask(port, "OPTIONS", "https://other.example")).allowed).toBeUndefined();
    expect((await ask(port, "OPTIONS", "https://broken.example")).allowed).toBeUndefined();
  });
});

describe("corsOptions and the policy agree on the corpus", () => {
  // What HTTP CORS has no counterpart for: the same host needs no CORS, and a request without an Origin asks for none.
  const rows = originCases.filter((row) => row.policy.sameOrigin !== true && row.origin !== null);

  test("over the wire", async () => {
    let shared = policy;
    const port = await api(() => shared);
    let asked = 0;
    for (const row of rows) {
      try {
        shared = createPolicy(policyOptionsOf(row));
      } catch {
        continue;
      }
      const seen = await ask(port, "GET", row.origin);
      // Node's parser refuses some values itself, and strips the white space around others.
      if (seen.status !== 200) continue;
      asked++;
      const trimmed =
        typeof row.origin === "string" ? { ...row, origin: row.origin.replace(/^[ \t]+|[ \t]+$/g, "") } : row;
      expect(seen.allowed !== undefined, `${JSON.stringify(row.origin)}: ${row.why}`).toBe(
        shared.check(handshakeOf(trimmed)).allowed,
      );
    }
    expect(asked).toBeGreaterThan(200);
  });
});
