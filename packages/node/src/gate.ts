import type { IncomingMessage } from "node:http";
import type { OpenConnection } from "./connection/context.ts";
import type { OpenedSocket } from "./connection/route-connection.ts";
import type { AllowRequest } from "./delegation/allow-request.ts";
import type { Handler, RouteOptions } from "./options.ts";
import type { PathParams } from "./routing/path.ts";
import type { FrameworkUpgrade, Route } from "./routing/route.ts";

/** The gate of one server: it decides on every handshake. */
export interface Gate<P = undefined, R = IncomingMessage> {
  /**
   * Opens sockets on a path. Paths are written as in path-to-regexp and Express 5: `/chat/:room`, `/files/*path`; the first that matches is used, in the
   * order in which they were added.
   *
   * The handler runs before the first message can arrive. If it throws or rejects, its socket is closed with 1011 and the error goes to `onError`.
   *
   * @throws {GateError} if the path or an option is not valid, or the path has a handler already
   */
  route<const Path extends string>(path: Path, handler: Handler<P, PathParams<Path>, R>): this;
  /** Opens sockets on a path, with options of the route's own: a policy, subprotocols, limits. An option that is left out is the gate's. */
  route<const Path extends string>(
    path: Path,
    options: RouteOptions<P>,
    handler: Handler<P, PathParams<Path>, R>,
  ): this;
  /** Everything that the gate let in and that is open: the sockets of its routes, and those that other listeners opened. */
  readonly connections: ReadonlySet<OpenConnection<P, R>>;
  /**
   * Closes every socket that matches. Their handlers get no message from then on.
   *
   * @param code 1000, 1008 (default), 1011, or 3000 to 4999
   * @returns how many were closed
   * @throws {RangeError} if the code cannot be sent, or the reason is longer than 123 bytes; then nothing is closed
   */
  disconnect(predicate: (connection: OpenConnection<P, R>) => boolean, code?: number, reason?: string): number;
  /**
   * Decides for Socket.IO and Engine.IO: `new Server(server, { allowRequest: gate.allowRequest })`. A WebSocket handshake keeps the gate's decision, and its
   * token is not verified again. The first polling request of a session is decided by the gate's policy, with its token and one event; a refusal has the
   * gate's status. Later requests of the session, and its upgrade to a WebSocket, are decided by Host, Origin and the session, and inherit its grant.
   *
   * Revocation, expiry and `disconnect` end the pending poll of a session; later requests are refused with 401. A WebSocket handshake on which this gate has
   * not decided is refused. A function of its own: pass it as it is.
   */
  readonly allowRequest: AllowRequest;
  /**
   * Shuts the gate down: new and pending handshakes get 503, open sockets 1001. Resolves when all are closed; what is left after `timeout` milliseconds
   * (default 5000) is destroyed. Handshakes that other listeners have not answered are destroyed at the end. Afterwards `server.close()` has no socket
   * of the gate to wait for, and the server still completes no upgrade.
   */
  close(options?: { readonly timeout?: number }): Promise<void>;
}

/** What a gate does for an adapter whose framework routes and opens sockets itself. */
export interface AdapterGate<P = undefined, R = IncomingMessage> extends Gate<P, R> {
  /**
   * Makes a route of the framework's own router, for `Adapter.find` to return: the gate decides, `take` answers.
   *
   * @throws {GateError} if an option is not valid
   */
  frameworkRoute(path: string, options: RouteOptions<P>, take: (upgrade: FrameworkUpgrade<P, R>) => void): Route<P, R>;
  /** Adds a socket that the framework opened to `connections`, and runs its handler as the gate runs its own. */
  adopt(upgrade: FrameworkUpgrade<P, R>, opened: OpenedSocket<R>, handler: () => unknown): void;
  /** Writes a sentence to the gate's log. */
  notice(text: string): void;
}
