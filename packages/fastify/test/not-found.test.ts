import { until } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { evil, openSockets, start } from "./support.ts";

describe("an allowed handshake on a path without a websocket route", () => {
  test("is answered by setNotFoundHandler", async () => {
    const seen: string[] = [];
    const { app, open, events } = await start((app) => {
      app.get("/chat", { websocket: true }, () => {});
      app.setNotFoundHandler((request, reply) => {
        seen.push(request.url);
        return reply.code(410).send("gone");
      });
    });
    expect((await open("/old", { origin: evil })).status).toBe(403);
    expect(seen).toEqual([]);
    const answer = await open("/old");
    expect([answer.status, answer.body]).toEqual([410, "gone"]);
    expect(seen).toEqual(["/old"]);
    expect(events).toHaveLength(2);
    await until(async () => (await openSockets(app)) === 0, "no connection is left");
  });

  test("is answered by the not-found handler of its prefix, after that scope's hooks", async () => {
    const { open } = await start(async (app) => {
      app.setNotFoundHandler((_request, reply) => reply.code(404).send("outer"));
      await app.register(
        async (scope) => {
          scope.addHook("onRequest", async (request, reply) => {
            if (request.url.includes("locked")) return reply.code(423).send("locked");
            return undefined;
          });
          scope.setNotFoundHandler((_request, reply) => reply.code(410).send("inner"));
        },
        { prefix: "/v1" },
      );
    });
    expect(await open("/v2/x")).toMatchObject({ status: 404, body: "outer" });
    expect(await open("/v1/x")).toMatchObject({ status: 410, body: "inner" });
  });

  test("gets Fastify's 404 by default", async () => {
    const { open, events } = await start((app) => app.get("/chat", { websocket: true }, () => {}));
    const answer = await open("/old?ticket=x");
    expect(answer.status).toBe(404);
    expect(answer.frames).toBeUndefined();
    expect(events).toHaveLength(1);
  });

  test('with unrouted "refuse" it gets the gate\'s 404, and no handler runs', async () => {
    let ran = 0;
    const { open, events } = await start(
      (app) => app.setNotFoundHandler((_request, reply) => reply.code(410).send(String(ran++))),
      { gate: { unrouted: "refuse" } },
    );
    expect((await open("/old")).status).toBe(404);
    expect(ran).toBe(0);
    expect(events.map(({ decision }) => decision.code)).toEqual(["route-not-found"]);
  });

  test("a not-found handler that never answers: closed after grace", async () => {
    const { app, open, events } = await start((app) => app.setNotFoundHandler(() => new Promise(() => {})), {
      gate: { grace: 100 },
    });
    const answer = await open("/old");
    expect([404, undefined]).toContain(answer.status);
    expect(events.map(({ decision }) => decision.code)).toEqual(["route-not-found"]);
    await until(async () => (await openSockets(app)) === 0, "no connection is left");
  });
});
