import { type IncomingMessage, ServerResponse } from "node:http";
import {
  type Adapter,
  type Context,
  deny,
  type Deny,
  type Gate,
  type GuardableServer,
  GateError,
  type GuardOptions,
  guardWith,
  middlewareIssues,
  type PathParams,
  type RouteOptions,
} from "@wsorigin/node";
import type Koa from "koa";
import compose from "koa-compose";

export interface KoaGuardOptions<P = undefined> extends GuardOptions<P> {
  /** The app whose settings count: `app.proxy` decides what `ctx.ip`, Host and TLS are. */
  readonly app: Koa;
  /**
   * Middleware to run on a handshake that the policy allows, before the socket opens: sessions, say. Nothing else of the app runs on an upgrade.
   * One that does not go on to `next()`, or throws a 4xx, refuses; its answer is not sent. Cookies it sets are not sent either.
   */
  readonly before?: readonly Koa.Middleware[];
}

/** Koa's own `ctx`, with the path's parameters, and what the gate knows. */
export type SocketContext<P, Params> = Koa.Context & {
  readonly params: Params;
  readonly wsorigin: Context<P, Params, Koa.Context>;
};

export type SocketHandler<P, Params> = (socket: Context["socket"], ctx: SocketContext<P, Params>) => unknown;

/** The gate, with handlers in Koa's manner. */
export interface KoaGate<P = undefined> extends Omit<Gate<P, Koa.Context>, "route"> {
  route<const Path extends string>(path: Path, ...given: RouteArguments<P, PathParams<Path>>): this;
}

type RouteArguments<P, Params> =
  | readonly [handler: SocketHandler<P, Params>]
  | readonly [options: RouteOptions<P>, handler: SocketHandler<P, Params>];

/**
 * Puts a gate before every upgrade of a Koa app's server. CORS middleware never meets a handshake; handlers get Koa's own `ctx`.
 *
 * @throws {GateError} where an option cannot be understood, `before` holds a CORS middleware, or the server has a gate already
 * @example
 * const server = createServer(app.callback());
 * const gate = guard(server, { app, policy: createPolicy({ origins: ["https://app.example.com"] }) });
 * gate.route("/chat/:room", (socket, ctx) => socket.send(`Welcome to ${ctx.params.room}`));
 */
export function guard<P>(server: GuardableServer, options: KoaGuardOptions<P>): KoaGate<P> {
  const { app, before = [], ...rest } = options ?? {};
  const issues = [...appIssues(app), ...middlewareIssues(before, "[session(app)]")];
  if (issues.length > 0) throw new GateError(issues);
  const run = compose([...before]);
  const inner = guardWith<P, Koa.Context>(server, rest, {
    adapt: (request) => adapt(app, request),
    ...(before.length > 0 && { before: (ctx) => runMiddleware(run, ctx) }),
  });
  const gate: KoaGate<P> = {
    route<const Path extends string>(path: Path, ...given: RouteArguments<P, PathParams<Path>>) {
      const [routeOptions, handler] = given.length === 1 ? [{}, given[0]] : given;
      // What is no function is refused by the gate itself.
      const wrap = (socket: Context["socket"], context: Context<P, PathParams<Path>, Koa.Context>): unknown =>
        handler(socket, Object.assign(context.request, { params: context.params, wsorigin: context }));
      inner.route(path, routeOptions, typeof handler === "function" ? wrap : handler);
      return gate;
    },
    get connections() {
      return inner.connections;
    },
    disconnect: (...given) => inner.disconnect(...given),
    close: (...given) => inner.close(...given),
  };
  return gate;
}

/** The `ctx` as the app would make it, and what its proxy setting makes of the connection. */
function adapt(app: Koa, incoming: IncomingMessage): ReturnType<Adapter<undefined, Koa.Context>["adapt"]> {
  const ctx = app.createContext(incoming, new ServerResponse(incoming));
  // Without `app.proxy` Host is read from the wire: `ctx.host` would cut a list of two down to the first.
  const host = app.proxy && ctx.get("X-Forwarded-Host") !== "" ? ctx.host : undefined;
  return { request: ctx, ip: ctx.ip, host, secure: ctx.protocol === "https" || ctx.protocol === "wss" };
}

/**
 * Runs Koa middleware on a handshake, which ends where the app's own would begin.
 *
 * @throws whatever a middleware throws that is no refusal (a status of 4xx)
 */
async function runMiddleware(
  run: compose.ComposedMiddleware<Koa.Context>,
  ctx: Koa.Context,
): Promise<Deny | undefined> {
  let passed = false;
  let status: unknown;
  try {
    await run(ctx, async () => void (passed = true));
    status = ctx.status;
  } catch (error) {
    status = error instanceof Error && "status" in error ? error.status : undefined;
    if (typeof status !== "number" || status < 400 || status >= 500) throw error;
    passed = false;
  }
  return passed
    ? undefined
    : deny("middleware-refused", ctx.req.headers.origin, { note: `It answered ${String(status)}.` });
}

function appIssues(app: Koa | undefined): string[] {
  if (typeof app === "object" && app !== null && typeof app.createContext === "function") return [];
  return ["app is missing, or no Koa app. Write guard(server, { app, policy }) with what new Koa() returned."];
}
