import type { IncomingMessage } from "node:http";
import {
  type Adapter,
  type Gate,
  type GuardableServer,
  GateError,
  type GuardOptions,
  guardWith,
  middlewareIssues,
} from "@wsorigin/node";
import type { Application, Request, RequestHandler } from "express";
import { runMiddleware } from "./middleware.ts";

export interface ExpressGuardOptions<P = undefined> extends GuardOptions<P> {
  /** The app whose settings count: `trust proxy` decides what `ip`, Host and TLS are. */
  readonly app: Application;
  /**
   * Middleware to run on a handshake that the policy allows, before the socket opens: sessions, say. Nothing else of the app runs on an upgrade.
   * One that answers by itself (`res.status(401).end()`) refuses; its answer is not sent. Cookies it sets are not sent either.
   */
  readonly before?: readonly RequestHandler[];
}

/**
 * Puts a gate before every upgrade of an Express app's server. CORS middleware never meets a handshake; handlers get the Express `Request`, which
 * honours `trust proxy`.
 *
 * @throws {GateError} where an option cannot be understood, `before` holds a CORS middleware, or the server has a gate already
 * @example
 * const server = createServer(app);
 * const gate = guard(server, { app, policy: createPolicy({ origins: ["https://app.example.com"] }) });
 * gate.route("/chat/:room", (socket, { params }) => socket.send(`Welcome to ${params.room}`));
 */
export function guard<P>(server: GuardableServer, options: ExpressGuardOptions<P>): Gate<P, Request> {
  const { app, before = [], ...rest } = options ?? {};
  const issues = [...appIssues(app), ...middlewareIssues(before, "[session(...)]")];
  if (issues.length > 0) throw new GateError(issues);
  const adapter: Adapter<P, Request> = { adapt: (request) => adapt(app, request) };
  if (before.length > 0) adapter.before = (request) => runMiddleware(app, request, before);
  return guardWith(server, rest, adapter);
}

/** The request as the app would see it, and what its trust settings make of the connection. */
function adapt(app: Application, incoming: IncomingMessage): ReturnType<Adapter<undefined, Request>["adapt"]> {
  // What Express itself does to every request.
  const request = Object.setPrototypeOf(incoming, Reflect.get(app, "request")) as Request;
  request.originalUrl = request.url;
  const { protocol } = request;
  return {
    request,
    ip: request.ip,
    host: forwardedHost(app, request),
    secure: protocol === "https" || protocol === "wss",
  };
}

/** The Host that a trusted proxy forwarded, port included: `req.hostname` has none, and `req.host` has one in Express 5 only. */
function forwardedHost(app: Application, request: Request): string | undefined {
  const forwarded = request.get("X-Forwarded-Host");
  if (forwarded === undefined || app.get("trust proxy fn")(request.socket.remoteAddress, 0) !== true) return undefined;
  return forwarded.split(",", 1)[0]?.trim();
}

function appIssues(app: Application | undefined): string[] {
  if (typeof app === "function" && "request" in app && typeof app.get === "function") return [];
  return ["app is missing, or no Express app. Write guard(server, { app, policy }) with what express() returned."];
}
