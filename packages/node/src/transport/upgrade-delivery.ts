import { IncomingMessage } from "node:http";
import type { GuardableServer, Receiver } from "./receiver.ts";
import { asksForWebSocket } from "./upgrade-field.ts";

/** How Node delivers requests with an Upgrade field on a guarded server. */
export interface UpgradeDelivery {
  /** Whether there are `upgrade` listeners beside the gate's own. */
  readonly hasListeners: () => boolean;
  /** Called with each new connection, after Node has put its parser on it. */
  readonly connected: (socket: unknown) => void;
}

/** A parser of Node's: what it calls for each request before it decides how to deliver it. */
type OnIncoming = (this: unknown, request: unknown, keepAlive: unknown) => unknown;

/**
 * Has Node deliver with `upgrade` what the gate or another `upgrade` listener opens, and everything else as an ordinary request. By itself Node looks
 * only at whether there is an `upgrade` listener: with one, a request for `h2c` is an upgrade too (RFC 9110 section 7.8 lets a server ignore it); without
 * one, a handshake is a request.
 */
export function deliverUpgrades(server: GuardableServer, receiver: Receiver): UpgradeDelivery {
  const hasListeners = (): boolean => server.listeners("upgrade").some(isOther);
  let appDecides: unknown = Reflect.get(server, "shouldUpgradeCallback");
  const hasCallback = typeof appDecides === "function";

  const askApp = (request: IncomingMessage): boolean => {
    if (typeof appDecides !== "function") return true;
    try {
      return Boolean(Reflect.apply(appDecides, server, [request]));
    } catch (error) {
      receiver.error(error, "shouldUpgradeCallback");
      return false;
    }
  };
  const isUpgrade = (request: IncomingMessage): boolean => {
    const isWebSocket = asksForWebSocket(request.headers);
    const delivers =
      (isWebSocket && receiver.claims(request)) ||
      ((isWebSocket || receiver.passesUpgrades) && hasListeners() && askApp(request));
    // Without a listener Node does not deliver an upgrade. Until the gate needs it, the listeners that an app counts are its own.
    if (delivers && server.listenerCount("upgrade") === 0) server.on("upgrade", keep);
    return delivers;
  };

  if (hasCallback) {
    // Node 22.23, 24.9 and later ask this. An app that sets it later decides about its own listeners only.
    Object.defineProperty(server, "shouldUpgradeCallback", {
      get: () => isUpgrade,
      set: (value: unknown) => {
        appDecides = value;
      },
      configurable: true,
      enumerable: true,
    });
    return { hasListeners, connected: ignore };
  }
  for (const parser of parsersOf(server)) filterRequests(parser, isUpgrade);
  return { hasListeners, connected: (socket) => filterRequests(read(socket, "parser"), isUpgrade) };
}

/** The parsers of the connections that a server has already, which Node keeps for its timeouts. */
function parsersOf(server: GuardableServer): readonly unknown[] {
  const key = Object.getOwnPropertySymbols(server).find(({ description }) => description === "http.server.connections");
  const list: unknown = key === undefined ? undefined : Reflect.get(server, key);
  const all = read(list, "all");
  const parsers: unknown = typeof all === "function" ? Reflect.apply(all, list, []) : [];
  return Array.isArray(parsers) ? parsers : [];
}

/** Older versions of Node ask nothing, so the flag that their parser sets is taken back before they read it. */
function filterRequests(parser: unknown, isUpgrade: (request: IncomingMessage) => boolean): void {
  if (!isParser(parser)) return;
  const { onIncoming } = parser;
  parser.onIncoming = function (request, keepAlive) {
    if (isFlagged(request) && request.upgrade === true && request.method !== "CONNECT" && !isUpgrade(request))
      request.upgrade = false;
    return onIncoming.call(this, request, keepAlive);
  };
}

/** A parser, as far as it is known. */
interface Parser {
  onIncoming: OnIncoming;
}

function isParser(value: unknown): value is Parser {
  return typeof value === "object" && value !== null && "onIncoming" in value && typeof value.onIncoming === "function";
}

/** A request with the flag that Node's parser sets. */
function isFlagged(request: unknown): request is IncomingMessage & { upgrade: unknown } {
  return request instanceof IncomingMessage && "upgrade" in request;
}

function read(holder: unknown, name: string): unknown {
  return typeof holder === "object" && holder !== null ? Reflect.get(holder, name) : undefined;
}

function isOther(listener: unknown): boolean {
  return listener !== keep;
}

/** Node emits `upgrade` only if there is a listener. */
function keep(): void {}

function ignore(): void {}
