import { createServer, type Server } from "node:http";
import cors from "@koa/cors";
import Koa from "koa";
import { expect, onTestFinished, test } from "vitest";
import { running } from "../../testing/test/program.ts";
import {
  ask,
  describeRequestGuard,
  hosts,
  page,
  type RequestEvent,
  type StartRequestApp,
} from "../../testing/test/request-guard.ts";
import { corsOptions, createPolicy, identityOf, type Policy, requestGuard } from "../src/index.ts";

async function textOf(ctx: Koa.Context): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of ctx.req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function serverOf(app: Koa): Server {
  const answer = app.callback();
  return createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
}

const start: StartRequestApp = async ({ policy, options, service, corsFirst }) => {
  const app = new Koa();
  const shared = cors({ ...corsOptions(policy) });
  const guard = requestGuard(policy, options);
  if (corsFirst) app.use((ctx, next) => (ctx.cookies.set("a", "b"), next())).use(shared);
  app.use(guard);
  if (!corsFirst) app.use(shared);
  app.use(async (ctx) => {
    if (ctx.path === "/api/events") {
      ctx.respond = false;
      service.events(ctx.res);
    } else if (ctx.path === "/api/poll") ctx.body = await service.poll();
    else if (ctx.path === "/api/publish") {
      const text = await textOf(ctx);
      service.publish(text);
      ctx.body = `published ${text.length}`;
    } else {
      ctx.body = service.whoami({ identity: identityOf(ctx), url: ctx.originalUrl, query: ctx.query });
    }
  });
  return { ...(await running(serverOf(app))), shutDown: () => guard.close() };
};

describeRequestGuard("koa", start);

const policy = createPolicy({ origins: [page], hosts });

async function serve(setup: (app: Koa, guard: Koa.Middleware) => void, given: Policy<unknown> = policy) {
  const app = new Koa();
  const events: RequestEvent[] = [];
  setup(app, requestGuard(given, { log: false, onDecision: (event) => void events.push(event) }));
  const server = await running(serverOf(app));
  onTestFinished(() => server.close());
  return { port: server.port, events };
}

test("the event names the route that a router has found", async () => {
  const { port, events } = await serve((app, guard) => {
    app.use((ctx, next) => (Object.assign(ctx, { _matchedRoute: "/rooms/:room" }), next()));
    app.use(guard).use((ctx) => void (ctx.body = "page"));
  });
  expect((await ask(port, { path: "/rooms/7", headers: { Origin: page } })).text).toBe("page");
  expect(events.map(({ route }) => route)).toEqual(["/rooms/:room"]);
});

test("app.proxy decides about the address, the Host and TLS", async () => {
  const sameHost = createPolicy({ hosts, sameHost: true });
  const setup = (proxy: boolean) => (app: Koa, guard: Koa.Middleware) => {
    app.proxy = proxy;
    app.use(guard).use((ctx) => void (ctx.body = "page"));
  };
  const headers = {
    Origin: "https://api.example",
    "X-Forwarded-Host": "api.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.9",
  };
  const trusting = await serve(setup(true), sameHost);
  expect((await ask(trusting.port, { headers })).status).toBe(200);
  expect((await ask(trusting.port, { headers: { ...headers, "X-Forwarded-Host": "attacker.test" } })).status).toBe(403);
  expect(trusting.events.map(({ ip, decision }) => [ip, decision.code])).toEqual([
    ["203.0.113.9", "origin-same-host"],
    ["203.0.113.9", "host-not-listed"],
  ]);
  const wary = await serve(setup(false), sameHost);
  expect((await ask(wary.port, { headers })).status).toBe(403);
  expect(wary.events).toMatchObject([{ ip: "127.0.0.1" }]);
});

test("middleware before the guard goes on after a refusal", async () => {
  let after: number | undefined;
  const { port } = await serve((app, guard) => {
    app.use(async (ctx, next) => {
      await next();
      after = ctx.status;
    });
    app.use(guard);
  });
  expect((await ask(port)).status).toBe(403);
  expect(after).toBe(403);
});
