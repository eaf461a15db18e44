import { createServer } from "node:http";
import cors from "cors";
import type { Application, RequestHandler } from "express";
import { text } from "express";
import { text as text4 } from "express4";
import { describe, expect, onTestFinished, test } from "vitest";
import { running } from "../../testing/test/program.ts";
import {
  ask,
  describeRequestGuard,
  evil,
  hosts,
  page,
  type RequestEvent,
  type StartRequestApp,
} from "../../testing/test/request-guard.ts";
import { corsOptions, createPolicy, grant, identityOf, type Policy, queryParam, requestGuard } from "../src/index.ts";
import { majors } from "./majors.ts";

const bodies: Readonly<Record<string, RequestHandler>> = {
  "express 5": text(),
  "express 4": text4() as RequestHandler,
};

const cookies: RequestHandler = (_request, response, next) => {
  response.cookie("a", "b");
  next();
};

const policy = createPolicy({ origins: [page], hosts });

describe.each(majors)("$name", ({ name, express }) => {
  const start: StartRequestApp = async ({ policy, options, service, corsFirst }) => {
    const app = express();
    app.set("env", "test");
    const shared = cors(corsOptions(policy));
    const guard = requestGuard(policy, options);
    if (corsFirst) app.use(cookies, shared);
    app.use("/api", guard);
    if (!corsFirst) app.use(shared);
    app.use(bodies[name] ?? text());
    app.get("/api/whoami", (request, response) => {
      const { originalUrl: url, query } = request;
      response.json(service.whoami({ identity: identityOf(request), url, query }));
    });
    app.get("/api/events", (_request, response) => service.events(response));
    app.get("/api/poll", (_request, response) => void service.poll().then((message) => response.send(message)));
    app.post("/api/publish", (request, response) => {
      service.publish(request.body);
      response.send(`published ${request.body.length}`);
    });
    return { ...(await running(createServer(app).listen(0, "127.0.0.1"))), shutDown: () => guard.close() };
  };

  describeRequestGuard(name, start);

  async function serve(setup: (app: Application, guard: RequestHandler) => void, given: Policy<unknown> = policy) {
    const app = express();
    const events: RequestEvent[] = [];
    setup(app, requestGuard(given, { log: false, onDecision: (event) => void events.push(event) }));
    const server = await running(createServer(app).listen(0, "127.0.0.1"));
    onTestFinished(() => server.close());
    return { port: server.port, events };
  }

  test("the event names the route or the path that the guard is mounted at", async () => {
    const { port, events } = await serve((app, guard) => {
      const router: Application = express();
      router.get("/rooms/:room", guard, (_request, response) => void response.send("room"));
      app.use("/api", router);
      app.use("/mcp", guard, (_request, response) => void response.send("mcp"));
      app.use(guard, (_request, response) => void response.send("rest"));
    });
    for (const [path, body] of [
      ["/api/rooms/7", "room"],
      ["/mcp/tools", "mcp"],
      ["/other", "rest"],
    ])
      expect((await ask(port, { path: path ?? "", headers: { Origin: page } })).text).toBe(body);
    expect(events.map(({ route }) => route)).toEqual(["/api/rooms/:room", "/mcp", undefined]);
  });

  test("a guard in several places with one policy is one event", async () => {
    const { port, events } = await serve((app, guard) => {
      app.use(guard);
      app.get("/a", guard, (_request, response) => void response.send("a"));
    });
    expect((await ask(port, { path: "/a", headers: { Origin: page } })).text).toBe("a");
    expect(events).toHaveLength(1);
  });

  test("trust proxy decides about the address, the Host and TLS", async () => {
    const sameHost = createPolicy({ hosts, sameHost: true });
    const setup = (trust: boolean) => (app: Application, guard: RequestHandler) =>
      void app.set("trust proxy", trust).use(guard, (_request, response) => void response.send("page"));
    const headers = {
      Origin: "https://api.example",
      "X-Forwarded-Host": "api.example",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-For": "203.0.113.9",
    };
    const trusting = await serve(setup(true), sameHost);
    expect((await ask(trusting.port, { headers })).status).toBe(200);
    expect((await ask(trusting.port, { headers: { ...headers, "X-Forwarded-Host": "attacker.test" } })).status).toBe(
      403,
    );
    expect(trusting.events.map(({ ip, decision }) => [ip, decision.code])).toEqual([
      ["203.0.113.9", "origin-same-host"],
      ["203.0.113.9", "host-not-listed"],
    ]);
    const wary = await serve(setup(false), sameHost);
    expect((await ask(wary.port, { headers })).status).toBe(403);
    expect(wary.events).toMatchObject([{ ip: "127.0.0.1" }]);
  });

  test("the token is removed from the URL also below a mount path", async () => {
    const tokens = createPolicy({
      origins: [page],
      token: { from: [queryParam("ticket")], verify: () => grant({ principal: "ann" }) },
    });
    const { port } = await serve(
      (app, guard) =>
        void app.use(
          "/a",
          guard,
          ({ url, originalUrl, query }, response) => void response.json([url, originalUrl, query]),
        ),
      tokens,
    );
    const { text: body } = await ask(port, { path: "/a/b?ticket=secret&c=1", headers: { Origin: page } });
    expect(JSON.parse(body)).toEqual(["/b?c=1", "/a/b?c=1", { c: "1" }]);
    expect((await ask(port, { path: "/a/b?ticket=secret", headers: { Origin: evil } })).status).toBe(403);
  });
});
