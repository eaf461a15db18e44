import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import { connect as connectTo, type Socket } from "node:net";
import { handshake, until } from "@wsorigin/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { running } from "../../testing/test/program.ts";
import {
  ask,
  describeRequestGuard,
  evil,
  hosts,
  page,
  type StartRequestApp,
} from "../../testing/test/request-guard.ts";
import {
  createPolicy,
  type DecisionEvent,
  firstMessage,
  GateError,
  grant,
  guard,
  identityOf,
  type PlainRequestGuardOptions,
  queryParam,
  refuse,
  requestGuard,
} from "../src/index.ts";

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const start: StartRequestApp = async ({ policy, options, service, corsFirst }) => {
  const guarded = requestGuard(policy, options);
  const cors = async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const { origin } = request.headers;
    if (await policy.allowsOriginAsync(origin)) response.setHeader("Access-Control-Allow-Origin", String(origin));
    response.setHeader("Vary", "Origin");
    const preflight = request.method === "OPTIONS" && "access-control-request-method" in request.headers;
    if (preflight) response.writeHead(204).end();
    return preflight;
  };
  const listener = guarded(async (request, response) => {
    if (!corsFirst && (await cors(request, response))) return;
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    if (pathname === "/api/events") service.events(response);
    else if (pathname === "/api/poll") response.end(await service.poll());
    else if (pathname === "/api/publish") {
      const text = await textOf(request);
      service.publish(text);
      response.end(`published ${text.length}`);
    } else {
      const query = Object.fromEntries(searchParams);
      response.end(JSON.stringify(service.whoami({ identity: identityOf(request), url: request.url, query })));
    }
  });
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (corsFirst) {
      response.setHeader("Set-Cookie", "a=b");
      if (await cors(request, response)) return;
    }
    listener(request, response);
  };
  const server = createServer((request, response) => void serve(request, response));
  const app = await running(server.listen(0, "127.0.0.1"));
  return { ...app, shutDown: () => guarded.close() };
};

describeRequestGuard("node:http", start);

const policy = createPolicy({ origins: [page], hosts });

async function serve(options: PlainRequestGuardOptions = {}, given = policy) {
  const events: DecisionEvent[] = [];
  const guarded = requestGuard(given, { log: false, onDecision: (event) => void events.push(event), ...options });
  const app = await running(createServer(guarded((_request, response) => response.end("page"))).listen(0, "127.0.0.1"));
  onTestFinished(() => app.close());
  return { port: app.port, events };
}

