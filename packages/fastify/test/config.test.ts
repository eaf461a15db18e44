import type { IncomingMessage } from "node:http";
import websocket from "@fastify/websocket";
import { guard } from "@wsorigin/node";
import Fastify, { type FastifyInstance } from "fastify";
import { describe, expect, test, vi } from "vitest";
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

  test.each<[object, string, string, RegExp]>([
    [{ policy: { origins: [page] } }, "option-invalid", "policy", /`policy` must be created with createPolicy\(\)/],
    [{ orgins: [page] }, "option-unknown", "orgins", /Unknown option "orgins"\. Valid options: /],
    [{ protocols: ["a b"] }, "option-invalid", "protocols", /"a b"/],
    [{ refuseWith: "redirect" }, "option-invalid", "refuseWith", /"redirect".*"status" or "close"/],
  ])("%o is refused at start, with the route's name", async (wrong, code, entry, message) => {
    const error = await startError(async (app) => {
      await app.register(wsorigin, { policy, log: false });
      app.get("/chat", { websocket: true, config: { wsorigin: wrong } }, () => {});
    });
    expect(error).toBeInstanceOf(GateError);
    expect(error).toMatchObject({ issues: [{ code, entry, message: expect.stringMatching(message) }] });
    expect(String(error)).toContain('route "/chat": ');
  });
});

