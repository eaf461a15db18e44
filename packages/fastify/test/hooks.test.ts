import cors from "@fastify/cors";
import { beginHandshake, until } from "@wsorigin/testing";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Fastify from "fastify";
import { describe, expect, test } from "vitest";
import { explain, wsorigin } from "../src/index.ts";
import { closeLater, evil, firstMessage, listen, openSockets, page, recording, start } from "./support.ts";

type Hook = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

function chat(app: FastifyInstance): void {
  app.get("/chat", { websocket: true }, (socket) => socket.send("open"));
}

/** Hooks that refuse, with what the client then gets. */
const refusing: readonly (readonly [name: string, status: number, add: (app: FastifyInstance) => void])[] = [
  ["sync", 401, (app) => app.addHook("onRequest", (_request, reply) => void reply.code(401).send({ no: "entry" }))],
  ["async", 401, (app) => app.addHook("onRequest", async (_request, reply) => reply.code(401).send({ no: "entry" }))],
  ["late", 403, (app) => app.addHook("preHandler", async (_request, reply) => reply.code(403).send("no"))],
  [
    "throwing",
    500,
    (app) =>
      app.addHook("preValidation", async () => {
        throw new Error("no entry");
      }),
  ],
  ["passing an error on", 500, (app) => app.addHook("onRequest", (_request, _reply, done) => done(new Error("no")))],
];

