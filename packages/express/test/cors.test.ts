import cors, { type CorsOptions } from "cors";
import { describe, expect, test } from "vitest";
import { corsOptions } from "../src/index.ts";
import { askCors, describeCorsOptions } from "../../testing/test/cors.ts";
import { majors } from "./majors.ts";
import { page, policy, startApp } from "./support.ts";

for (const { name, express } of majors) {
  const api = async (options: CorsOptions): Promise<number> => {
    const app = express();
    app.use(cors({ ...options, credentials: true }));
    app.get("/api", (_request, response) => void response.json({ ok: true }));
    return (await startApp(app)).port;
  };

  describe(`${name}: corsOptions`, () => {
    test.each(["GET", "OPTIONS"] as const)(
      "%s: a listed origin is reflected, others get nothing, Vary either way",
      async (method) => {
        const port = await api(corsOptions(policy));
        expect(await askCors(port, method, page)).toMatchObject({
          allowed: page,
          vary: expect.stringMatching(/\bOrigin\b/),
          credentials: "true",
        });
        for (const origin of ["https://evil.test", "null", `${page}.evil.test`, null]) {
          const seen = await askCors(port, method, origin);
          expect(seen.allowed).toBeUndefined();
          expect(seen.vary).toMatch(/\bOrigin\b/);
          expect(seen.status).toBe(method === "GET" ? 200 : 204);
        }
      },
    );
  });

  describeCorsOptions(name, (shared) =>
    api({ origin: (origin, callback) => void corsOptions(shared()).origin(origin, callback) }),
  );
}