describe("at start", () => {
  test("@fastify/websocket that is registered already is refused, with what to do", async () => {
    const error = await startError(async (app) => {
      await app.register(websocket);
      await app.register(wsorigin, { policy });
    });
    expect(error).toBeInstanceOf(GateError);
    expect(error).toMatchObject({ issues: [{ code: "plugin-conflict", entry: "websocket" }] });
    expect(String(error)).toMatch(/registered already.*Remove app\.register\(websocket/);
  });

  test.each<[string, (app: FastifyInstance) => unknown]>([
    [
      "in one scope",
      async (app) => {
        await app.register(wsorigin, { policy });
        await app.register(wsorigin, { policy });
      },
    ],
    [
      "in two scopes",
      async (app) => {
        await app.register(scoped);
        await app.register(scoped);
      },
    ],
  ])("the plugin registered twice, %s, is refused, with what to do", async (_name, setup) => {
    const error = await startError(setup);
    expect(error).toMatchObject({ issues: [{ code: "plugin-conflict", entry: "wsorigin" }] });
    expect(String(error)).toMatch(/@wsorigin\/fastify is registered already.*Register it once, at the root/);
  });

  test("a server that has a gate of @wsorigin/node is refused", async () => {
    const error = await startError((app) => {
      guard(app.server, { policy, log: false });
      return app.register(wsorigin, { policy });
    });
    expect(error).toMatchObject({ issues: [{ code: "server-guarded", entry: "server" }] });
  });

  test("an unknown option, and a missing policy, are refused at once", async () => {
    const error = await startError((app) => app.register(wsorigin, JSON.parse('{"orgins":[]}')));
    expect(error).toBeInstanceOf(GateError);
    expect(error).toMatchObject({
      code: "ERR_WSORIGIN_GATE",
      issues: [
        { code: "option-unknown", entry: "orgins" },
        { code: "option-missing", entry: "policy" },
      ],
    });
  });

  test.each([
    ["a websocket route for POST", { method: "POST", url: "/chat", websocket: true, handler: (): void => {} }],
    ["a wsHandler that is not a function", { method: "GET", url: "/chat", handler: (): string => "", wsHandler: "no" }],
  ] as const)("%s is refused as without the gate", async (_name, route) => {
    const error = await startError(async (app) => {
      await app.register(wsorigin, { policy });
      Reflect.apply(Reflect.get(app, "route"), app, [route]);
    });
    expect(String(error)).toMatch(/can only be declared in GET|invalid wsHandler/);
  });

  test.each(["added before the plugin", "added while the plugin is not awaited"] as const)(
    "a websocket route that was %s opens no socket, and the log says so once",
    async (when) => {
      const app = Fastify();
      closeLater(app);
      const log: string[] = [];
      const register = () => app.register(wsorigin, { policy, log: (text) => void log.push(text) });
      const add = () => app.get("/early/:id", { websocket: true } as object, (_request, reply) => reply.send("http"));
      if (when === "added before the plugin") {
        add();
        await register();
      } else {
        void register();
        add();
      }
      const { open } = await listen(app);
      const closing = { headers: [["Connection", "close"]] } as const;
      expect(await open("/early/1?a=1", closing)).toMatchObject({ status: 200, body: "http" });
      expect((await open("/early/2", closing)).status).toBe(200);
      expect((await open("/early/2", { origin: evil })).status).toBe(403);
      expect((await open("/nowhere", closing)).status).toBe(404);
      expect(log.filter((text) => !text.includes("origin-not-listed"))).toEqual([
        expect.stringMatching(
          /^\[wsorigin\] A handshake for "\/early\/1" is on a route .*added before @wsorigin\/fastify.*await app\.register\(wsorigin/,
        ),
      ]);
    },
  );

  test("a plain route that was added after the plugin is not warned of", async () => {
    const log: string[] = [];
    const { open } = await start((app) => app.get("/plain", () => "plain"), {
      gate: { log: (text) => void log.push(text) },
    });
    expect((await open("/plain", { headers: [["Connection", "close"]] })).status).toBe(200);
    expect(log).toEqual([]);
  });

  test("a Fastify that takes X-Forwarded-Host from every client, as 5.8.2 does, is refused", async () => {
    const app = Fastify();
    closeLater(app);
    const key = Object.getOwnPropertySymbols(app).find(({ description }) => description === "fastify.Request");
    class Believing {
      readonly #raw: IncomingMessage;
      constructor(_id: string, _params: object, raw: IncomingMessage) {
        this.#raw = raw;
      }
      get host(): unknown {
        return this.#raw.headers["x-forwarded-host"] ?? this.#raw.headers.host;
      }
    }
    Reflect.set(Reflect.get(app, key ?? ""), "buildRequest", () => Believing);
    const error: unknown = await app.register(wsorigin, { policy }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(GateError);
    expect(error).toMatchObject({ issues: [{ code: "plugin-conflict", entry: "fastify" }] });
    expect(String(error)).toMatch(/X-Forwarded-Host.*Install fastify@\^5\.8\.3/);
  });

  test.each<[string, object, RegExp]>([
    ["an app without a logger logs to stderr", {}, /^\[wsorigin\] Refused[^]*origin-not-listed/],
    ["so does one with logger: false", { logger: false }, /^\[wsorigin\] Refused[^]*origin-not-listed/],
    ["an app with a logger logs through it", { logger: { level: "warn", stream: { write() {} } } }, /^$/],
  ])("%s", async (_name, options, expected) => {
    const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      const app = Fastify(options);
      closeLater(app);
      await app.register(wsorigin, { policy });
      app.get("/chat", { websocket: true }, () => {});
      const { open } = await listen(app);
      expect((await open("/chat", { origin: evil })).status).toBe(403);
      expect(stderr.mock.calls.map(([text]) => String(text)).join("")).toMatch(expected);
    } finally {
      stderr.mockRestore();
    }
  });

  test.each<[object, string, string, RegExp]>([
    [{ options: { server: {} } }, "option-unknown", "websocket.options.server", /Valid options: .*perMessageDeflate/],
    [{ options: { noServer: true } }, "option-unknown", "websocket.options.noServer", /Unknown option/],
    [{ options: { handleProtocols() {} } }, "option-unknown", "websocket.options.handleProtocols", /Unknown option/],
    [{ options: { clientTracking: true } }, "option-unknown", "websocket.options.clientTracking", /Unknown option/],
    [{ options: { path: "/chat" } }, "option-unknown", "websocket.options.path", /Unknown option/],
    [{ options: { port: 1 } }, "option-unknown", "websocket.options.port", /Unknown option/],
    [{ preClose() {} }, "option-unknown", "websocket.preClose", /Valid options: errorHandler, options\./],
    [{ errorHandler: "log" }, "option-invalid", "websocket.errorHandler", /must be a function/],
    [{ options: true }, "option-invalid", "websocket.options", /`websocket\.options` is true; it must be an object/],
  ])("websocket: %o is refused, with code and name", async (own, code, entry, message) => {
    const error = await startError((app) => Reflect.apply(app.register, app, [wsorigin, { policy, websocket: own }]));
    expect(error).toBeInstanceOf(GateError);
    expect(error).toMatchObject({ issues: [{ code, entry, message: expect.stringMatching(message) }] });
  });
});
