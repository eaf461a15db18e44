import { setImmediate as turn } from "node:timers/promises";
import cors from "@koa/cors";
import Koa from "koa";
import { describe, expect, test } from "vitest";
import { identityOf } from "../src/index.ts";
import { evil, firstMessage, page, startApp } from "./support.ts";

/** Has an ordinary response close its connection. */
const closing = { headers: [["Connection", "close"]] } as const;

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
    [
      "answers",
      (ctx) => {
        ctx.status = 401;
        ctx.body = { secret: 1 };
      },
    ],
    ["throws", (ctx) => ctx.throw(401, "secret")],
  ])("one that %s 401 refuses with that status, and its body is not sent", async (_name, middleware) => {
    const { answer, code, errors } = await run([middleware]);
    expect(code).toBe("middleware-refused");
    expect(answer.raw.toString()).toBe(
      "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 12\r\nWWW-Authenticate: Bearer\r\n\r\nUnauthorized",
    );
    expect(errors).toEqual([]);
  });

  test.each([
    [401, 401],
    [403, 403],
    [404, 404],
    [429, 429],
    [503, 503],
    [418, 403],
    [200, 403],
  ])("one that sets the status %i refuses with %i", async (status, sent) => {
    const { answer } = await run([(ctx) => void (ctx.status = status)]);
    expect(answer.status).toBe(sent);
  });

  test("runs for sockets that other listeners open, which find its ctx", async () => {
    const { server, open, events } = await startApp(new Koa(), {
      before: [
        async (ctx, next) => {
          if (ctx.query["user"] === undefined) ctx.throw(401);
          ctx.state["user"] = ctx.query["user"];
          await next();
        },
      ],
    });
    const users: unknown[] = [];
    server.on("upgrade", (request, socket) => {
      const ctx: { readonly state?: { readonly user?: unknown } } = Object(identityOf(request)?.request);
      users.push(ctx.state?.user);
      socket.end("HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n");
    });
    expect((await open("/own")).status).toBe(401);
    expect((await open("/own?user=ann")).status).toBe(418);
    expect(users).toEqual(["ann"]);
    expect(events[0]?.decision).toMatchObject({ code: "middleware-refused", status: 401 });
  });

  test.each<[string, Koa.Middleware]>([
    ["does not call next()", () => {}],
    ["redirects", (ctx) => ctx.redirect("/login")],
    ["throws a 418", (ctx) => ctx.throw(418, "secret")],
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

describe("the app's middleware", () => {
  /** An app that counts the requests that its middleware gets, with a body for ordinary requests. */
  async function counting(options: object = {}) {
    const app = new Koa();
    const seen: string[] = [];
    app.use(async (ctx, next) => {
      seen.push(ctx.path);
      if (ctx.path === "/page") ctx.body = "page";
      else await next();
    });
    app.use(cors({ origin: (ctx) => ctx.throw(500, "never") }));
    const { open, gate, events } = await startApp(app, options);
    gate.route("/chat", (socket) => socket.send("open"));
    return { seen, open, events };
  }

  test("the app's middleware, @koa/cors included, never runs on a route's handshake", async () => {
    const { seen, open } = await counting();
    expect(await firstMessage(await open("/chat"))).toBe("open");
    for (const path of ["/chat", "/page"])
      for (const origin of [evil, null]) expect((await open(path, { origin })).status).toBe(403);
    expect(seen).toEqual([]);
  });

  test("an allowed handshake on another path is an ordinary request to the app", async () => {
    const { seen, open, events } = await counting();
    expect(await open("/page", closing)).toMatchObject({ status: 200, body: "page" });
    expect(seen).toEqual(["/page"]);
    expect(events.map(({ decision, route }) => [decision.code, route])).toEqual([["origin-listed", undefined]]);
  });

  test('under unrouted: "refuse" the app does not get it', async () => {
    const { seen, open, events } = await counting({ unrouted: "refuse" });
    expect((await open("/page")).status).toBe(404);
    expect(seen).toEqual([]);
    expect(events.map(({ decision }) => decision.code)).toEqual(["route-not-found"]);
  });
});