describe.each(["before", "after"] as const)("a refusing hook, registered %s the plugin", (order) => {
  test.each(refusing)("%s: %i, no socket left, and told of", async (_name, status, add) => {
    const { app, open, events } = await start(
      (app) => {
        if (order === "after") add(app);
        chat(app);
      },
      { before: (app) => order === "before" && add(app) },
    );
    const answers = await Promise.all(Array.from({ length: 40 }, () => open("/chat")));
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.closed}`))).toEqual(new Set([`${status} fin`]));
    await until(async () => (await openSockets(app)) === 0, "no connection is left");
    expect(events.map(({ decision }) => decision.code)).toEqual(Array(40).fill("middleware-refused"));
    expect(events[0] && explain(events[0].decision)).toContain(`The app answered ${status}.`);
    expect(app.wsorigin.connections.size).toBe(0);
    await app.close();
  });
});

test("a hook of the route's own refuses too", async () => {
  const { open, events } = await start((app) => {
    const preValidation: Hook = async (_request, reply) => reply.code(402).send();
    app.get("/chat", { websocket: true, preValidation }, () => {});
  });
  expect(await open("/chat")).toMatchObject({ status: 402, closed: "fin" });
  expect(events.map(({ decision }) => decision.code)).toEqual(["middleware-refused"]);
});

test("no hook runs for an Origin that the policy refuses", async () => {
  let ran = 0;
  const count = async (): Promise<void> => void ran++;
  const { open } = await start(
    (app) => {
      app.addHook("onRequest", count);
      chat(app);
    },
    { before: (app) => app.addHook("onRequest", count) },
  );
  expect((await open("/chat", { origin: evil })).status).toBe(403);
  expect((await open("/chat", { origin: null })).status).toBe(403);
  expect(ran).toBe(0);
  expect(await firstMessage(await open("/chat"))).toBe("open");
  expect(ran).toBe(2);
});

test("an async hook that never resolves is given up after the grace, and the client told 503", async () => {
  const { app, open, events } = await start(
    (app) => {
      app.addHook("onRequest", () => new Promise<void>(() => {}));
      chat(app);
    },
    { gate: { grace: 60 } },
  );
  expect(await open("/chat")).toMatchObject({ status: 503, closed: "fin" });
  expect(events.map(({ decision }) => decision.code)).toEqual(["timed-out"]);
  await until(async () => (await openSockets(app)) === 0, "no connection is left");
});

test("a hook that goes on after the grace opens nothing", async () => {
  let go = (): void => {};
  let ran = 0;
  const { open, events } = await start(
    (app) => {
      app.addHook("onRequest", () => new Promise<void>((resolve) => (go = resolve)));
      app.get("/chat", { websocket: true }, () => void ran++);
    },
    { gate: { grace: 60 } },
  );
  expect((await open("/chat")).status).toBe(503);
  go();
  await new Promise((resolve) => setImmediate(resolve));
  expect(ran).toBe(0);
  expect(events).toHaveLength(1);
});

test.each(["reset", "half-open"] as const)(
  "a client that leaves (%s) during a slow hook harms nothing",
  async (how) => {
    let waiting = 0;
    let go = (): void => {};
    let ran = 0;
    const { app, port, open } = await start((app) => {
      app.addHook("onRequest", (request) => {
        if (request.headers["x-slow"] === undefined) return Promise.resolve();
        waiting++;
        return new Promise<void>((resolve) => (go = resolve));
      });
      app.get("/chat", { websocket: true }, (socket) => {
        ran++;
        socket.send("open");
      });
    });
    const attempt = await beginHandshake({ port }, { path: "/chat", origin: page, headers: [["X-Slow", "1"]] });
    await until(() => waiting === 1, "the hook runs");
    if (how === "reset") attempt.reset();
    else attempt.end();
    if (how === "reset") await until(async () => (await openSockets(app)) === 0, "the server has seen it");
    go();
    if (how === "half-open") await attempt.closed();
    attempt.destroy();
    await until(async () => (await openSockets(app)) === 0, "no connection is left");
    expect(ran).toBe(how === "reset" ? 0 : 1);
    expect(await firstMessage(await open("/chat"))).toBe("open");
  },
);

describe("@fastify/cors", () => {
  const erring = { origin: () => Promise.reject(new Error("CORS met a handshake")) };

  test.each(["before", "after", "parent", "sibling"] as const)(
    "with an erroring origin function, %s: never meets a handshake, and still answers preflights",
    async (where) => {
      let asked = 0;
      const listed = {
        origin: async (origin: string | undefined) => {
          asked++;
          if (origin === "https://error.test") throw new Error("on purpose");
          return origin === page;
        },
      };
      const app = Fastify();
      closeLater(app);
      const { events, errors: _errors, ...told } = recording();
      const guarded = async (scope: FastifyInstance): Promise<void> => {
        if (where === "before") await scope.register(cors, listed);
        await scope.register(wsorigin, told);
        if (where === "after") await scope.register(cors, listed);
        chat(scope);
        scope.get("/api", async () => "http");
      };
      const withCors = async (scope: FastifyInstance): Promise<void> => {
        await scope.register(cors, listed);
      };
      if (where === "parent") await app.register(cors, listed);
      if (where === "sibling") await app.register(withCors, { prefix: "/x" });
      await app.register(guarded);
      const { open } = await listen(app);
      expect(await firstMessage(await open("/chat"))).toBe("open");
      expect((await open("/chat", { origin: evil })).status).toBe(403);
      expect((await open("/chat", { origin: "https://error.test" })).status).toBe(403);
      expect(asked).toBe(0);
      expect(events.map(({ decision }) => decision.code)).toEqual([
        "origin-listed",
        "origin-not-listed",
        "origin-not-listed",
      ]);
      if (where === "sibling") return;
      const headers = { origin: page, "access-control-request-method": "GET" };
      for (const url of ["/api", "/chat"]) {
        const preflight = await app.inject({ method: "OPTIONS", url, headers });
        expect([preflight.statusCode, preflight.headers["access-control-allow-origin"]]).toEqual([204, page]);
      }
      expect((await app.inject({ url: "/api", headers })).headers["access-control-allow-origin"]).toBe(page);
      expect((await app.inject({ url: "/api", headers: { origin: "https://error.test" } })).statusCode).toBe(500);
    },
  );

  test("a route's own cors setting is no way round", async () => {
    const { open } = await start(
      (app) => {
        app.get("/chat", { websocket: true, config: { cors: erring } }, (socket) => socket.send("open"));
      },
      { before: (app) => app.register(cors, erring) },
    );
    expect(await firstMessage(await open("/chat"))).toBe("open");
  });
});
