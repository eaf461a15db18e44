import { type IncomingMessage, ServerResponse } from "node:http";
import type { Context, Facts, Gate, GuardableServer, GuardOptions, PathParams, RouteOptions } from "@wsorigin/node";
import { checkApp, guardWith, runMiddleware } from "@wsorigin/node/adapter";
import type { Application, Request, RequestHandler, Response } from "express";

const sample = { name: "Express", app: "express()", before: "[session(...)]" };

export interface ExpressGuardOptions<P = undefined> extends GuardOptions<P> {
  /** The app whose settings count: `trust proxy` decides about `ip`, Host and TLS. */
  readonly app: Application;
  /**
   * Middleware that runs after the policy has allowed a handshake and before its socket opens, such as sessions; also for sockets that other listeners open, which
   * find on their request what it put there. No other middleware of the app runs on an upgrade. A middleware that responds (`res.status(401).end()`), or passes an
   * error with a status of 4xx to `next`, refuses the handshake. Its status is sent if it is 401, 403, 404, 429 or 503 (otherwise 403), its body and its cookies are not.
   */
  readonly before?: readonly RequestHandler[];
}

/** What a handler knows about its socket; `request` is Express's own `Request`. */
export interface SocketContext<P, Params> extends Context<P, Params, Request> {}

/** Gets an open socket and what is known about it. */
export type SocketHandler<P, Params> = (socket: Context["socket"], context: SocketContext<P, Params>) => unknown;

/** The gate, with handlers that get Express's `Request`. */
export interface ExpressGate<P = undefined> extends Gate<P, Request> {
  /**
   * Opens sockets on a path. Paths are written as in Express 5: `/chat/:room`, `/files/*path`; the first that matches is used, in the order in which they
   * were added.
   *
   * The handler runs before the first message can arrive. If it throws or rejects, its socket is closed with 1011 and the error goes to `onError`.
   *
   * @throws {GateError} if the path or an option is not valid, or the path has a handler already
   */
  route<const Path extends string>(path: Path, handler: SocketHandler<P, PathParams<Path>>): this;
  /** Opens sockets on a path, with options of the route's own: a policy, subprotocols, limits. An option that is left out is the gate's. */
  route<const Path extends string>(
    path: Path,
    options: RouteOptions<P>,
    handler: SocketHandler<P, PathParams<Path>>,
  ): this;
}

/**
 * Guards the server of an Express app. CORS middleware never runs on a handshake; handlers get the Express `Request`, which honours `trust proxy`.
 *
 * @throws {GateError} if an option is not valid, `before` has a CORS middleware, or the server cannot be guarded
 * @example
 * const server = createServer(app);
 * const gate = guard(server, { app, policy: createPolicy({ origins: ["https://app.example.com"] }) });
 * gate.route("/chat/:room", (socket, { params }) => socket.send(`Welcome to ${params.room}`));
 */
export function guard<P>(server: GuardableServer, options: ExpressGuardOptions<P>): ExpressGate<P> {
  const { app, before = [], ...rest } = options ?? {};
  const isApp = typeof app === "function" && "request" in app && typeof app.get === "function";
  checkApp(isApp, before, sample);
  return guardWith<P, Request>(server, rest, {
    adapt: (request) => adapt(app, request),
    facts: (request) => factsOf(app, request),
    ip: (request) => request.ip,
    ...(before.length > 0 && { before: (request: Request) => runMiddleware(before, request, respond(app, request)) }),
  });
}

/** The request as the app would see it: what Express itself does to every request. */
function adapt(app: Application, incoming: IncomingMessage): Request {
  const request = Object.setPrototypeOf(incoming, Reflect.get(app, "request")) as Request;
  request.originalUrl = request.url;
  return request;
}

/** A response for the app's middleware, which nothing sends. */
function respond(app: Application, request: Request): Response {
  const response: Response = Object.setPrototypeOf(new ServerResponse(request), Reflect.get(app, "response"));
  request.res = response;
  return Object.assign(response, { locals: {}, req: request });
}

/** What `trust proxy` says about Host and TLS. */
export function factsOf(app: Application, request: Request): Pick<Facts, "host" | "secure"> {
  return { host: forwardedHost(app, request), secure: request.protocol === "https" || request.protocol === "wss" };
}

/** The Host that a trusted proxy forwarded, with its port: `req.hostname` has none, and `req.host` has one in Express 5 only. */
function forwardedHost(app: Application, request: Request): string | undefined {
  const forwarded = request.get("X-Forwarded-Host");
  if (forwarded === undefined || app.get("trust proxy fn")(request.socket.remoteAddress, 0) !== true) return undefined;
  return forwarded.split(",", 1)[0]?.trim();
}