describe("requestGuard", () => {
  test("facts() says which address, Host and protocol to trust", async () => {
    const facts = ({ headers }: IncomingMessage) => ({ ip: "203.0.113.9", host: String(headers["x-forwarded-host"]) });
    const { port, events } = await serve({ facts });
    const forwarded = (host: string) => ask(port, { headers: { Origin: page, "X-Forwarded-Host": host } });
    expect((await forwarded("api.example")).status).toBe(200);
    expect((await forwarded("attacker.test")).status).toBe(403);
    expect(events.map(({ ip }) => ip)).toEqual(["203.0.113.9", "203.0.113.9"]);
  });

  test("an address is cut to 64 characters", async () => {
    const { port, events } = await serve({ facts: () => ({ ip: "1".repeat(100) }) });
    await ask(port, { headers: { Origin: page } });
    expect(events[0]?.ip).toBe("1".repeat(64));
  });

  test("a preflight has no identity: it carries no token", async () => {
    const guarded = requestGuard(policy, { log: false });
    const listener = guarded((request, response) => response.end(String(identityOf(request)?.origin)));
    const app = await running(createServer(listener).listen(0, "127.0.0.1"));
    onTestFinished(() => app.close());
    const headers = { Origin: page, "Access-Control-Request-Method": "POST" };
    expect((await ask(app.port, { method: "OPTIONS", headers })).text).toBe("undefined");
    expect((await ask(app.port, { method: "GET", headers })).text).toBe(page);
  });

  /** Also if the connection is reset. */
  const closed = (socket: Socket): Promise<void> =>
    new Promise((resolve) => void socket.once("close", () => resolve()));

  /** Begins a request with a body that does not end, as a foreign page would. */
  async function upload(): Promise<Socket> {
    const { port } = await serve();
    const socket = connectTo(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    socket.write(
      `POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: ${evil}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`,
    );
    const [first] = (await once(socket, "data")) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    return socket;
  }

  test("a refused client that stops in the middle of a body loses its connection", async () => {
    const socket = await upload();
    await closed(socket);
    expect(socket.bytesWritten).toBeLessThan(1000);
  });

  test("a refused client that goes on sending a body loses its connection", async () => {
    const socket = await upload();
    const chunk = Buffer.from(`10000\r\n${"x".repeat(0x10000)}\r\n`);
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", more);
    more();
    await closed(socket);
    expect(socket.bytesWritten).toBeLessThan(32 * 1024 * 1024);
  });

  test("facts() that throws refuses with 503", async () => {
    const errors: unknown[] = [];
    const facts = (): never => {
      throw new Error("broken");
    };
    const { port, events } = await serve({ facts, onError: (error) => void errors.push(error) });
    expect((await ask(port, { headers: { Origin: page } })).status).toBe(503);
    expect(errors).toEqual([new Error("broken")]);
    expect(events).toMatchObject([{ decision: { code: "middleware-failed" } }]);
  });

  test("a refusal is logged with its reason", async () => {
    const lines: string[] = [];
    const { port } = await serve({ log: (text) => void lines.push(text) });
    await ask(port, { headers: { Origin: evil } });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`Refused an HTTP request: origin-not-listed (403)\n  came:     Origin "${evil}"`);
  });

  test("a second guard with the same policy decides nothing again; one with another policy still finds the token", async () => {
    const seen: string[] = [];
    const from = [queryParam("ticket")];
    const make = (name: string) =>
      createPolicy({
        origins: [page],
        token: { from, verify: (token) => (seen.push(`${name} ${token}`), grant({ principal: name })) },
      });
    const [first, second] = [make("first"), make("second")];
    const events: DecisionEvent[] = [];
    const options = { log: false, onDecision: (event: DecisionEvent) => void events.push(event) } as const;
    const inner = requestGuard(
      second,
      options,
    )((request, response) => response.end(`${request.url} ${String(identityOf(request)?.principal)}`));
    const twice = requestGuard(first, options)(requestGuard(first, options)(inner));
    const app = await running(createServer(twice).listen(0, "127.0.0.1"));
    onTestFinished(() => app.close());
    const { text } = await ask(app.port, { path: "/?ticket=t", headers: { Origin: page } });
    expect([text, seen, events.length]).toEqual(["/ second", ["first t", "second t"], 2]);
  });

  test("a second guard waits for the decision of the first one", async () => {
    let answer: ((allowed: boolean) => void) | undefined;
    const directory = { has: () => new Promise<boolean>((resolve) => (answer = resolve)) };
    const slow = createPolicy({ directory });
    const served: string[] = [];
    const guarded = requestGuard(slow, { log: false });
    const [first, second] = ["first", "second"].map((name) => guarded(() => void served.push(name)));
    const server = createServer((request, response) => {
      first?.(request, response);
      second?.(request, response);
    });
    const app = await running(server.listen(0, "127.0.0.1"));
    onTestFinished(() => app.close());
    const refused = ask(app.port, { headers: { Origin: page } });
    await until(() => answer !== undefined, "the directory is asked");
    answer?.(false);
    expect([(await refused).status, served]).toEqual([403, []]);
  });

  test("events are published on the diagnostics channel", async () => {
    const published: unknown[] = [];
    const listener = (event: unknown): void => void published.push(event);
    subscribe("wsorigin:decision", listener);
    onTestFinished(() => void unsubscribe("wsorigin:decision", listener));
    const { port, events } = await serve();
    await ask(port, { path: "/?ticket=secret", headers: { Origin: evil, Cookie: "sid=secret" } });
    expect(published).toEqual(events);
    expect(published[0]).toBe(events[0]);
    expect(JSON.stringify(published)).not.toContain("secret");
  });

  test("a handshake that the gate of the server let in is not decided again", async () => {
    const tickets = new Set(["once"]);
    const single = createPolicy({
      origins: [page],
      token: {
        from: [queryParam("ticket")],
        verify: (token) => (tickets.delete(token) ? grant({ principal: "ann" }) : refuse("invalid")),
      },
    });
    const events: DecisionEvent[] = [];
    const options = { log: false, onDecision: (event: DecisionEvent) => void events.push(event) } as const;
    const sockets = new WebSocketServer({ noServer: true });
    const server = createServer(
      requestGuard(
        single,
        options,
      )((request) => sockets.handleUpgrade(request, request.socket, Buffer.alloc(0), (socket) => socket.send("hello"))),
    );
    const gate = guard(server, { policy: single, ...options });
    const app = await running(server.listen(0, "127.0.0.1"), () => gate.close());
    onTestFinished(() => app.close());
    const { frames, status } = await handshake({ port: app.port }, { path: "/?ticket=once", origin: page });
    expect([status, (await frames?.next())?.text]).toEqual([101, "hello"]);
    frames?.destroy();
    expect(events).toHaveLength(1);
  });

  test("a handshake that no gate has decided on is decided like any other request", async () => {
    const { port, events } = await serve();
    const { status } = await handshake({ port }, { path: "/", origin: evil });
    expect(status).toBe(403);
    expect(events).toHaveLength(1);
  });

  test("over HTTP/2 the authority is the Host", async () => {
    const events: DecisionEvent[] = [];
    const guarded = requestGuard(policy, { log: false, onDecision: (event) => void events.push(event) });
    const listener = guarded((_request, response) => response.end("page"));
    const server = createHttp2Server();
    server.on("request", listener as never);
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const session = connect(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
    onTestFinished(() => session.destroy());
    const get = (headers: Record<string, string>): Promise<unknown> =>
      new Promise((resolve) => {
        const stream = session.request({ ":path": "/", ...headers });
        stream.once("response", (head) => resolve(head[":status"]));
        stream.resume();
      });
    expect(await get({ origin: page })).toBe(200);
    expect(await get({ origin: page, ":authority": "attacker.test" })).toBe(403);
    expect(await get({ origin: page, ":authority": "attacker.test", host: "localhost" })).toBe(403);
    expect(await get({ origin: evil })).toBe(403);
    expect(events.map(({ decision }) => decision.code)).toEqual([
      "origin-listed",
      "host-not-listed",
      "host-not-listed",
      "origin-not-listed",
    ]);
  });

  test("refresh() verifies a new token of a long response, for the same subject", async () => {
    const verifying = createPolicy({
      origins: [page],
      hosts,
      token: {
        from: [queryParam("ticket")],
        verify: (token) => grant({ principal: token, subject: token.slice(0, 3), expiresAt: Date.now() + 60_000 }),
      },
    });
    const guarded = requestGuard(verifying, { log: false });
    const listener = guarded(async (request, response) => {
      const identity = identityOf(request);
      const [same, other] = [await identity?.refresh("ann-2"), await identity?.refresh("bob-1")];
      response.end(JSON.stringify([same?.allowed, other?.code, identity?.principal]));
    });
    const app = await running(createServer(listener).listen(0, "127.0.0.1"));
    onTestFinished(() => app.close());
    const question = { path: "/?ticket=ann-1", headers: { "Sec-Fetch-Site": "same-origin" } };
    expect(JSON.parse((await ask(app.port, question)).text)).toEqual([true, "token-forbidden", "ann-2"]);
  });

  test("options and policies that cannot work are refused at start", () => {
    const problems = (make: () => unknown): readonly string[] => {
      try {
        make();
        return [];
      } catch (error) {
        return error instanceof GateError ? error.issues.map(({ code, entry }) => `${code} ${entry}`) : [];
      }
    };
    // @ts-expect-error There is no such option.
    expect(problems(() => requestGuard(policy, { grace: 1, deadline: 0 }))).toEqual([
      "option-unknown grace",
      "option-invalid deadline",
    ]);
    // @ts-expect-error Not a policy.
    expect(problems(() => requestGuard({ origins: [] }))).toEqual(["option-invalid policy"]);
    // @ts-expect-error Not functions.
    expect(problems(() => requestGuard(policy, { log: true, onDecision: 1, onError: 1 }))).toHaveLength(3);
    const late = createPolicy({
      origins: [page],
      token: { from: [firstMessage()], verify: () => grant({ principal: 1 }) },
    });
    expect(problems(() => requestGuard(late))).toEqual(["option-incoherent policy"]);
  });
});
