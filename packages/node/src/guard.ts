import { type IncomingMessage, Server } from "node:http";
import { Server as HttpsServer } from "node:https";
import { Server as NetServer } from "node:net";
import { locationOf } from "@wsorigin/core";
import { GateError, issue } from "./errors.ts";
import type { AdapterGate, Gate } from "./gate.ts";
import type { Facts, GuardOptions } from "./options.ts";
import type { Adapter } from "./routing/route.ts";
import { ServerGate } from "./server-gate.ts";
import type { GuardableServer } from "./transport/receiver.ts";
import { takeEvents } from "./transport/server-events.ts";

/** Options of a gate without a framework. */
export interface PlainOptions<P = undefined> extends GuardOptions<P> {
  /**
   * Returns what is known about a request besides its headers, if this server stands behind a proxy that it trusts. By default the address is the
   * connection's, Host is the header, and TLS is the connection's own. Use an `X-Forwarded-*` field only if your proxy always sets it.
   */
  readonly facts?: (request: IncomingMessage) => Facts;
}

/** On the server itself, so that two copies of this package recognise each other's gates. Its value is where the gate's copy was loaded. */
const mark = Symbol.for("wsorigin.gate");
const location = locationOf(new Error("loaded"));

/**
 * Guards a server: from then on no upgrade completes unless the policy allows it, whichever listener handles it and whenever that listener was added.
 *
 * @param server of `http`, `https` or `http2`; it may be listening already, except that an `http2` server must have no connections yet
 * @throws {GateError} if an option is not valid, or the server is not one that can be guarded
 * @example
 * const gate = guard(server, { policy: createPolicy({ origins: ["https://app.example.com"] }) });
 * gate.route("/chat/:room", (socket, { params }) => socket.send(`Welcome to ${params.room}`));
 */
export function guard<P>(server: GuardableServer, options: PlainOptions<P>): Gate<P> {
  const { facts, ...rest } = options ?? {};
  if (facts !== undefined && typeof facts !== "function")
    throw new GateError([issue("option-invalid", "facts", "`facts` must be a function that takes the request.")]);
  return guardWith(server, rest, facts === undefined ? plain() : trusting(facts));
}

/** A server without a proxy that it trusts: the connection says everything. */
function plain<P>(): Adapter<P, IncomingMessage> {
  return { adapt: itself, ip: ({ socket }) => socket.remoteAddress };
}

function itself<T>(value: T): T {
  return value;
}

function trusting<P>(facts: (request: IncomingMessage) => Facts): Adapter<P, IncomingMessage> {
  const known = new WeakMap<IncomingMessage, Facts>();
  const read = (request: IncomingMessage): Facts => {
    const found = known.get(request) ?? facts(request) ?? {};
    known.set(request, found);
    return found;
  };
  return { adapt: itself, facts: read, ip: (request) => read(request).ip ?? request.socket.remoteAddress };
}

/**
 * `guard()` for authors of adapters. The adapter returns the framework's request and what its trust settings say about it, and may run middleware.
 *
 * @throws {GateError} as `guard()` does
 */
export function guardWith<P, R>(
  server: GuardableServer,
  options: GuardOptions<P>,
  adapter: Adapter<P, R>,
): AdapterGate<P, R> {
  checkServer(server);
  const gate = new ServerGate<P, R>(options, adapter, server.listening);
  Object.defineProperty(server, mark, { value: location });
  takeEvents(server, gate);
  return gate;
}

/** Whether a value is a server of `http`, `https` or `http2`. The last one's class is not exported. */
function isServer(value: unknown): value is GuardableServer {
  return (
    value instanceof Server ||
    value instanceof HttpsServer ||
    (value instanceof NetServer && "updateSettings" in value && typeof value.updateSettings === "function")
  );
}

function checkServer(server: unknown): void {
  if (!isServer(server))
    throw new GateError([
      issue(
        "server-invalid",
        "server",
        `guard() takes a server first: what createServer() of node:http, node:https or node:http2 returns, or app.listen(). ${describe(server)}`,
      ),
    ]);
  if (mark in server)
    throw new GateError([
      issue(
        "server-guarded",
        "server",
        `This server is already guarded${otherCopy(Reflect.get(server, mark))}. Add routes to the existing gate: gate.route(path, { policy }, handler).`,
      ),
    ]);
  // A session that is there already emits its streams past the gate.
  if ("updateSettings" in server && Number(Reflect.get(server, "_connections") ?? 0) > 0)
    throw new GateError([
      issue(
        "server-has-sessions",
        "server",
        "This http2 server has sessions already, and the gate would not see their streams. Call guard() before server.listen().",
      ),
    ]);
}

/** Names the copy of this package whose gate a server has, if it is not this one. */
function otherCopy(where: unknown): string {
  if (where === location) return "";
  return ` by another copy of @wsorigin/node (${String(where)}; this one is ${String(location)}), which "npm ls @wsorigin/node" lists and "npm dedupe" may remove`;
}

/** Says what was passed instead of a server, and how to get the server. */
function describe(value: unknown): string {
  const has = (name: string): boolean =>
    (typeof value === "object" || typeof value === "function") && value !== null && name in value;
  if (value === undefined || value === null) return `It got ${String(value)}.`;
  if (has("getHttpServer")) return "It got a Nest app. Pass app.getHttpServer().";
  if (has("httpServer") && has("engine")) return "It got a Socket.IO server. Pass its httpServer.";
  if (has("handleUpgrade")) return "It got a WebSocketServer. Pass the HTTP server that it uses.";
  if (has("server") && has("inject")) return "It got a Fastify app. Use @wsorigin/fastify, or pass app.server.";
  if (has("callback") && has("context"))
    return "It got a Koa app. Write const server = createServer(app.callback()); guard(server, ...); server.listen(3000).";
  if (typeof value === "function")
    return "It got an app or a function. Write const server = createServer(app); guard(server, ...); server.listen(3000).";
  if (value instanceof NetServer) return "It got a server of node:net or node:tls, which speaks no HTTP.";
  return `It got ${typeof value === "object" ? "an object" : JSON.stringify(value)} that is not a server.`;
}
