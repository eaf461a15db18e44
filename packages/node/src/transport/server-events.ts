import { EventEmitter } from "node:events";
import { IncomingMessage, ServerResponse } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";
import { Http1Request } from "./http1-request.ts";
import { Http1Upgrade } from "./http1-upgrade.ts";
import { Http2Connect, isExtendedConnect } from "./http2-connect.ts";
import type { GuardableServer, Receiver } from "./receiver.ts";
import { deliverUpgrades } from "./upgrade-delivery.ts";
import { asksForWebSocket } from "./upgrade-field.ts";

/** The events with which Node delivers a request over HTTP/1.1. */
const requestEvents: ReadonlySet<string | symbol> = new Set(["request", "checkContinue", "checkExpectation"]);

/**
 * Puts the gate before every event with which a handshake can enter a server, by wrapping `emit`. A listener of the gate's own would only be one among
 * others, each of which gets every handshake. The others get theirs through the `emit` that was there before.
 */
export function takeEvents(server: GuardableServer, receiver: Receiver): void {
  /** What the gate has decided on. A listener may emit it again, and HTTP/2 emits each stream on its session and on the server. */
  const decided = new WeakSet<object>();
  const delivery = deliverUpgrades(server, receiver);

  const stream = (args: readonly unknown[], pass: () => boolean): boolean => {
    const [candidate, headers, , raw] = args;
    if (!isStream(candidate) || !isHeaders(headers) || !isExtendedConnect(headers) || decided.has(candidate))
      return pass();
    decided.add(candidate);
    const event = { stream: candidate, headers, rawHeaders: isLines(raw) ? raw : undefined };
    const delegates = { exist: () => hasConnectListeners(server, candidate.session), deliver: pass };
    receiver.receive(new Http2Connect(event, delegates));
    return true;
  };

  const upgrade = (args: readonly unknown[], pass: () => boolean): boolean => {
    const [request, socket, head] = args;
    if (request instanceof IncomingMessage && isDuplex(socket) && Buffer.isBuffer(head)) {
      if (decided.has(request) || (receiver.passesUpgrades && !asksForWebSocket(request.headers))) return pass();
      const deliver = (): void => {
        decided.add(request);
        pass();
      };
      receiver.receive(new Http1Upgrade(request, socket, head, { exist: delivery.hasListeners, deliver }));
    } else if (isDuplex(socket)) {
      // Only a test tool emits this. What the gate cannot read is not let through.
      socket.destroy();
    }
    return true;
  };

  const request = (event: string | symbol, args: readonly unknown[], pass: () => boolean): boolean => {
    const [incoming, response] = args;
    if (!(incoming instanceof IncomingMessage && response instanceof ServerResponse) || decided.has(incoming))
      return pass();
    if (!asksForWebSocket(incoming.headers)) return receiver.answer(incoming, response) || pass();
    const deliver = (): void => {
      decided.add(incoming);
      pass();
    };
    const exist = (): boolean => server.listenerCount(event) > 0;
    receiver.receive(new Http1Request(incoming, response, { exist, deliver }));
    return true;
  };

  intercept(server, (event, args, pass) => {
    if (requestEvents.has(event)) return request(event, args, pass);
    switch (event) {
      case "upgrade":
        return upgrade(args, pass);
      case "connect":
        // An HTTP/1.1 CONNECT that asks for a WebSocket is a malformed handshake, not a tunnel.
        return args[0] instanceof IncomingMessage && asksForWebSocket(args[0].headers) ? upgrade(args, pass) : pass();
      case "stream":
        return stream(args, pass);
      case "session":
        // A listener on the session gets its streams before the server does.
        if (args[0] instanceof EventEmitter)
          intercept(args[0], (inner, innerArgs, innerPass) =>
            inner === "stream" ? stream(innerArgs, innerPass) : innerPass(),
          );
        return pass();
      case "connection":
      case "secureConnection": {
        receiver.inUse();
        const emitted = pass();
        delivery.connected(args[0]);
        return emitted;
      }
      case "listening":
        receiver.inUse();
        return pass();
      default:
        return pass();
    }
  });
}

/** Puts a filter before everything that an emitter emits; `pass` emits it as before. */
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
