import { EventEmitter, once } from "node:events";
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as send, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import {
  bearerHeader,
  bearerProtocol,
  cookie,
  createPolicy,
  type Decision,
  grant,
  type Policy,
  type PolicyOptions,
  queryParam,
  refuse,
} from "@wsorigin/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { until } from "../src/index.ts";
import type { Running } from "./program.ts";

export const page = "https://app.example";
export const evil = "https://evil.test";
export const hosts: readonly string[] = ["127.0.0.1", "localhost", "api.example"];

/** What `identityOf()` returns, and the options and events of `requestGuard()`: this package does not depend on theirs. */
interface Identity {
  readonly decision: Decision<unknown>;
  readonly origin: string | undefined;
  readonly principal: unknown;
  readonly ip: string;
}

export interface RequestEvent {
  readonly decision: Decision<unknown>;
  readonly route: string | undefined;
  readonly ip: string;
  readonly mode: "enforce" | "report";
}

interface RequestOptions {
  readonly deadline?: number;
  readonly log?: false;
  readonly onDecision?: (event: RequestEvent) => void;
  readonly onError?: (error: unknown) => void;
}

/** What is served behind the guard: the same in every framework. */
interface Service {
  /** Says who asks, and what the request looks like to a handler. */
  whoami(seen: {
    readonly identity: Identity | undefined;
    readonly url: string | undefined;
    readonly query: unknown;
  }): object;
  /** Answers with server-sent events, and never ends. */
  events(response: ServerResponse): void;
  /** Resolves with the next message. */
  poll(): Promise<string>;
  publish(message: string): void;
  /** How often a handler ran. */
  readonly calls: () => number;
  readonly listening: () => number;
}

function makeService(): Service {
  const bus = new EventEmitter();
  let calls = 0;
  return {
    whoami({ identity, url, query }) {
      calls++;
      const { origin, principal, ip, decision } = identity ?? {};
      return { known: identity !== undefined, origin, principal, ip, code: decision?.code, url, query };
    },
    events(response) {
      calls++;
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      response.write(": open\n\n");
      const write = (message: string): void => void response.write(`data: ${message}\n\n`);
      bus.on("message", write);
      response.once("close", () => bus.off("message", write));
    },
    async poll() {
      calls++;
      const [message] = await once(bus, "message");
      return String(message);
    },
    publish(message) {
      calls++;
      bus.emit("message", message);
    },
    calls: () => calls,
    listening: () => bus.listenerCount("message"),
  };
}

interface RequestApp {
  readonly policy: Policy<unknown>;
  readonly options: RequestOptions;
  readonly service: Service;
  /** Whether `cors(corsOptions(policy))` comes before the guard, after middleware that sets a cookie. Otherwise it comes behind the guard. */
  readonly corsFirst: boolean;
}

/**
 * Starts an app with `GET /api/whoami`, `GET /api/events`, `GET /api/poll` and `POST /api/publish` behind `requestGuard()`, and CORS. `shutDown` is the guard's
 * `close`.
 */
export type StartRequestApp = (app: RequestApp) => Promise<Running & { readonly shutDown: () => void }>;

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly socket: Socket;
}

interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly agent?: Agent;
}

interface Begun {
  readonly response: IncomingMessage;
  readonly socket: Socket;
}

/** Sends a request and waits for the head of its response. */
function begin(
  port: number,
  { method = "GET", path = "/api/whoami", headers = {}, body, agent }: Question,
): Promise<Begun> {
  return new Promise((resolve, reject) => {
    const request = send({ host: "127.0.0.1", port, method, path, headers, agent: agent ?? false });
    onTestFinished(() => void request.destroy());
    request.on("error", reject);
    request.on("response", (response) => resolve({ response, socket: response.socket }));
    request.end(body);
  });
}

export async function ask(port: number, question: Question = {}): Promise<Reply> {
  const { response, socket } = await begin(port, question);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return { status: response.statusCode, headers: response.headers, text, socket };
}

const fromPage = { Origin: page } as const;

