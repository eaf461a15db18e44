import { ServerResponse } from "node:http";
import type { Context, Facts, Gate, GuardableServer, GuardOptions, PathParams, RouteOptions } from "@wsorigin/node";
import { askMiddleware, checkApp, guardWith } from "@wsorigin/node/adapter";
import type Koa from "koa";
import compose from "koa-compose";

const sample = { name: "Koa", app: "new Koa()", before: "[session(app)]" };

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
  /** The parameters of the path, percent-decoded. */
  readonly params: Params;
  /** What the gate knows about the socket: `origin`, `principal`, `decision`, `refresh` and the rest. */
  readonly wsorigin: Context<P, Params, Koa.Context>;
};

/** Gets an open socket and Koa's `ctx`. */
export type SocketHandler<P, Params> = (socket: Context["socket"], ctx: SocketContext<P, Params>) => unknown;

/** The gate, with handlers that get Koa's `ctx`. */
export interface KoaGate<P = undefined> extends Omit<Gate<P, Koa.Context>, "route"> {
  /**
   * Opens sockets on a path. Paths are written as in path-to-regexp and `@koa/router`: `/chat/:room`, `/files/*path`; the first that matches is used, in the
   * order in which they were added.
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
  checkApp(typeof app === "object" && app !== null && typeof app.createContext === "function", before, sample);
  const run = compose([...before]);
  const gate: unknown = guardWith<P, Koa.Context>(server, rest, {
    adapt: (request) => app.createContext(request, new ServerResponse(request)),
    facts: (ctx) => factsOf(app, ctx),
    ip: (ctx) => ctx.ip,
    context: (context) => Object.assign(context.request, { params: context.params, wsorigin: context }),
    ...(before.length > 0 && { before: (ctx) => askMiddleware(() => answerOf(run, ctx), ctx.req.headers.origin) }),
  });
  return gate as KoaGate<P>; // its handlers get what `context` returns
}

/** What `app.proxy` says about Host and TLS. */
export function factsOf(app: Koa, ctx: Koa.Context): Pick<Facts, "host" | "secure"> {
  return { host: forwardedHost(app, ctx), secure: ctx.protocol === "https" || ctx.protocol === "wss" };
}

/** The Host that a trusted proxy forwarded. Otherwise the policy reads the Host field: `ctx.host` would reduce two values to the first. */
function forwardedHost(app: Koa, ctx: Koa.Context): string | undefined {
  return app.proxy && ctx.get("X-Forwarded-Host") !== "" ? ctx.host : undefined;
}

/** Runs the middleware. What does not call `next()` answers: with 404, Koa's own, only if it says so. */
async function answerOf(run: compose.ComposedMiddleware<Koa.Context>, ctx: Koa.Context) {
  let passed = false;
  await run(ctx, async () => void (passed = true));
  const isSet = Reflect.get(ctx.response, "_explicitStatus") === true;
  return passed ? undefined : { status: isSet ? ctx.status : undefined };
}
