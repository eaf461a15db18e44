import { handshake } from "@wsorigin/testing";
import cors from "cors";
import type { RequestHandler } from "express";
import { describe, expect, test } from "vitest";
import { GateError, guard } from "../src/index.ts";
import { majors, page, policy, startApp } from "./support.ts";
import { createServer } from "node:http";

describe.each(majors)("$name: before", ({ express }) => {
  async function run(before: readonly RequestHandler[], origin = page) {
    const app = express();
    const started = await startApp(app, { before, deadline: 300 });
    started.gate.route("/chat", (socket, { request }) => socket.send(String(Reflect.get(request, "user"))));
    const answer = await handshake({ port: started.port }, { path: "/chat", origin });
    const first = answer.status === 101 ? String((await answer.frames?.next())?.data) : undefined;
    answer.frames?.destroy();
    return { answer, first, code: started.events[0]?.decision.code, ...started };
  }

  const session: RequestHandler = (request, _response, next) => {
    setImmediate(() => {
      Reflect.set(request, "user", "ann");
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
        calls.push(String(Reflect.get(request, "user")));
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

  test.each<[string, RequestHandler]>([
    ["status().json()", (_request, response) => void response.status(401).json({ secret: 1 })],
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

describe("guard", () => {
  const [
    { express } = {
      express: () => {
        throw new Error("no major");
      },
    },
  ] = majors;
  const start = (options: object): unknown => {
    try {
      return Reflect.apply(guard, undefined, [createServer(), options]);
    } catch (error) {
      return error;
    }
  };

  test("refuses CORS middleware at start, and says what to do", () => {
    const error = start({ app: express(), policy, before: [cors()] });
    expect(error).toBeInstanceOf(GateError);
    expect(String(error)).toMatch(/before\[0\] is a CORS middleware .*corsOptions\(policy\)/);
  });

  test("refuses what is no middleware and what is no app, all at once", () => {
    const error = start({ app: createServer(), policy, before: ["session"] });
    expect(error).toBeInstanceOf(GateError);
    expect(String(error)).toMatch(/app is missing/);
    expect(String(error)).toMatch(/before\[0\] is no middleware/);
  });

  test("refuses an unknown option", () => {
    expect(String(start({ app: express(), policy, orgins: [] }))).toMatch(/"orgins" is no option/);
  });

  test("an app's own middleware, CORS and all, never runs on an upgrade", async () => {
    const app = express();
    let ran = 0;
    app.use((_request, _response, next) => {
      ran++;
      next();
    });
    app.use(cors({ origin: (_origin, callback) => callback(new Error("never")) }));
    const { port, gate } = await startApp(app);
    gate.route("/chat", () => {});
    const answer = await handshake({ port }, { path: "/chat", origin: page });
    answer.frames?.destroy();
    expect(answer.status).toBe(101);
    expect((await handshake({ port }, { path: "/chat", origin: "https://evil.test" })).status).toBe(403);
    expect(ran).toBe(0);
  });
});
