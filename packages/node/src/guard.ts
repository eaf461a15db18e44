import { EventEmitter } from "node:events";
import { IncomingMessage, type Server, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server, IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Server as HttpsServer } from "node:https";
import { Duplex } from "node:stream";
import { ExtendedConnect, isExtendedConnect } from "./connect.ts";
import { GateError } from "./errors.ts";
import { type AdapterGate, type Gate, ServerGate } from "./gate.ts";
import type { Adapter, Facts, GuardOptions } from "./options.ts";
import { Upgrade } from "./upgrade.ts";

/** A server whose upgrades can be guarded: of `http`, `https` or `http2`, listening already or not. */
export type GuardableServer = Server | HttpsServer | Http2SecureServer | Http2Server;

/** Options of a gate without a framework. */
export interface PlainOptions<P = undefined> extends GuardOptions<P> {
  /**
   * What is known of a request beside its headers, where this server stands behind a proxy that it trusts. By default the address is the
   * connection's, Host is the header, and TLS is the connection's own. Believe an `X-Forwarded-*` field only where your proxy always sets it.
   */
  readonly facts?: (request: IncomingMessage) => Facts;
}

/** On the server itself, so that two copies of this package know of each other too. */
const mark = Symbol.for("wsorigin.gate");

/**
 * Puts a gate before every upgrade of a server: from then on nothing on it upgrades unless a policy allows it, whoever handles it and whenever
 * that was attached.
 *
 * @throws {GateError} where an option cannot be understood, or the server has a gate already
 * @example
 * const gate = guard(server, { policy: createPolicy({ origins: ["https://app.example.com"] }) });
 * gate.route("/chat/:room", (socket, { params }) => socket.send(`Welcome to ${params.room}`));
 */
export function guard<P>(server: GuardableServer, options: PlainOptions<P>): Gate<P> {
  const { facts, ...rest } = options ?? {};
  if (facts !== undefined && typeof facts !== "function")
    throw new GateError(["facts must be a function that takes the request."]);
  return guardWith(server, rest, {
    adapt: (request) => ({ ip: request.socket.remoteAddress, ...facts?.(request), request }),
  });
}

/**
 * `guard` for those who write an adapter: the adapter gives the framework's request and what its trust settings make of it, and may run
 * middleware.
 */
export function guardWith<P, R>(
  server: GuardableServer,
  options: GuardOptions<P>,
  adapter: Adapter<P, R>,
): AdapterGate<P, R> {
  if (typeof server?.emit !== "function" || typeof server.listen !== "function") {
    throw new GateError([
      "guard() takes the server first: guard(createServer(app), { policy }). An Express or Koa app is no server; what app.listen() returns is.",
    ]);
  }
  if (mark in server)
    throw new GateError([
      "This server has a gate already, and a second one would never be asked. Use the first: gate.route(path, { policy }, handler).",
    ]);
  const gate = new ServerGate<P, R>(options, adapter);
  Object.defineProperty(server, mark, { value: gate });
  takeEvents(server, gate);
  return gate;
}

/**
 * Takes the events by wrapping `emit`: a listener of its own would only be one beside others, and each of them gets every upgrade. The others
 * get theirs through the `emit` that was there before.
 */
function takeEvents<P, R>(server: GuardableServer, gate: ServerGate<P, R>): void {
  const streams = new WeakSet<ServerHttp2Stream>();

  const stream = (args: readonly unknown[], pass: () => boolean): boolean => {
    const [candidate, headers, , raw] = args;
    if (!isStream(candidate) || !isHeaders(headers) || !isExtendedConnect(headers) || streams.has(candidate))
      return pass();
    streams.add(candidate);
    const fields = Array.isArray(raw) ? raw : Object.entries(headers).flat();
    gate.receive(
      new ExtendedConnect(candidate, headers, fields.map(String), {
        hasTakers: () => takesConnect(server, candidate.session),
        handOn: pass,
      }),
    );
    return true;
  };

  intercept(server, (event, args, pass) => {
    if (event === "upgrade") {
      const [request, socket, head] = args;
      if (request instanceof IncomingMessage && isDuplex(socket) && Buffer.isBuffer(head)) {
        gate.receive(
          new Upgrade(request, socket, head, {
            hasTakers: () => server.listeners("upgrade").some((listener) => listener !== keep),
            handOn: pass,
          }),
        );
      } else if (isDuplex(socket)) {
        // Nothing but a test tool emits this. What cannot be read is not let through.
        socket.destroy();
      }
      return true;
    }
    if (
      event === "request" &&
      args[0] instanceof IncomingMessage &&
      args[1] instanceof ServerResponse &&
      (gate.answerStripped(args[0], args[1]) || gate.answerWhy(args[0], args[1]))
    )
      return true;
    if (event === "stream") return stream(args, pass);
    // A listener on the session gets its streams before the server does.
    if (event === "session" && args[0] instanceof EventEmitter) {
      const session = args[0];
      intercept(session, (inner, innerArgs, innerPass) =>
        inner === "stream" ? stream(innerArgs, innerPass) : innerPass(),
      );
    }
    return pass();
  });

  server.on("upgrade", keep);
  server.on("removeListener", (event: string | symbol, listener: unknown) => {
    if (event === "upgrade" && listener === keep && !server.listeners("upgrade").includes(keep))
      server.on("upgrade", keep);
  });
}

/** Node emits `upgrade` only while somebody listens; otherwise the request goes the ordinary way. */
function keep(): void {}

/** Puts a filter before everything an emitter emits; `pass` emits it as before. */
function intercept(
  emitter: EventEmitter,
  filter: (event: string | symbol, args: readonly unknown[], pass: () => boolean) => boolean,
): void {
  const emit: EventEmitter["emit"] = Reflect.get(emitter, "emit");
  const value = (event: string | symbol, ...args: unknown[]): boolean =>
    filter(event, args, () => Reflect.apply(emit, emitter, [event, ...args]) === true);
  Object.defineProperty(emitter, "emit", { value, configurable: true, writable: true });
}

/**
 * Whether the app itself answers extended CONNECT. Node listens too: on the server for its compatibility API, which answers each with 405, and
 * on the session to tell the server.
 */
function takesConnect(server: GuardableServer, session: EventEmitter | undefined): boolean {
  const listeners = [...server.listeners("stream"), ...(session?.listeners("stream") ?? [])];
  return (
    server.listenerCount("connect") > 0 ||
    listeners.some(({ name }) => !/(?:^|\s)(?:onServerStream|sessionOnStream)$/.test(name))
  );
}

/** By its methods: the duplex of a test tool need not be of Node's own class. */
function isDuplex(value: unknown): value is Duplex {
  const methods = ["on", "once", "off", "write", "end", "resume", "destroy"];
  return (
    typeof value === "object" &&
    value !== null &&
    methods.every((name) => typeof Reflect.get(value, name) === "function")
  );
}

function isStream(value: unknown): value is ServerHttp2Stream {
  return value instanceof Duplex && "respond" in value && "session" in value;
}

function isHeaders(value: unknown): value is IncomingHttpHeaders {
  return typeof value === "object" && value !== null && ":method" in value;
}
