import type { IncomingMessage, ServerResponse } from "node:http";
import websocket, { type WebSocket, type WebsocketPluginOptions } from "@fastify/websocket";
import * as gates from "@wsorigin/node";
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest, FastifyServerOptions } from "fastify";
import fp from "fastify-plugin";
import FindMyWay from "find-my-way";

export interface WsoriginOptions<P = undefined> extends gates.GuardOptions<P> {
  /** For @fastify/websocket, which this plugin registers: an error handler, and options of `ws`. */
  readonly websocket?: Pick<WebsocketPluginOptions, "errorHandler" | "options">;
}

/** What a websocket route may have of its own: `config: { wsorigin: { policy, protocols } }`. */
export type SocketRouteOptions = Omit<gates.RouteOptions<unknown>, "maxPayload">;

/** For `declare module`: `interface Register { policy: typeof policy }` gives `request.wsorigin.principal` its type. */
export interface Register {}
type Principal = Register extends { readonly policy: gates.Policy<infer P> } ? P : unknown;
type Gate = gates.AdapterGate<unknown, FastifyRequest>;
type Taken = gates.Taken<unknown, FastifyRequest>;
type RouterOptions = FindMyWay.Config<FindMyWay.HTTPVersion.V1>;
type AppOptions = RouterOptions & Pick<FastifyServerOptions, "rewriteUrl"> & { readonly routerOptions?: RouterOptions };

declare module "fastify" {
  interface FastifyInstance {
    /** The gate: `connections`, `disconnect`. */
    wsorigin: Gate;
  }
  interface FastifyRequest {
    /** What the gate decided on the handshake, and for whom; `null` on ordinary requests. */
    wsorigin: Pick<gates.Identity<Principal>, "decision" | "ip" | "origin" | "principal" | "refresh"> | null;
  }
  interface FastifyContextConfig {
    wsorigin?: SocketRouteOptions;
  }
}

const about = { name: "@wsorigin/fastify", fastify: "5.x" };
const registered = `@fastify/websocket is registered already, and would answer without asking the policy. Remove app.register(websocket, ...): this plugin registers it, with what you give it as \`websocket\`.`;

/** What Fastify keeps under a symbol of its own. */
function internal(app: object | null, name: string): ReturnType<typeof Reflect.get> {
  if (app === null) throw new gates.GateError([`Fastify hides its ${name}: use a version that this package names.`]);
  const key = Object.getOwnPropertySymbols(app).find(({ description }) => description === `fastify.${name}`);
  return key === undefined ? internal(Reflect.getPrototypeOf(app), name) : Reflect.get(app, key);
}

async function plugin(app: FastifyInstance, { websocket: own = {}, ...options }: WsoriginOptions<unknown>) {
  if (app.hasDecorator("websocketServer")) throw new gates.GateError([registered]);
  const allowed = new WeakMap<IncomingMessage, Taken>();
  const upgrades = new gates.StandIn(app.server);
  // Its requests' `ip`, `host` and `protocol` know the app's `trustProxy`.
  const Request: new (...args: readonly unknown[]) => FastifyRequest = internal(app, "Request");
  const { rewriteUrl, routerOptions, ...older }: AppOptions = internal(app, "options");
  const none = (): undefined => {};
  const router = FindMyWay({ ...older, ...routerOptions, defaultRoute: none, onBadUrl: none, onMaxParamLength: none });
  const told = { log: app.log.warn.bind(app.log), onError: app.log.error.bind(app.log), ...options };
  const gate: Gate = gates.guardWith(app.server, told, {
    adapt(raw) {
      const request = new Request("", {}, raw, {}, app.log, undefined);
      const host = request.host === (raw.headers.host ?? "") ? undefined : request.host;
      return { request, ip: request.ip, host, secure: ["https", "wss"].includes(request.protocol) };
    },
    find(raw) {
      const url = rewriteUrl?.call(app, raw) ?? raw.url;
      // Over HTTP/2 the method is CONNECT. To derive a request costs as much as all the rest here.
      const same = url === raw.url && raw.method === "GET";
      const request = same ? raw : Object.assign(Object.create(raw), { method: "GET", url });
      return router.lookup(request, {} as ServerResponse);
    },
  });
  app.decorate("wsorigin", gate);
  app.decorateRequest("wsorigin", {
    getter(this: FastifyRequest) {
      return (allowed.get(this.raw)?.identity as gates.Identity<Principal> | undefined) ?? null;
    },
  });

  // Before @fastify/websocket adds its own: what is a socket's handler here becomes a request's handler there.
  app.addHook("onRoute", (route) => {
    if (![route.method].flat().includes("GET")) return;
    const name = route.wsHandler === undefined ? "handler" : "wsHandler";
    const take = (taken: Taken): void => {
      allowed.set(taken.request, taken);
      upgrades.pass(taken);
    };
    const isSocket = name === "wsHandler" || route.websocket === true;
    const ours = isSocket ? gate.frameworkRoute(route.url, route.config?.wsorigin ?? {}, take) : undefined;
    // Those that are no sockets' too: one of them may be the more specific.
    router.on("GET", route.url, { constraints: route.constraints ?? {} }, () => ours);
    const handler: unknown = Reflect.get(route, name);
    if (ours === undefined || typeof handler !== "function") return;
    route.config = Object.assign({ ...route.config }, { cors: false }); // what @fastify/cors looks at
    Reflect.set(route, name, function (this: FastifyInstance, socket: WebSocket, request: FastifyRequest): void {
      const taken = allowed.get(request.raw);
      // Should Fastify find another route than the gate did, the wrong policy has decided.
      if (taken?.route !== ours) return socket.close(4403, "Forbidden");
      const opened = { socket, request, params: Object(request.params) };
      gate.adopt(taken, opened, () => Reflect.apply(handler, this, [socket, request]));
    });
  });
  // For a hook that answers by itself, and a plain route of any scope.
  const route = app.routing.bind(app);
  app.routing = (raw, reply) => {
    const taken = allowed.get(raw);
    route(raw, taken === undefined ? reply : gates.refusing(taken, reply));
  };

  await app.register(websocket, {
    errorHandler: (error, _socket, request) => request.log.error(error), // ws closes it, with the right code
    ...own,
    options: {
      maxPayload: options.maxPayload ?? 1024 * 1024,
      ...gates.patience,
      ...own.options,
      clientTracking: false,
      handleProtocols: (offered, raw) =>
        gates.chooseProtocol(offered, allowed.get(raw)?.route.options.protocols ?? options.protocols),
      server: upgrades as unknown as typeof app.server, // it only listens there
    },
    preClose: () => gate.close(),
  });
}

/**
 * Registers @fastify/websocket behind a gate: nothing on the server upgrades unless a policy allows it, decided before any hook runs. Register
 * it before the routes it is for: `await app.register(wsorigin, { policy })`.
 *
 * @throws {GateError} where an option cannot be understood, or @fastify/websocket is registered already
 */
export const wsorigin: FastifyPluginAsync<WsoriginOptions<unknown>> = fp(plugin, about);
