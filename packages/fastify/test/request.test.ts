import Fastify, { type FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { createPolicy, wsorigin } from "../src/index.ts";
import { closeLater, evil, firstMessage, listen, page, policy, type Started, start } from "./support.ts";

const forwarded = [
  ["X-Forwarded-For", "203.0.113.7"],
  ["X-Forwarded-Host", "api.example:8443"],
  ["X-Forwarded-Proto", "https"],
] as const;

async function see(trustProxy: unknown): Promise<unknown> {
  const { app, open } = await start(
    (app) => {
      app.get("/chat", { websocket: true }, (socket, { ip, host, hostname, port, protocol, wsorigin }) => {
        const [context] = app.wsorigin.connections;
        socket.send(JSON.stringify({ ip, host, hostname, port, protocol, gate: [wsorigin?.ip, context?.ip] }));
      });
    },
    { app: { trustProxy } },
  );
  const seen: unknown = JSON.parse(await firstMessage(await open("/chat", { headers: forwarded })));
  await app.close();
  return seen;
}

test("trustProxy is honoured: ip, host and protocol", async () => {
  expect(await see("127.0.0.1")).toEqual({
    ip: "203.0.113.7",
    host: "api.example:8443",
    hostname: "api.example",
    port: 8443,
    protocol: "https",
    gate: ["203.0.113.7", "203.0.113.7"],
  });
});

test.each([[false], ["192.0.2.1"], [(address: string) => address === "192.0.2.1"]])(
  "with trustProxy %s no forwarded field is believed",
  async (trustProxy) => {
    expect(await see(trustProxy)).toMatchObject({
      ip: "127.0.0.1",
      hostname: "127.0.0.1",
      protocol: "http",
      gate: ["127.0.0.1", "127.0.0.1"],
    });
  },
);

async function decide(trustProxy: unknown, host: string, more: object = {}): Promise<string | undefined> {
  const { open, events, app } = await start((app) => app.get("/chat", { websocket: true }, () => {}), {
    app: { trustProxy },
    ...more,
  });
  (await open("/chat", { headers: [...forwarded.slice(2), ["X-Forwarded-Host", host]] })).frames?.destroy();
  await app.close();
  return events[0]?.decision.code;
}

test("hosts is checked against the forwarded Host of a trusted proxy, with its port", async () => {
  expect(await decide("127.0.0.1", "api.example:8443")).toBe("origin-listed");
  expect(await decide("127.0.0.1", "api.example:9999")).toBe("host-not-listed");
  expect(await decide("127.0.0.1", "evil.test")).toBe("host-not-listed");
});

test("of several forwarded Hosts the last counts, as in Fastify", async () => {
  expect(await decide("127.0.0.1", "evil.test, api.example:8443")).toBe("origin-listed");
  expect(await decide("127.0.0.1", "api.example:8443, evil.test")).toBe("host-not-listed");
});

test("an untrusted proxy's Host is not even read", async () => {
  expect(await decide(false, "evil.test")).toBe("origin-listed");
  expect(await decide("192.0.2.1", "evil.test")).toBe("origin-listed");
});

test("sameHost compares with the forwarded Host and scheme", async () => {
  const sameHost = createPolicy({ origins: [], sameHost: true, hosts: ["app.example"] });
  expect(await decide("127.0.0.1", "app.example", { gate: { policy: sameHost } })).toBe("origin-same-host");
});

test("a trust function that throws refuses, and the server lives", async () => {
  let broken = true;
  const trustProxy = (): boolean => {
    if (broken) throw new Error("broken");
    return false;
  };
  const { open, errors } = await start((app) => app.get("/chat", { websocket: true }, (socket) => socket.send("ok")), {
    app: { trustProxy },
  });
  expect((await open("/chat", { headers: forwarded })).status).toBe(503);
  expect(errors).toEqual([new Error("broken")]);
  broken = false;
  expect(await firstMessage(await open("/chat"))).toBe("ok");
});

test("request.wsorigin is there in every hook and in the handler, and null on ordinary requests", async () => {
  const seen: [string, FastifyRequest["wsorigin"]][] = [];
  const look = (name: string) => async (request: FastifyRequest) => void seen.push([name, request.wsorigin]);
  const { app, open } = await start(
    (app) => {
      app.addHook("onRequest", look("after"));
      app.addHook("preValidation", look("preValidation"));
      app.addHook("preHandler", look("preHandler"));
      app.get("/chat", { websocket: true }, (socket, request) => {
        seen.push(["handler", request.wsorigin]);
        socket.send("open");
      });
      app.get("/http", (request) => {
        seen.push(["http", request.wsorigin]);
        return Promise.resolve("http");
      });
    },
    // A hook that is older than the plugin runs before it has decorated anything of its own.
    { before: (app) => app.addHook("onRequest", look("before")) },
  );
  await firstMessage(await open("/chat"));
  expect(seen.map(([name]) => name)).toEqual(["before", "after", "preValidation", "preHandler", "handler"]);
  for (const [, at] of seen) {
    expect(at).toMatchObject({
      origin: page,
      ip: "127.0.0.1",
      principal: undefined,
      decision: { allowed: true, code: "origin-listed" },
    });
  }
  seen.length = 0;
  await app.inject({ url: "/http", headers: { origin: page } });
  expect(seen).toEqual(["before", "after", "preValidation", "preHandler", "http"].map((name) => [name, null]));
});

test("a policy that only reports lets in; request.wsorigin says what it would have done", async () => {
  const reporting = createPolicy({ origins: [page], mode: "report" });
  const { open, events } = await start(
    (app) =>
      app.get("/chat", { websocket: true }, (socket, { wsorigin }) =>
        socket.send(JSON.stringify([wsorigin?.origin, wsorigin?.decision.code])),
      ),
    { gate: { policy: reporting } },
  );
  expect(await firstMessage(await open("/chat", { origin: evil }))).toBe(JSON.stringify([evil, "origin-not-listed"]));
  expect(events.map(({ mode }) => mode)).toEqual(["report"]);
});

/** An app whose log is kept, line by line, and what the plugin logs by itself. */
async function logged(): Promise<Pick<Started, "app" | "open"> & { readonly lines: Record<string, unknown>[] }> {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const app = Fastify({ logger: { level: "info", stream } });
  closeLater(app);
  await app.register(wsorigin, { policy });
  app.get("/chat", { websocket: true }, () => {
    throw new Error("on purpose");
  });
  return { lines, ...(await listen(app)) };
}

test("refusals go to Fastify's logger as warnings, without query, cookie or token", async () => {
  const { lines, open } = await logged();
  const headers = [
    ["Cookie", "sid=canary-1"],
    ["Authorization", "Bearer canary-2"],
    ["Sec-WebSocket-Protocol", "canary-3"],
  ] as const;
  for (let times = 0; times < 3; times++) await open("/chat?ticket=canary-4", { origin: evil, headers });
  await open("/chat?ticket=canary-4", { origin: null, headers });
  const told = lines.filter(({ msg }) => String(msg).startsWith("[wsorigin]"));
  expect(told.map(({ level }) => level)).toEqual([40, 40]);
  expect(told[0]?.["msg"]).toContain(evil);
  expect(told[0]?.["msg"]).toContain("route /chat");
  expect(JSON.stringify(lines)).not.toContain("canary");
});

test("what a handler throws goes there as an error", async () => {
  const { lines, open } = await logged();
  const { frames } = await open("/chat");
  await frames?.nextClose();
  frames?.destroy();
  expect(lines.filter(({ level }) => level === 50)).toMatchObject([
    { msg: "the handler of /chat", err: { message: "on purpose" } },
  ]);
});
