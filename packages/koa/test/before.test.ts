import { createServer } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import cors from "@koa/cors";
import Koa from "koa";
import { describe, expect, test } from "vitest";
import { GateError, guard } from "../src/index.ts";
import { evil, firstMessage, page, policy, startApp } from "./support.ts";

async function run(before: readonly Koa.Middleware[], origin = page, deadline = 5000) {
  const started = await startApp(new Koa(), { before, deadline });
  started.gate.route("/chat", (socket, ctx) => socket.send(JSON.stringify(ctx.state)));
  const answer = await started.open("/chat", { origin });
  const first = answer.status === 101 ? await firstMessage(answer) : undefined;
  return { answer, first, code: started.events[0]?.decision.code, ...started };
}

describe("before", () => {
  test("runs in order, around what follows, and before the handler", async () => {
    const calls: string[] = [];
    const named =
      (name: string): Koa.Middleware =>
      async (ctx, next) => {
        calls.push(`${name} in`);
        await turn();
        ctx.state[name] = true;
        await next();
        calls.push(`${name} out`);
      };
    const { first } = await run([named("one"), named("two")]);
    expect(first).toBe('{"one":true,"two":true}');
    expect(calls).toEqual(["one in", "two in", "two out", "one out"]);
  });

  test("one that works after next(), as sessions do, has ended before the socket opens", async () => {
    const { first } = await run([
      async (ctx, next) => {
        ctx.state["user"] = ctx.cookies.get("sid") ?? "nobody";
        await next();
        await turn();
        ctx.state["saved"] = true;
        ctx.cookies.set("sid", "canary");
      },
    ]);
    expect(first).toBe('{"user":"nobody","saved":true}');
  });

  test("does not run for an Origin that the policy refuses", async () => {
    let ran = false;
    const { answer } = await run(
      [
        (_ctx, next) => {
          ran = true;
          return next();
        },
      ],
      evil,
    );
    expect(answer.status).toBe(403);
    expect(ran).toBe(false);
  });

  test.each<[string, Koa.Middleware]>([
    ["does not call next()", () => {}],
    [
      "answers",
      (ctx) => {
        ctx.status = 401;
        ctx.body = { secret: 1 };
      },
    ],
    ["redirects", (ctx) => ctx.redirect("/login")],
    ["throws a 401", (ctx) => ctx.throw(401, "secret")],
    [
      "throws a 403 after next()",
      async (ctx, next) => {
        await next();
        ctx.throw(403, "secret");
      },
    ],
  ])("one that %s refuses, and its answer is not sent", async (_name, middleware) => {
    const { answer, code, errors } = await run([middleware]);
    expect(code).toBe("middleware-refused");
    expect(answer.raw.toString()).toBe(
      "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 9\r\n\r\nForbidden",
    );
    expect(errors).toEqual([]);
  });

  test.each<[string, Koa.Middleware]>([
    [
      "throws",
      () => {
        throw new Error("boom");
      },
    ],
    [
      "rejects after next()",
      async (_ctx, next) => {
        await next();
        throw new Error("boom");
      },
    ],
    [
      "throws what is no refusal",
      () => {
        throw Object.assign(new Error("boom"), { status: 200 });
      },
    ],
    ["throws a 500", (ctx) => ctx.throw(500, "boom", { expose: false })],
  ])("one that %s refuses with 503, and is told of", async (_name, middleware) => {
    const { answer, code, errors } = await run([middleware]);
    expect([answer.status, code]).toEqual([503, "middleware-failed"]);
    expect(errors.map((error) => error instanceof Error && error.message)).toEqual(["boom"]);
  });

  test("one that calls next() twice is a fault of the app's", async () => {
    const { answer, errors } = await run([
      async (_ctx, next) => {
        await next();
        await next();
      },
    ]);
    expect(answer.status).toBe(503);
    expect(errors.map(String)).toEqual(["Error: next() called multiple times"]);
  });

  test.each([page, evil])("a cookie that one sets is sent with no answer, to %s", async (origin) => {
    const { answer } = await run(
      [
        (ctx, next) => {
          ctx.cookies.set("sid", "canary");
          return next();
        },
      ],
      origin,
    );
    expect(answer.raw.toString()).not.toMatch(/canary|set-cookie/i);
  });

  test("one that never ends runs into the deadline", async () => {
    const { answer, code } = await run([() => new Promise(() => {})], page, 60);
    expect([answer.status, code]).toEqual([503, "timed-out"]);
  });
});

describe("guard", () => {
  const start = (options: object): unknown => {
    try {
      return Reflect.apply(guard, undefined, [createServer(), options]);
    } catch (error) {
      return error;
    }
  };

  test("refuses @koa/cors at start, and says what to do", () => {
    const error = start({ app: new Koa(), policy, before: [cors()] });
    expect(error).toBeInstanceOf(GateError);
    expect(String(error)).toMatch(/before\[0\] is a CORS middleware .*corsOptions\(policy\)/);
  });

  test("refuses what is no middleware and what is no app, all at once", () => {
    const error = start({ app: createServer(), policy, before: ["session"] });
    expect(error).toBeInstanceOf(GateError);
    expect(String(error)).toMatch(/app is missing/);
    expect(String(error)).toMatch(/before\[0\] is no middleware/);
  });

  test.each<[string, object, RegExp]>([
    ["an unknown option", { orgins: [] }, /"orgins" is no option/],
    ["a missing policy", { policy: undefined }, /policy is missing/],
  ])("refuses %s", (_name, wrong, message) => {
    const error = start({ app: new Koa(), policy, ...wrong });
    expect(error).toBeInstanceOf(GateError);
    expect(String(error)).toMatch(message);
  });

  test("refuses a call without options, and a second gate on the server", () => {
    expect(() => Reflect.apply(guard, undefined, [createServer()])).toThrow(/app is missing/);
    const server = createServer();
    guard(server, { app: new Koa(), policy });
    expect(() => guard(server, { app: new Koa(), policy })).toThrow(/has a gate already/);
  });

  test("an app's own middleware, @koa/cors and all, never meets a handshake", async () => {
    const app = new Koa();
    let ran = 0;
    app.use((_ctx, next) => {
      ran++;
      return next();
    });
    app.use(cors({ origin: (ctx) => ctx.throw(500, "never") }));
    app.use((ctx) => void (ctx.body = "http"));
    const { open, gate } = await startApp(app);
    gate.route("/chat", (socket) => socket.send("open"));
    expect(await firstMessage(await open("/chat"))).toBe("open");
    expect((await open("/chat", { origin: evil })).status).toBe(403);
    expect((await open("/chat", { origin: null })).status).toBe(403);
    expect((await open("/other")).status).toBe(404);
    expect(ran).toBe(0);
  });
});
