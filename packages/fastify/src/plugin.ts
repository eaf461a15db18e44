import type { IncomingMessage } from "node:http";
import websocket, { type WebsocketPluginOptions } from "@fastify/websocket";
import * as gates from "@wsorigin/node";
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import FindMyWay from "find-my-way";

export interface WsoriginOptions<P = undefined> extends gates.GuardOptions<P> {
  /** For @fastify/websocket, which this plugin registers: an error handler, and options of `ws`. */
  readonly websocket?: Pick<WebsocketPluginOptions, "errorHandler" | "options">;
}

/** What a websocket route may have of its own: `config: { wsorigin: { policy, protocols, refuseWith } }`. */
export type SocketRouteOptions = Pick<gates.RouteOptions<unknown>, "policy" | "protocols" | "refuseWith">;

type Gate = gates.AdapterGate<unknown, FastifyRequest>;
type Taken = gates.Taken<unknown, FastifyRequest>;

declare module "fastify" {
  interface FastifyInstance {
    /** The gate: `connections`, `disconnect`. */
    wsorigin: Gate;
  }
  interface FastifyRequest {
    /** What the gate decided on the handshake, and for whom; `null` on ordinary requests. */
    wsorigin: Pick<Taken, "decision" | "origin" | "principal" | "ip"> | null;
  }
  interface FastifyContextConfig {
    wsorigin?: SocketRouteOptions;
  }
}

/** Fastify keeps the class of an app's requests, whose `ip`, `host` and `protocol` know its `trustProxy`, under a symbol of its own. */
function requestClass(app: object): new (...args: readonly unknown[]) => FastifyRequest {
  for (let at: object | null = app; at !== null; at = Reflect.getPrototypeOf(at)) {
    const key = Object.getOwnPropertySymbols(at).find(({ description }) => description === "fastify.Request");
    if (key !== undefined) return Reflect.get(at, key);
  }
  throw new gates.GateError([
    "This version of Fastify hides its trustProxy setting. Use one that @wsorigin/fastify names as its peer.",
  ]);
}

async function plugin(
  app: FastifyInstance,
  { websocket: own = {}, ...options }: WsoriginOptions<unknown>,
): Promise<void> {
  if (app.hasDecorator("websocketServer")) {
    throw new gates.GateError([
      "@fastify/websocket is registered already, and would answer without asking the policy. Remove app.register(websocket, ...): this plugin registers it, with what you give it as `websocket`.",
    ]);
  }
  const allowed = new WeakMap<IncomingMessage, Taken>();
  const upgrades = new gates.StandIn(app.server);
  const router = FindMyWay<FindMyWay.HTTPVersion.V1>(app.initialConfig.routerOptions ?? app.initialConfig);
  const Request = requestClass(app);
  const gate: Gate = gates.guardWith(
    app.server,
    { log: (text) => app.log.warn(text), onError: (error, where) => app.log.error(error, where), ...options },
    {
      adapt(raw) {
        const request = new Request("", {}, raw, {}, app.log, undefined);
        const host = request.host === (raw.headers.host ?? "") ? undefined : request.host;
        return { request, ip: request.ip, host, secure: ["https", "wss"].includes(request.protocol) };
      },
      find: ({ url = "", headers }) =>
        router.find("GET", url, { host: headers.host, version: headers["accept-version"] })?.store,
    },
  );
  app.decorate("wsorigin", gate);
  app.decorateRequest("wsorigin", {
    getter(this: FastifyRequest) {
      return allowed.get(this.raw) ?? null;
    },
  });

  // Before @fastify/websocket adds its own: what is a socket's handler here becomes a request's handler there.
  app.addHook("onRoute", (route) => {
    const name = route.wsHandler === undefined ? "handler" : "wsHandler";
    if ((name === "handler" && route.websocket !== true) || route.method === "HEAD") return;
    const ours = gate.frameworkRoute(route.url, route.config?.wsorigin ?? {}, (taken) => {
      allowed.set(taken.request, taken);
      upgrades.pass(taken);
    });
    router.on("GET", route.url, { constraints: route.constraints ?? {} }, () => {}, ours);
    // What @fastify/cors looks at.
    route.config = Object.assign({ ...route.config }, { cors: false });
    const handler: unknown = Reflect.get(route, name);
    Reflect.set(
      route,
      name,
      function (this: FastifyInstance, socket: Parameters<Gate["adopt"]>[1]["socket"], request: FastifyRequest) {
        const taken = allowed.get(request.raw);
        // Should Fastify find another route than the gate did, the wrong policy has decided.
        if (taken?.route !== ours) return socket.close(4403, "Forbidden");
        gate.adopt(taken, { socket, request, params: Object(request.params) }, () =>
          typeof handler === "function" ? Reflect.apply(handler, this, [socket, request]) : undefined,
        );
      },
    );
  });
  // A hook that answers by itself leaves the socket open otherwise: whoever refuses owns it.
  app.addHook("onResponse", async ({ raw, headers }, { statusCode }) => {
    const taken = allowed.get(raw);
    taken?.answered(gates.deny("middleware-refused", headers.origin, { note: `A hook answered ${statusCode}.` }));
    taken?.socket.destroy();
  });

  await app.register(websocket, {
    errorHandler(error, socket, request) {
      request.log.error(error);
      socket.close(1011);
    },
    ...own,
    options: {
      maxPayload: options.maxPayload ?? 1024 * 1024,
      ...own.options,
      clientTracking: false,
      handleProtocols: (offered, raw) =>
        gates.chooseProtocol(offered, allowed.get(raw)?.route.options.protocols ?? options.protocols),
      // It only listens there.
      server: upgrades as unknown as typeof app.server,
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
export const wsorigin: FastifyPluginAsync<WsoriginOptions<unknown>> = fp(plugin, {
  name: "@wsorigin/fastify",
  fastify: "5.x",
});