type Verify = NonNullable<PolicyOptions<unknown>["token"]>["verify"];

const verifyAnn: Verify = (token) => (token === "good" ? grant({ principal: "ann" }) : refuse("invalid"));

function withToken(more: PolicyOptions<unknown> = {}, verify = verifyAnn): Policy<unknown> {
  return createPolicy({
    origins: [page],
    hosts,
    token: { from: [bearerHeader(), queryParam("ticket"), cookie("sid"), bearerProtocol()], verify },
    ...more,
  });
}

const plainPolicy = (more: PolicyOptions<undefined> = {}): Policy => createPolicy({ origins: [page], hosts, ...more });

/** The tests of `requestGuard()` that every framework passes. */
export function describeRequestGuard(name: string, start: StartRequestApp): void {
  interface Started {
    readonly port: number;
    readonly service: Service;
    readonly events: RequestEvent[];
    readonly errors: unknown[];
    readonly shutDown: () => void;
    readonly codes: () => readonly string[];
    readonly get: (headers?: Question["headers"], question?: Omit<Question, "headers">) => Promise<Reply>;
  }

  async function serve(
    policy: Policy<unknown> = plainPolicy(),
    options: RequestOptions = {},
    corsFirst = false,
  ): Promise<Started> {
    const events: RequestEvent[] = [];
    const errors: unknown[] = [];
    const service = makeService();
    const told: RequestOptions = {
      log: false,
      onDecision: (event) => void events.push(event),
      onError: (error) => void errors.push(error),
      ...options,
    };
    const app = await start({ policy, options: told, service, corsFirst });
    onTestFinished(() => app.close());
    return {
      port: app.port,
      service,
      events,
      errors,
      shutDown: app.shutDown,
      codes: () => events.map(({ decision }) => decision.code),
      get: (headers = {}, question = {}) => ask(app.port, { headers, ...question }),
    };
  }

  describe(`requestGuard: ${name}`, () => {
    test("a listed Origin passes, with one event, and identityOf() knows it", async () => {
      const { get, events } = await serve();
      const { status, text } = await get(fromPage);
      expect([status, JSON.parse(text)]).toMatchObject([
        200,
        { known: true, origin: page, ip: "127.0.0.1", code: "origin-listed" },
      ]);
      expect(events).toMatchObject([{ decision: { allowed: true }, ip: "127.0.0.1", mode: "enforce" }]);
    });

    test.each([
      ["a foreign Origin", { Origin: evil }, "origin-not-listed"],
      ["Origin null", { Origin: "null" }, "origin-opaque"],
      ["a foreign Host (DNS rebinding)", { Host: "attacker.test" }, "host-not-listed"],
      ["a foreign Host with a listed Origin", { Host: "attacker.test", ...fromPage }, "host-not-listed"],
      [
        "a foreign Host of a page that is its own",
        { Host: "attacker.test", "Sec-Fetch-Site": "same-origin" },
        "host-not-listed",
      ],
      [
        "a foreign Host and the Origin of it",
        { Host: "attacker.test", Origin: "http://attacker.test" },
        "host-not-listed",
      ],
      ["no Origin", {}, "origin-missing"],
      ["no Origin, from another site", { "Sec-Fetch-Site": "cross-site" }, "origin-missing"],
      ["no Origin, from the same site", { "Sec-Fetch-Site": "same-site" }, "origin-missing"],
      ["no Origin, and two words on the site", { "Sec-Fetch-Site": "same-origin, none" }, "origin-missing"],
      [
        "a foreign Origin that calls itself the same",
        { Origin: evil, "Sec-Fetch-Site": "same-origin" },
        "origin-not-listed",
      ],
    ] as const)("%s is refused with the gate's bytes, and no handler runs", async (_what, headers, code) => {
      const { get, events, codes, service } = await serve();
      const reply = await get(headers);
      expect([reply.status, reply.text]).toEqual([403, "Forbidden"]);
      const { connection: _connection, "keep-alive": _keepAlive, ...fields } = reply.headers;
      expect(fields).toEqual({ "content-type": "text/plain; charset=utf-8", "content-length": "9" });
      expect(codes()).toEqual([code]);
      expect(events[0]?.mode).toBe("enforce");
      expect(service.calls()).toBe(0);
    });

    test.each(["same-origin", "none"])("no Origin passes with Sec-Fetch-Site: %s", async (site) => {
      const { get, codes } = await serve();
      expect((await get({ "Sec-Fetch-Site": site })).status).toBe(200);
      expect(codes()).toEqual(["origin-absent"]);
    });

    test("no Origin is refused with Sec-Fetch-Site: same-origin if the policy has no hosts", async () => {
      const { get, codes } = await serve(createPolicy({ origins: [page] }));
      expect((await get({ "Sec-Fetch-Site": "same-origin" })).status).toBe(403);
      expect(codes()).toEqual(["origin-missing"]);
    });

    test("no Origin passes if missingOrigin allows it", async () => {
      const { get } = await serve(plainPolicy({ missingOrigin: "allow" }));
      expect((await get()).status).toBe(200);
    });

    test("missingOrigin: token wants the Authorization header, but a page of this server may use its cookie", async () => {
      const { get, codes } = await serve(withToken({ missingOrigin: "token" }));
      expect((await get({ Cookie: "sid=good" })).status).toBe(401);
      expect((await get({ Authorization: "Bearer good" })).status).toBe(200);
      expect((await get({ Cookie: "sid=good", "Sec-Fetch-Site": "same-origin" })).status).toBe(200);
      expect((await get({ "Sec-Fetch-Site": "same-origin" })).status).toBe(401);
      expect(codes()).toEqual(["token-missing", "origin-absent", "origin-absent", "token-missing"]);
    });

    test.each([
      ["the header", { Authorization: "Bearer good" }, ""],
      ["a cookie", { Cookie: "a=b; sid=good" }, ""],
      ["the query", {}, "?ticket=good"],
    ] as const)("a token in %s reaches the handler as its principal", async (_where, headers, query) => {
      const { get, events } = await serve(withToken());
      const { status, text } = await get({ ...fromPage, ...headers }, { path: `/api/whoami${query}` });
      expect([status, JSON.parse(text)]).toMatchObject([200, { principal: "ann", origin: page }]);
      expect(events).toHaveLength(1);
    });

    test("a token in the query is removed, the rest of it stays", async () => {
      const { get } = await serve(withToken());
      const { text } = await get(fromPage, { path: "/api/whoami?a=1&ticket=good&b=2" });
      expect(JSON.parse(text)).toMatchObject({ url: "/api/whoami?a=1&b=2", query: { a: "1", b: "2" } });
      expect(text).not.toContain("good");
    });

    test.each([
      ["no token", {}, "", 401, "token-missing"],
      ["a wrong token", { Authorization: "Bearer bad" }, "", 401, "token-invalid"],
      ["two tokens", { Authorization: "Bearer good" }, "?ticket=good", 400, "token-ambiguous"],
      ["a token among subprotocols", { "Sec-WebSocket-Protocol": "chat, bearer.good" }, "", 401, "token-missing"],
    ] as const)("%s is refused", async (_what, headers, query, status, code) => {
      const { get, codes, service } = await serve(withToken());
      const reply = await get({ ...fromPage, ...headers }, { path: `/api/whoami${query}` });
      expect(reply.status).toBe(status);
      expect(reply.headers["www-authenticate"]).toBe(status === 401 ? "Bearer" : undefined);
      expect([codes(), service.calls()]).toEqual([[code], 0]);
    });

    test("the token of a foreign page is not verified", async () => {
      let verified = 0;
      const { get } = await serve(withToken({}, () => (verified++, refuse("invalid"))));
      await get({ Origin: evil, Authorization: "Bearer good" });
      await get({ ...fromPage, Host: "attacker.test", Authorization: "Bearer good" });
      expect(verified).toBe(0);
    });

    test("server-sent events are served, and the stream stays open", async () => {
      const { port, service, events } = await serve();
      const { response } = await begin(port, { path: "/api/events", headers: fromPage });
      expect(response.headers["content-type"]).toBe("text/event-stream");
      let received = "";
      response.setEncoding("utf8").on("data", (text: string) => void (received += text));
      for (const message of ["one", "two"]) {
        service.publish(message);
        await until(() => received.endsWith(`data: ${message}\n\n`), `${message} is received`);
      }
      expect([response.complete, events.length]).toEqual([false, 1]);
      response.destroy();
      await until(() => service.listening() === 0, "the server sees that the client has left");
    });

    test("a long poll is answered when there is something", async () => {
      const { get, service, events } = await serve();
      const polled = get(fromPage, { path: "/api/poll" });
      await until(() => service.listening() === 1, "the poll waits");
      service.publish("news");
      expect((await polled).text).toBe("news");
      expect(events).toHaveLength(1);
    });

    test("a body reaches the handler, also if the verifier takes its time", async () => {
      let release: ((value: void) => void) | undefined;
      const { get, service } = await serve(
        withToken({}, async (token, context) => {
          await new Promise<void>((resolve) => (release = resolve));
          return verifyAnn(token, context);
        }),
      );
      const posted = get(
        { ...fromPage, Authorization: "Bearer good", "Content-Type": "text/plain" },
        { method: "POST", path: "/api/publish", body: "x".repeat(50_000) },
      );
      await until(() => release !== undefined, "the token is verified");
      expect(service.calls()).toBe(0);
      release?.();
      expect((await posted).text).toBe("published 50000");
    });

    test("a connection is used again after a refusal, also of a request with a body", async () => {
      const { get, codes } = await serve();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      onTestFinished(() => agent.destroy());
      const post = { method: "POST", path: "/api/publish", body: "x".repeat(20_000), agent };
      const type = { "Content-Type": "text/plain" };
      const refused = await get({ Origin: evil, ...type }, post);
      const allowed = await get({ ...fromPage, ...type }, post);
      expect([refused.status, refused.headers.connection]).toEqual([403, "keep-alive"]);
      expect([allowed.status, allowed.text]).toEqual([200, "published 20000"]);
      expect(allowed.socket).toBe(refused.socket);
      expect(codes()).toEqual(["origin-not-listed", "origin-listed"]);
    });

    const preflight = { "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization" };

    test("a preflight reaches cors() without a token; only of a listed Origin and Host", async () => {
      const { get, codes } = await serve(withToken());
      const options = { method: "OPTIONS", path: "/api/publish" };
      const allowed = await get({ ...fromPage, ...preflight }, options);
      expect([allowed.status, allowed.headers["access-control-allow-origin"]]).toEqual([204, page]);
      for (const headers of [{ Origin: evil }, { ...fromPage, Host: "attacker.test" }]) {
        const refused = await get({ ...headers, ...preflight }, options);
        expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
      }
      // Without what makes it a preflight a request needs the token.
      expect((await get(fromPage, options)).status).toBe(401);
      expect((await get({ ...fromPage, ...preflight })).status).toBe(401);
      const missing = "token-missing";
      expect(codes()).toEqual(["origin-listed", "origin-not-listed", "host-not-listed", missing, missing]);
    });

    test("a preflight asks the directory", async () => {
      const directory = { has: (origin: string) => Promise.resolve(origin === "https://tenant.example") };
      const { get } = await serve(withToken({ directory }));
      const options = { method: "OPTIONS", path: "/api/publish" };
      expect((await get({ Origin: "https://tenant.example", ...preflight }, options)).status).toBe(204);
      expect((await get({ Origin: evil, ...preflight }, options)).status).toBe(403);
    });

    test("behind cors() a page of a listed origin can read a refusal; a cookie that was set before is not sent", async () => {
      const { get } = await serve(withToken(), {}, true);
      const reply = await get({ ...fromPage, Authorization: "Bearer bad" });
      expect([reply.status, reply.headers["access-control-allow-origin"]]).toEqual([401, page]);
      expect(reply.headers["set-cookie"]).toBeUndefined();
      const foreign = await get({ Origin: evil });
      expect([foreign.status, foreign.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
    });

    test("report mode lets everything through, and reports", async () => {
      const { get, events } = await serve(plainPolicy({ mode: "report" }));
      const { status, text } = await get({ Origin: evil, Host: "attacker.test" });
      expect([status, JSON.parse(text)]).toMatchObject([200, { known: true, code: "host-not-listed" }]);
      expect(events).toMatchObject([{ mode: "report", decision: { allowed: false, code: "host-not-listed" } }]);
    });

    const stuck: Verify = () => new Promise<never>(() => {});

    test("a verifier that does not answer in time is refused with 503", async () => {
      let aborted = false;
      const verify: Verify = (_token, { signal }) => {
        signal.addEventListener("abort", () => (aborted = true));
        return new Promise<never>(() => {});
      };
      const { get, codes, service } = await serve(withToken({}, verify), { deadline: 20 });
      const reply = await get({ ...fromPage, Authorization: "Bearer good" });
      expect([reply.status, reply.headers["retry-after"], codes()]).toEqual([503, "5", ["timed-out"]]);
      expect([aborted, service.calls()]).toEqual([true, 0]);
    });

    test("a client that leaves aborts the signal, and is one event", async () => {
      let signal: AbortSignal | undefined;
      const verify: Verify = (_token, context) => {
        ({ signal } = context);
        return new Promise<never>(() => {});
      };
      const { port, codes, service } = await serve(withToken({}, verify));
      const headers = { ...fromPage, Authorization: "Bearer good" };
      const request = send({ host: "127.0.0.1", port, path: "/api/whoami", headers, agent: false });
      request.on("error", () => {});
      request.end();
      await until(() => signal !== undefined, "the token is verified");
      request.destroy();
      await until(() => codes().length > 0, "there is an event");
      expect([codes(), signal?.aborted, service.calls()]).toEqual([["client-gone"], true, 0]);
    });

    test("after close() requests are refused with 503, also those that wait; open streams go on", async () => {
      let verifying = false;
      const { port, get, codes, service, shutDown } = await serve(
        withToken({}, (token, context) => {
          if (token !== "slow") return verifyAnn(token, context);
          verifying = true;
          return stuck(token, context);
        }),
      );
      const { response } = await begin(port, { path: "/api/events", headers: { ...fromPage, Cookie: "sid=good" } });
      let received = "";
      response.setEncoding("utf8").on("data", (text: string) => void (received += text));
      const waiting = get({ ...fromPage, Cookie: "sid=slow" });
      await until(() => verifying, "the token is verified");
      shutDown();
      expect((await waiting).status).toBe(503);
      expect((await get({ ...fromPage, Cookie: "sid=good" })).status).toBe(503);
      expect(codes()).toEqual(["origin-listed", "draining", "draining"]);
      service.publish("still here");
      await until(() => received.includes("still here"), "the stream goes on");
    });

    test("after close() a policy that only reports refuses too", async () => {
      const { get, shutDown, events } = await serve(plainPolicy({ mode: "report" }));
      shutDown();
      expect((await get(fromPage)).status).toBe(503);
      expect(events).toMatchObject([{ mode: "enforce", decision: { code: "draining" } }]);
    });

    test("a policy that throws refuses with 503, and the error is reported", async () => {
      const broken: Policy = {
        ...plainPolicy(),
        evaluate: () => {
          throw new Error("broken");
        },
      };
      const { get, codes, errors, service } = await serve(broken);
      expect((await get(fromPage)).status).toBe(503);
      expect([codes(), errors, service.calls()]).toEqual([["middleware-failed"], [new Error("broken")], 0]);
    });

    test("an expired grant is refused", async () => {
      const { get, codes } = await serve(withToken({}, () => grant({ principal: "ann", expiresAt: Date.now() - 1 })));
      expect((await get({ ...fromPage, Cookie: "sid=good" })).status).toBe(401);
      expect(codes()).toEqual(["token-expired"]);
    });
  });
}
