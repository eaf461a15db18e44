import cors from "@fastify/cors";
import Fastify, { type FastifyInstance } from "fastify";
import { expect, test } from "vitest";
import {
  ask,
  describeRequestGuard,
  hosts,
  page,
  type RequestEvent,
  type StartRequestApp,
} from "../../testing/test/request-guard.ts";
import { corsOptions, createPolicy, identityOf, type Policy, requestGuard } from "../src/index.ts";
import { closeLater, listen } from "./support.ts";

const start: StartRequestApp = async ({ policy, options, service, corsFirst }) => {
  const app = Fastify({ forceCloseConnections: true });
  const guard = requestGuard(policy, options);
  if (corsFirst) {
    app.addHook("onRequest", async (_request, reply) => void reply.header("Set-Cookie", "a=b"));
    await app.register(cors, { ...corsOptions(policy) });
  }
  app.addHook("onRequest", guard);
  if (!corsFirst) await app.register(cors, { ...corsOptions(policy) });
  app.get("/api/whoami", (request) =>
    service.whoami({ identity: identityOf(request), url: request.originalUrl, query: request.query }),
  );
  app.get("/api/events", async (_request, reply) => {
    service.events(reply.hijack().raw);
    return reply;
  });
  app.get("/api/poll", () => service.poll());
  app.post("/api/publish", (request) => {
    const text = String(request.body);
    service.publish(text);
    return `published ${text.length}`;
  });
  const { port } = await listen(app);
  return { port, close: () => app.close(), shutDown: () => guard.close() };
};

describeRequestGuard("fastify", start);

const policy = createPolicy({ origins: [page], hosts });

async function serve(
  setup: (app: FastifyInstance, guard: ReturnType<typeof requestGuard>) => unknown,
  given: Policy<unknown> = policy,
  appOptions: object = {},
) {
  const app = Fastify({ forceCloseConnections: true, ...appOptions });
  closeLater(app);
  const events: RequestEvent[] = [];
  await setup(app, requestGuard(given, { log: false, onDecision: (event) => void events.push(event) }));
  const { port } = await listen(app);
  return { port, events };
}

test("guards one scope, or one route; the event names the route", async () => {
  const { port, events } = await serve((app, guard) => {
    app.get("/open", async () => "open");
    app.get("/one/:id", { onRequest: guard }, async () => "one");
    app.register(
      async (scope) => {
        scope.addHook("onRequest", guard);
        scope.get("/:name", async () => "scoped");
      },
      { prefix: "/scope" },
    );
  });
  const seen = async (path: string) => [
    (await ask(port, { path })).status,
    (await ask(port, { path, headers: { Origin: page } })).text,
  ];
  expect(await seen("/open")).toEqual([200, "open"]);
  expect(await seen("/one/1")).toEqual([403, "one"]);
  expect(await seen("/scope/x")).toEqual([403, "scoped"]);
  expect(events.map(({ route }) => route)).toEqual(["/one/:id", "/one/:id", "/scope/:name", "/scope/:name"]);
});

test("guards what no route answers", async () => {
  const { port } = await serve((app, guard) => void app.addHook("onRequest", guard));
  expect((await ask(port, { path: "/nowhere" })).status).toBe(403);
  expect((await ask(port, { path: "/nowhere", headers: { Origin: page } })).status).toBe(404);
});

test("later hooks and handlers do not run for a refused request; onResponse does", async () => {
  const ran: string[] = [];
  let done: (() => void) | undefined;
  const finished = new Promise<void>((resolve) => (done = resolve));
  const { port } = await serve((app, guard) => {
    app.addHook("onRequest", guard);
    app.addHook("onRequest", async () => void ran.push("onRequest"));
    app.addHook("preHandler", async () => void ran.push("preHandler"));
    app.addHook("onSend", async () => void ran.push("onSend"));
    app.addHook("onResponse", async () => {
      ran.push("onResponse");
      done?.();
    });
    app.get("/", async () => ran.push("handler"));
  });
  expect((await ask(port, { path: "/" })).status).toBe(403);
  await finished;
  expect(ran).toEqual(["onResponse"]);
});

test("trustProxy decides about the address, the Host and TLS", async () => {
  const sameHost = createPolicy({ hosts, sameHost: true });
  const setup = (app: FastifyInstance, guard: ReturnType<typeof requestGuard>) =>
    void app.addHook("onRequest", guard).get("/", async () => "page");
  const headers = {
    Origin: "https://api.example",
    "X-Forwarded-Host": "api.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.9",
  };
  const trusting = await serve(setup, sameHost, { trustProxy: true });
  expect((await ask(trusting.port, { path: "/", headers })).status).toBe(200);
  const forged = { ...headers, "X-Forwarded-Host": "attacker.test" };
  expect((await ask(trusting.port, { path: "/", headers: forged })).status).toBe(403);
  expect(trusting.events.map(({ ip, decision }) => [ip, decision.code])).toEqual([
    ["203.0.113.9", "origin-same-host"],
    ["203.0.113.9", "host-not-listed"],
  ]);
  const wary = await serve(setup, sameHost);
  expect((await ask(wary.port, { path: "/", headers })).status).toBe(403);
  expect(wary.events).toMatchObject([{ ip: "127.0.0.1" }]);
});
