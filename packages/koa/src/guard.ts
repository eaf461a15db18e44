import { ServerResponse } from "node:http";
import {
  type Context,
  type Deny,
  type Facts,
  type Gate,
  type GuardableServer,
  GateError,
  type GateIssue,
  type GuardOptions,
  type PathParams,
  type RouteOptions,
} from "@wsorigin/node";
import { guardWith, issue, middlewareIssues, middlewareRefusal, thrownRefusal } from "@wsorigin/node/adapter";
import type Koa from "koa";
import compose from "koa-compose";

export interface KoaGuardOptions<P = undefined> extends GuardOptions<P> {
  /** The app whose settings count: `app.proxy` decides about `ctx.ip`, Host and TLS. */
  readonly app: Koa;
  /**
   * Middleware that runs after the policy has allowed a handshake and before its socket opens, such as sessions; also for sockets that other listeners open, which
   * find this `ctx` as `identityOf(request).request`. No other middleware of the app runs on an upgrade. A middleware that does not call `next()`, or throws a 4xx,
   * refuses the handshake. Its status is sent if it is 401, 403, 404, 429 or 503 (otherwise 403), its body and its cookies are not.
   */
  readonly before?: readonly Koa.Middleware[];
}

/** Koa's own `ctx`, with the parameters of the path and the gate's context. */
export type SocketContext<P, Params> = Koa.Context & {
  readonly params: Params;
  readonly wsorigin: Context<P, Params, Koa.Context>;
};

export type SocketHandler<P, Params> = (socket: Context["socket"], ctx: SocketContext<P, Params>) => unknown;

/** The gate, with handlers that get Koa's `ctx`. */
export interface KoaGate<P = undefined> extends Omit<Gate<P, Koa.Context>, "route"> {
  route<const Path extends string>(path: Path, ...given: RouteArguments<P, PathParams<Path>>): this;
}

type RouteArguments<P, Params> =
  | readonly [handler: SocketHandler<P, Params>]
  | readonly [options: RouteOptions<P>, handler: SocketHandler<P, Params>];

/**
 * Guards the server of a Koa app. CORS middleware never runs on a handshake; handlers get Koa's own `ctx`.
 *
 * @throws {GateError} if an option is not valid, `before` has a CORS middleware, or the server cannot be guarded
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
    adapt: (request) => app.createContext(request, new ServerResponse(request)),
    facts: (ctx) => factsOf(app, ctx),
    ip: (ctx) => ctx.ip,
    ...(before.length > 0 && { before: (ctx) => runMiddleware(run, ctx) }),
  });
  const gate: KoaGate<P> = {
    route<const Path extends string>(path: Path, ...given: RouteArguments<P, PathParams<Path>>) {
      const [routeOptions, handler] = given.length === 1 ? [{}, given[0]] : given;
      // The gate itself refuses a handler that is not a function.
      const wrap = (socket: Context["socket"], context: Context<P, PathParams<Path>, Koa.Context>): unknown =>
        handler(socket, Object.assign(context.request, { params: context.params, wsorigin: context }));
      inner.route(path, routeOptions, typeof handler === "function" ? wrap : handler);
      return gate;
    },
    get connections() {
      return inner.connections;
    },
    allowRequest: inner.allowRequest,
    disconnect: (...given) => inner.disconnect(...given),
    close: (...given) => inner.close(...given),
  };
  return gate;
}

/** What `app.proxy` says about Host and TLS. */
export function factsOf(app: Koa, ctx: Koa.Context): Pick<Facts, "host" | "secure"> {
  return { host: forwardedHost(app, ctx), secure: ctx.protocol === "https" || ctx.protocol === "wss" };
}

/** The Host that a trusted proxy forwarded. Otherwise the policy reads the Host field: `ctx.host` would reduce two values to the first. */
function forwardedHost(app: Koa, ctx: Koa.Context): string | undefined {
  return app.proxy && ctx.get("X-Forwarded-Host") !== "" ? ctx.host : undefined;
}

/**
 * Runs Koa middleware on a handshake.
 *
 * @throws what a middleware throws, unless it has a status of 4xx: that refuses the handshake
 */
async function runMiddleware(
  run: compose.ComposedMiddleware<Koa.Context>,
  ctx: Koa.Context,
): Promise<Deny | undefined> {
  const { origin } = ctx.req.headers;
  let passed = false;
  try {
    await run(ctx, async () => void (passed = true));
  } catch (error) {
    const refusal = thrownRefusal(error, origin, "A middleware");
    if (refusal === undefined) throw error;
    return refusal;
  }
  // Koa begins with 404; only a status that a middleware has set is its answer.
  const status: unknown = Reflect.get(ctx.response, "_explicitStatus") === true ? ctx.status : undefined;
  return passed ? undefined : middlewareRefusal(status, origin, "A middleware");
}

function appIssues(app: Koa | undefined): readonly GateIssue[] {
  if (typeof app === "object" && app !== null && typeof app.createContext === "function") return [];
  return [
    issue(
      "app-invalid",
      "app",
      "`app` must be the Koa app. Write guard(server, { app, policy }) with the app that new Koa() returned.",
    ),
  ];
}
