import { createServer, type Server } from "node:http";
import { createPolicy } from "@wsorigin/core";
import { describe, expect, test } from "vitest";

/** An adapter whose `guard()` takes an `app` and `before`. */
export interface GuardingAdapter {
  readonly guard: (...given: never[]) => unknown;
  readonly makeApp: () => { listen(port: number, host: string): Server };
  /** As the framework's own package for CORS makes it. */
  readonly corsMiddleware: unknown;
  /** What the message says about a value that is not an app, and about an app in place of its server. */
  readonly says: { readonly app: string; readonly server: string };
}

/** Tests what an adapter's `guard()` refuses at start, and what it takes. */
export function describeGuardOptions({ guard, makeApp, corsMiddleware, says }: GuardingAdapter): void {
  const policy = createPolicy({ origins: ["https://app.example"] });
  const start = (server: unknown, ...options: readonly object[]): unknown => {
    try {
      return Reflect.apply(guard, undefined, [server, ...options]);
    } catch (error) {
      return error;
    }
  };
  const startWith = (options: object): unknown =>
    start(createServer(), { app: makeApp(), policy, log: false, ...options });
  const refusal = (...issues: readonly (readonly [code: string, entry: string, text: string])[]): unknown => {
    const list = issues.map(([code, entry, text]) => ({ code, entry, message: expect.stringContaining(text) }));
    return expect.objectContaining({ name: "GateError", code: "ERR_WSORIGIN_GATE", issues: list });
  };

  describe("guard()", () => {
    test("refuses CORS middleware at start, and says what to do", () => {
      const error = startWith({ before: [corsMiddleware] });
      expect(error).toEqual(refusal(["middleware-cors", "before[0]", "corsOptions(policy)"]));
      expect(String(error)).toContain("before[0] is a CORS middleware (");
    });

    test("refuses a value that is not an app and one that is not a middleware, both at once", () => {
      expect(startWith({ app: createServer(), before: ["session"] })).toEqual(
        refusal(["app-invalid", "app", says.app], ["middleware-invalid", "before[0]", "must be a middleware function"]),
      );
    });

    test.each<[string, object, readonly [string, string, string]]>([
      ["an unknown option", { orgins: [] }, ["option-unknown", "orgins", 'Unknown option "orgins". Valid options: ']],
      ["a missing policy", { policy: undefined }, ["option-missing", "policy", "`policy` is missing"]],
    ])("refuses %s", (_name, wrong, problem) => {
      expect(startWith(wrong)).toEqual(refusal(problem));
    });

    test("refuses a call without options, a second gate on the server, and the app in place of its server", () => {
      expect(start(createServer())).toEqual(refusal(["app-invalid", "app", says.app]));
      const options = { app: makeApp(), policy, log: false };
      const server = createServer();
      expect(start(server, options)).toHaveProperty("connections.size", 0);
      expect(start(server, options)).toEqual(refusal(["server-guarded", "server", "already guarded"]));
      expect(start(options.app, options)).toEqual(refusal(["server-invalid", "server", says.server]));
    });

    test("takes what app.listen() returns", async () => {
      const app = makeApp();
      const server = app.listen(0, "127.0.0.1");
      expect(start(server, { app, policy, log: false })).toHaveProperty("connections.size", 0);
      await new Promise((resolve) => server.close(resolve));
    });
  });
}
