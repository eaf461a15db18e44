import { createPolicy, type Policy } from "@wsorigin/core";
import { describe, expect, test } from "vitest";
import { handshake, handshakeOf, originCases, policyOptionsOf } from "../src/index.ts";

/** What a browser would see of an answer. */
export interface CorsAnswer {
  readonly status: number | undefined;
  readonly allowed: string | undefined;
  readonly vary: string | undefined;
  readonly credentials: string | undefined;
}

/** Asks `/api` as a page would: with `OPTIONS`, its preflight. */
export async function askCors(
  port: number,
  method: "GET" | "OPTIONS",
  origin: string | null | readonly string[],
): Promise<CorsAnswer> {
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

/**
 * What `corsOptions` must do whatever the framework. `serve` starts an app that answers `GET /api` with 200, its CORS middleware asking the policy that is
 * given at the time of each request.
 */
export function describeCorsOptions(name: string, serve: (shared: () => Policy<unknown>) => Promise<number>): void {
  describe(`${name}: corsOptions shares one list`, () => {
    test("two Origin lines get nothing", async () => {
      const page = "https://app.example";
      const policy = createPolicy({ origins: [page] });
      const port = await serve(() => policy);
      expect((await askCors(port, "GET", page)).allowed).toBe(page);
      expect((await askCors(port, "GET", [page, page])).allowed).toBeUndefined();
    });

    test("asks the directory too, and allows nothing when it fails", async () => {
      const directory = {
        async has(origin: string) {
          if (origin.includes("broken")) throw new Error("down");
          return origin === "https://tenant.example";
        },
      };
      const policy = createPolicy({ directory });
      const port = await serve(() => policy);
      expect((await askCors(port, "OPTIONS", "https://tenant.example")).allowed).toBe("https://tenant.example");
      expect((await askCors(port, "OPTIONS", "https://other.example")).allowed).toBeUndefined();
      expect((await askCors(port, "OPTIONS", "https://broken.example")).allowed).toBeUndefined();
    });

    // What HTTP CORS has no counterpart for: the same host needs no CORS, and a request without an Origin asks for none.
    const rows = originCases.filter((row) => row.policy.sameOrigin !== true && row.origin !== null);

    test("agrees with the policy on the corpus, over the wire", async () => {
      let policy = createPolicy({ origins: [] });
      const port = await serve(() => policy);
      let asked = 0;
      for (const row of rows) {
        try {
          policy = createPolicy(policyOptionsOf(row));
        } catch {
          continue;
        }
        const seen = await askCors(port, "GET", row.origin);
        // Node's parser refuses some values itself, and strips the white space around others.
        if (seen.status !== 200) continue;
        asked++;
        const trimmed =
          typeof row.origin === "string" ? { ...row, origin: row.origin.replace(/^[ \t]+|[ \t]+$/g, "") } : row;
        expect(seen.allowed !== undefined, `${JSON.stringify(row.origin)}: ${row.why}`).toBe(
          policy.check(handshakeOf(trimmed)).allowed,
        );
      }
      expect(asked).toBeGreaterThan(200);
    });
  });
}
