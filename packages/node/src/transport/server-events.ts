import { EventEmitter } from "node:events";
import { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import { Http1Request } from "./http1-request.ts";
import { Http1Upgrade, type UpgradeDelegates } from "./http1-upgrade.ts";
import { Http2Connect, isExtendedConnect } from "./http2-connect.ts";
import { isHttp2, isRequest, isResponse } from "./request.ts";
import type { GuardableServer, Receiver } from "./receiver.ts";
import { isRefused } from "./refusal.ts";
import { deliverUpgrades } from "./upgrade-delivery.ts";
import { asksForWebSocket } from "./upgrade-field.ts";

/** Emits an event as it would be without the gate. */
type Pass = (event: string | symbol, args: readonly unknown[]) => boolean;

/** Takes an event, and says what `emit` returns. */
type Take = (args: readonly unknown[], pass: Pass, event: string | symbol) => boolean;

/**
 * Puts the gate before every event with which a handshake can enter a server, by wrapping `emit`. A listener of the gate's own would only be one among
 * others, each of which gets every handshake. The others get theirs through the `emit` that was there before.
 */
export function takeEvents(server: GuardableServer, receiver: Receiver): void {
  /** What the gate has decided on. A listener may emit it again, and HTTP/2 emits each stream on its session and on the server. */
  const decided = new WeakSet<object>();
  const delivery = deliverUpgrades(server, receiver);

  const takeStream: Take = (args, pass, event) => {
    const stream = args[0];
    const headers = args[1];
    if (!isStream(stream) || !isHeaders(headers) || !isExtendedConnect(headers) || decided.has(stream))
      return pass(event, args);
    decided.add(stream);
    const rawHeaders = isLines(args[3]) ? args[3] : undefined;
    const delegates = { exist: () => hasConnectListeners(server, stream.session), deliver: () => pass(event, args) };
    receiver.receive(new Http2Connect({ stream, headers, rawHeaders }, delegates));
    return true;
  };

  const takeUpgrade: Take = (args, pass, event) => {
    const request = args[0];
    const socket = args[1];
    const head = args[2];
    if (request instanceof IncomingMessage && isDuplex(socket) && Buffer.isBuffer(head)) {
      if (decided.has(request) || (receiver.passesUpgrades && !asksForWebSocket(request.headers)))
        return pass(event, args);
      receiver.receive(new Http1Upgrade(request, socket, head, event === "upgrade" ? upgradeDelegates : tunnels));
    } else if (isDuplex(socket)) {
      // Only a test tool emits this. What the gate cannot read is not let through.
      socket.destroy();
    }
    return true;
  };

  const takeRequest: Take = (args, pass, event) => {
    const request = args[0];
    const response = args[1];
    if (!isRequest(request) || !isResponse(response) || decided.has(request)) return pass(event, args);
    // HTTP/2 has no Upgrade (RFC 9113 section 8.6): there a handshake is a stream.
    if (isHttp2(request) || !asksForWebSocket(request.headers))
      return receiver.answer(request, response) || pass(event, args);
    const deliver = (): void => {
      decided.add(request);
      pass(event, args);
    };
    receiver.receive(new Http1Request(request, response, { exist: () => server.listenerCount(event) > 0, deliver }));
    return true;
  };

  const takeConnection: Take = (args, pass, event) => {
    receiver.inUse();
    const emitted = pass(event, args);
    delivery.connected(args[0]);
    return emitted;
  };

  const emit = intercept(server, {
    upgrade: takeUpgrade,
    // An HTTP/1.1 CONNECT that asks for a WebSocket is a malformed handshake, not a tunnel.
    connect: (args, pass, event) =>
      args[0] instanceof IncomingMessage && asksForWebSocket(args[0].headers)
        ? takeUpgrade(args, pass, event)
        : pass(event, args),
    request: takeRequest,
    checkContinue: takeRequest,
    checkExpectation: takeRequest,
    stream: takeStream,
    session(args, pass, event) {
      // A listener on the session gets its streams before the server does.
      if (args[0] instanceof EventEmitter) intercept(args[0], { stream: takeStream });
      return pass(event, args);
    },
    connection: takeConnection,
    secureConnection: takeConnection,
    // A listener would write a second response behind the refusal.
    clientError: (args, pass, event) => isRefused(args[1]) || pass(event, args),
    listening(args, pass, event) {
      receiver.inUse();
      return pass(event, args);
    },
  });
  const delegatesOf = (event: string, exist: () => boolean): UpgradeDelegates => ({
    exist,
    deliver(request, socket, head) {
      decided.add(request);
      emit(event, [request, socket, head]);
    },
  });
  const upgradeDelegates = delegatesOf("upgrade", delivery.hasListeners);
  const tunnels = delegatesOf("connect", () => server.listenerCount("connect") > 0);
}

/** Takes events of an emitter before its listeners get them. Returns what emits them to the listeners. */
function intercept(emitter: EventEmitter, takes: Readonly<Record<string, Take>>): Pass {
  const taken = new Map<string | symbol, Take>(Object.entries(takes));
  const emit: EventEmitter["emit"] = Reflect.get(emitter, "emit");
  const pass: Pass = (event, args) => emit.call(emitter, event, ...args);
  const value = (event: string | symbol, ...args: readonly unknown[]): boolean => {
    const take = taken.get(event);
    return take === undefined ? pass(event, args) : take(args, pass, event);
  };
  Object.defineProperty(emitter, "emit", { value, configurable: true, writable: true });
  return pass;
}

/**
 * Whether the app itself answers extended CONNECT. Node listens too: on the server for its compatibility API, which answers each with 405, and on the
 * session to tell the server.
 */
function hasConnectListeners(server: GuardableServer, session: EventEmitter | undefined): boolean {
  const listeners = [...server.listeners("stream"), ...(session?.listeners("stream") ?? [])];
  return (
    server.listenerCount("connect") > 0 ||
    listeners.some(({ name }) => !/(?:^|\s)(?:onServerStream|sessionOnStream)$/.test(name))
  );
}

/** Checks the methods: the duplex of a test tool need not be of Node's own class. */
function isDuplex(value: unknown): value is Duplex {
  if (value instanceof Duplex) return true;
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

function isLines(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((line) => typeof line === "string");
}
