import websocket from "@fastify/websocket";
import Fastify, { type FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import { createPolicy, GateError, wsorigin } from "../src/index.ts";
import { closeLater, evil, firstMessage, listen, openSockets, page, policy, start } from "./support.ts";
import { until } from "@wsorigin/testing";

const partner = "https://partner.example";

async function scoped(scope: FastifyInstance): Promise<void> {
  await scope.register(wsorigin, { policy });
}

/** What an app's start comes to. */
async function startError(setup: (app: FastifyInstance) => unknown): Promise<unknown> {
  const app = Fastify();
  closeLater(app);
  try {
    await setup(app);
    await app.ready();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("schemas and encapsulation", () => {
  test("a bad query gets 400 before any upgrade, and the socket is closed", async () => {
    let ran = 0;
    const { app, open, events } = await start((app) => {
      const schema = { querystring: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] } };
      app.get("/n", { websocket: true, schema }, (socket, { query }) => {
        ran++;
        socket.send(JSON.stringify(query));
      });
    });
    const answer = await open("/n?n=many");
    expect([answer.status, answer.closed]).toEqual([400, "fin"]);
    expect(answer.body).toContain("querystring/n must be integer");
    expect(ran).toBe(0);
    await until(async () => (await openSockets(app)) === 0, "no connection is left");
    expect(await firstMessage(await open("/n?n=12"))).toBe('{"n":12}');
    expect((await open("/n?n=many", { origin: evil })).status).toBe(403);
    expect(events.map(({ decision }) => decision.code)).toEqual([
      "middleware-refused",
      "origin-listed",
      "origin-not-listed",
    ]);
  });

  test("hooks and decorators are those of the route's own scope", async () => {
    const { open } = await start(async (app) => {
      app.decorate("shared", "root");
      for (const name of ["one", "two"]) {
        await app.register(
          async (scope) => {
            scope.decorate("own", name);
            scope.decorateRequest("user", "");
            scope.addHook("preHandler", async (request) => void Reflect.set(request, "user", `${name}'s user`));
            scope.get("/chat", { websocket: true }, function (socket, request) {
              const read = (key: string): unknown => Reflect.get(this, key);
              socket.send(JSON.stringify([read("shared"), read("own"), Reflect.get(request, "user")]));
            });
          },
          { prefix: `/${name}` },
        );
      }
    });
    expect(await firstMessage(await open("/one/chat"))).toBe('["root","one","one\'s user"]');
    expect(await firstMessage(await open("/two/chat"))).toBe('["root","two","two\'s user"]');
  });
});

describe("config.wsorigin", () => {
  test("a route's own policy decides there, and nowhere else", async () => {
    const { open } = await start((app) => {
      const own = { wsorigin: { policy: createPolicy({ origins: [partner] }) } };
      app.get("/partner", { websocket: true, config: own }, (socket) => socket.send("partner"));
      app.get("/chat", { websocket: true }, (socket) => socket.send("chat"));
    });
    expect(await firstMessage(await open("/partner", { origin: partner }))).toBe("partner");
    expect((await open("/partner", { origin: page })).status).toBe(403);
    expect((await open("/chat", { origin: partner })).status).toBe(403);
    expect(await firstMessage(await open("/chat"))).toBe("chat");
  });

  test("protocols are a route's own, or the gate's; never the client's", async () => {
    const { open } = await start(
      (app) => {
        const config = { wsorigin: { protocols: ["v2", "v1"] } };
        app.get("/own", { websocket: true, config }, () => {});
        app.get("/usual", { websocket: true }, () => {});
      },
      { gate: { protocols: ["chat"] } },
    );
    const agreed = async (path: string, offer: string): Promise<string | undefined> => {
      const answer = await open(path, { headers: [["Sec-WebSocket-Protocol", offer]] });
      answer.frames?.destroy();
      return answer.header("Sec-WebSocket-Protocol");
    };
    expect(await agreed("/own", "v1, v2")).toBe("v2");
    expect(await agreed("/own", "chat")).toBeUndefined();
    expect(await agreed("/usual", "v1, chat")).toBe("chat");
    expect(await agreed("/usual", "bearer.token")).toBeUndefined();
  });

  test('refuseWith "close" accepts a refused page and closes with 4403; no handler runs', async () => {
    let ran = 0;
    const { open } = await start((app) => {
      const config = { wsorigin: { refuseWith: "close" as const } };
      app.get("/seen", { websocket: true, config }, () => void ran++);
    });
    const { status, frames } = await open("/seen", { origin: evil });
    expect(status).toBe(101);
    expect((await frames?.nextClose())?.code).toBe(4403);
    frames?.destroy();
    expect(ran).toBe(0);
  });

  test.each<[object, RegExp]>([
    [{ policy: { origins: [page] } }, /route "\/chat": policy is no policy/],
    [{ orgins: [page] }, /route "\/chat": "orgins" is no option/],
    [{ protocols: ["a b"] }, /route "\/chat": protocols/],
    [{ refuseWith: "redirect" }, /route "\/chat": refuseWith/],
  ])("%o is refused at start, with the route's name", async (wrong, message) => {
    const error = await startError(async (app) => {
      await app.register(wsorigin, { policy, log: false });
      app.get("/chat", { websocket: true, config: { wsorigin: wrong } }, () => {});
    });
    expect(error).toBeInstanceOf(GateError);
    expect(String(error)).toMatch(message);
  });
});

describe("at start", () => {
  test("@fastify/websocket that is registered already is refused, with what to do", async () => {
    const error = await startError(async (app) => {
      await app.register(websocket);
      await app.register(wsorigin, { policy });
    });
    expect(error).toBeInstanceOf(GateError);
    expect(String(error)).toMatch(/registered already.*Remove app\.register\(websocket/);
  });

  test("so is the plugin registered twice, in one scope or in two", async () => {
    expect(
      String(
        await startError(async (app) => {
          await app.register(wsorigin, { policy });
          await app.register(wsorigin, { policy });
        }),
      ),
    ).toMatch(/registered already/);
    expect(
      String(
        await startError(async (app) => {
          await app.register(scoped);
          await app.register(scoped);
        }),
      ),
    ).toMatch(/has a gate already/);
  });

  test("an unknown option, and a missing policy, are refused at once", async () => {
    const error = await startError((app) => app.register(wsorigin, JSON.parse('{"orgins":[]}')));
    expect(error).toBeInstanceOf(GateError);
    expect(String(error)).toMatch(/"orgins" is no option/);
    expect(String(error)).toMatch(/policy is missing/);
  });

  test.each([
    ["a websocket route for POST", { method: "POST", url: "/chat", websocket: true, handler: (): void => {} }],
    ["a wsHandler that is no function", { method: "GET", url: "/chat", handler: (): string => "", wsHandler: "no" }],
  ] as const)("%s is refused as without the gate", async (_name, route) => {
    const error = await startError(async (app) => {
      await app.register(wsorigin, { policy });
      Reflect.apply(Reflect.get(app, "route"), app, [route]);
    });
    expect(String(error)).toMatch(/can only be declared in GET|invalid wsHandler/);
  });

  test("a websocket route that was there before the plugin is none", async () => {
    const app = Fastify();
    closeLater(app);
    app.get("/early", { websocket: true } as object, (_request, reply) => reply.send("http"));
    await app.register(wsorigin, { policy, log: false });
    const { open } = await listen(app);
    expect((await open("/early")).status).toBe(404);
  });
});
