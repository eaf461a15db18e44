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
