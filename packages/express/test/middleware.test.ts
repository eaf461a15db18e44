import { handshake } from "@wsorigin/testing";
import cors from "cors";
import type { RequestHandler } from "express";
import { describe, expect, test } from "vitest";
import { majors } from "./majors.ts";
import { page, startApp } from "./support.ts";

describe.each(majors)("$name: before", ({ express }) => {
  async function run(before: readonly RequestHandler[], origin = page) {
    const app = express();
    const started = await startApp(app, { before, deadline: 300 });
    started.gate.route("/chat", (socket, { request }) => socket.send(String(Reflect.get(request, "visitor"))));
    const answer = await handshake({ port: started.port }, { path: "/chat", origin });
    const first = answer.status === 101 ? String((await answer.frames?.next())?.data) : undefined;
    answer.frames?.destroy();
    return { answer, first, code: started.events[0]?.decision.code, ...started };
  }

  const session: RequestHandler = (request, _response, next) => {
    setImmediate(() => {
      Reflect.set(request, "visitor", "ann");
      next();
    });
  };

  test("runs in order, before the handler, once the policy has said yes", async () => {
    const calls: string[] = [];
    const { first } = await run([
      (_request, _response, next) => {
        calls.push("first");
        next();
      },
      session,
      (request, _response, next) => {
        calls.push(String(Reflect.get(request, "visitor")));
        next();
      },
    ]);
    expect(first).toBe("ann");
    expect(calls).toEqual(["first", "ann"]);
  });

  test("does not run for an Origin that the policy refuses", async () => {
    let ran = false;
    const { answer } = await run(
      [
        (_request, _response, next) => {
          ran = true;
          next();
        },
      ],
      "https://evil.test",
    );
    expect(answer.status).toBe(403);
    expect(ran).toBe(false);
  });

  test.each([
    [401, 401],
    [403, 403],
    [404, 404],
    [429, 429],
    [503, 503],
    [418, 403],
    [200, 403],
  ])("one that answers %i refuses with %i; its body is not sent", async (status, sent) => {
    const { answer, code, errors } = await run([
      (_request, response) => void response.status(status).json({ secret: 1 }),
    ]);
    expect([answer.status, code]).toEqual([sent, "middleware-refused"]);
    expect(answer.raw.toString()).not.toContain("secret");
    expect(errors).toEqual([]);
  });

  test.each(["status", "statusCode"])(
    "one that passes an error with the %s 401 to next refuses with it",
    async (name) => {
      const { answer, code, errors } = await run([
        (_request, _response, next) => next(Object.assign(new Error("secret"), { [name]: 401 })),
      ]);
      expect([answer.status, code, errors]).toEqual([401, "middleware-refused", []]);
    },
  );

  test("runs for sockets that other listeners open, which find on the request what it put there", async () => {
    const { server, port, events } = await startApp(express(), {
      before: [
        (request, response, next) => {
          if (request.get("X-User") === undefined) response.status(401).end();
          else {
            Reflect.set(request, "visitor", request.get("X-User"));
            next();
          }
        },
      ],
    });
    const users: unknown[] = [];
    server.on("upgrade", (request, socket) => {
      users.push(Reflect.get(request, "visitor"));
      socket.end("HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n");
    });
    expect((await handshake({ port }, { path: "/own", origin: page })).status).toBe(401);
    expect((await handshake({ port }, { path: "/own", origin: page, headers: [["X-User", "ann"]] })).status).toBe(418);
    expect(users).toEqual(["ann"]);
    expect(events[0]?.decision).toMatchObject({ code: "middleware-refused", status: 401 });
  });

  test.each<[string, RequestHandler]>([
    ["status().json()", (_request, response) => void response.status(402).json({ secret: 1 })],
    ["redirect()", (_request, response) => response.redirect("/login")],
    ["end()", (_request, response) => void response.end("bye")],
  ])("one that answers with %s refuses, and its answer is not sent", async (_name, handler) => {
    const { answer, code } = await run([handler]);
    expect(code).toBe("middleware-refused");
    expect(answer.raw.toString()).toBe(
      "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 9\r\n\r\nForbidden",
    );
  });

  test("a cookie that one sets is sent neither with the 101 nor with a refusal", async () => {
    const { answer } = await run([
      (_request, response, next) => {
        response.cookie("sid", "canary");
        next();
      },
    ]);
    expect(answer.status).toBe(101);
    expect(answer.raw.toString()).not.toContain("canary");
  });

  test.each<[string, RequestHandler]>([
    [
      "throws",
      () => {
        throw new Error("boom");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("boom");
      },
    ],
    ["gives next an error", (_request, _response, next) => next(new Error("boom"))],
  ])("one that %s refuses with 503 and is told of", async (_name, handler) => {
    const { answer, code, errors } = await run([handler]);
    expect(answer.status).toBe(503);
    expect(code).toBe("middleware-failed");
    expect(errors).toEqual([new Error("boom")]);
  });

  test("one that never calls next runs into the deadline", async () => {
    const { answer, code } = await run([() => {}]);
    expect(answer.status).toBe(503);
    expect(code).toBe("timed-out");
  });
});

describe.each(majors)("$name: the app's middleware", ({ express }) => {
  /** An app that counts the requests that its middleware gets, with a route that answers ordinary requests. */
  async function counting(options: object = {}) {
    const app = express();
    const seen: string[] = [];
    app.use((request, _response, next) => {
      seen.push(request.path);
      next();
    });
    app.get("/page", (_request, response) => void response.send("page"));
    app.use(cors({ origin: (_origin, callback) => callback(new Error("never")) }));
    const { port, gate, events } = await startApp(app, options);
    gate.route("/chat", () => {});
    const ask = async (path: string, origin: string | null = page) => {
      const answer = await handshake({ port }, { path, origin, headers: [["Connection", "close"]] });
      answer.frames?.destroy();
      return answer;
    };
    return { seen, events, ask };
  }

  test("the app's middleware, CORS included, never runs on a route's handshake", async () => {
    const { seen, ask } = await counting();
    expect((await ask("/chat")).status).toBe(101);
    for (const path of ["/chat", "/page"]) expect((await ask(path, "https://evil.test")).status).toBe(403);
    expect(seen).toEqual([]);
  });

  test("an allowed handshake on another path is an ordinary request to the app", async () => {
    const { seen, ask, events } = await counting();
    expect(await ask("/page")).toMatchObject({ status: 200, body: "page" });
    expect(seen).toEqual(["/page"]);
    expect(events.map(({ decision, route }) => [decision.code, route])).toEqual([["origin-listed", undefined]]);
  });

  test('under unrouted: "refuse" the app does not get it', async () => {
    const { seen, ask, events } = await counting({ unrouted: "refuse" });
    expect((await ask("/page")).status).toBe(404);
    expect(seen).toEqual([]);
    expect(events.map(({ decision }) => decision.code)).toEqual(["route-not-found"]);
  });
});
