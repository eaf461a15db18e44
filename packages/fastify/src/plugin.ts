import type { IncomingMessage, ServerResponse } from "node:http";
import websocket, { type WebSocket } from "@fastify/websocket";
import { type Gate, GateError, type GuardOptions, type Identity, type Policy, type RouteOptions } from "@wsorigin/node";
import {
  type AdapterGate,
  attempt,
  chooseProtocol,
  closeTimeout,
  type FrameworkUpgrade,
  guardWith,
  refuseOnResponse,
  UpgradeEmitter,
} from "@wsorigin/node/adapter";
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { factsOf } from "./facts.ts";
import { pluginIssues, type SocketOptions } from "./plugin-issues.ts";
import { fastifyInternal, fastifyRoutes } from "./routes.ts";
import { earlyRouteWarning, guardOtherAddresses, loggingOf } from "./start.ts";

export interface WsoriginOptions<P = undefined> extends GuardOptions<P> {
  /**
   * For `@fastify/websocket`, which this plugin registers: options of `ws`, and an error handler. The error handler gets what a route's handler throws or
   * rejects with, in place of `onError`, and has to close the socket.
   */
  readonly websocket?: SocketOptions;
}

/** What a websocket route may have of its own: `config: { wsorigin: { policy, protocols } }`. */
export type SocketRouteOptions = Omit<RouteOptions<unknown>, "maxPayload">;

/** For `declare module`: `interface Register { policy: typeof policy }` gives `request.wsorigin.principal` its type. */
export interface Register {}
type Principal = Register extends { readonly policy: Policy<infer P> } ? P : unknown;
type Upgrade = FrameworkUpgrade<unknown, FastifyRequest>;

/** The gate of the app's server. Sockets open on the app's own routes. */
export interface FastifyGate extends Gate<unknown, FastifyRequest> {}

declare module "fastify" {
  interface FastifyInstance {
    /** The gate: its open `connections`, and `disconnect`. */
    wsorigin: FastifyGate;
  }
  interface FastifyRequest {
    /** The gate's decision on the handshake, and the user behind it; `null` on ordinary requests. */
    wsorigin: Identity<Principal> | null;
  }
  interface FastifyContextConfig {
    /** Options of this websocket route; one that is left out is the plugin's. */
    wsorigin?: SocketRouteOptions;
  }
}

const about = { name: "@wsorigin/fastify", fastify: "^5.8.2" }; // what 5.8.3 calls itself

async function plugin(app: FastifyInstance, { websocket: own = {}, ...options }: WsoriginOptions<unknown>) {
  const issues = pluginIssues(app, own);
  if (issues.length > 0) throw new GateError(issues);
  const allowed = new WeakMap<IncomingMessage, Upgrade>();
  const upgrades = new UpgradeEmitter(app.server);
  // Its requests' `ip`, `host` and `protocol` know the app's `trustProxy`.
  const Request: new (...args: readonly unknown[]) => FastifyRequest = fastifyInternal(app, "Request");
  const routes = fastifyRoutes<Upgrade["route"]>(app);
  const { maxPayload = options.maxPayload } = own.options ?? {};
  const warn = earlyRouteWarning(app, (text) => gate.notice(text));
  const gate: AdapterGate<unknown, FastifyRequest> = guardWith(
    app.server,
    { ...loggingOf(app), ...options, ...(maxPayload && { maxPayload }) },
    {
      adapt: (raw) => new Request("", {}, raw, {}, app.log, undefined),
      facts: factsOf,
      ip: (request) => request.ip,
      find(raw) {
        const found = routes.find(raw);
        return found === undefined ? warn(raw) : (found ?? undefined);
      },
    },
  );
  app.decorate("wsorigin", gate);
  app.decorateRequest("wsorigin", {
    getter(this: FastifyRequest) {
      return (allowed.get(this.raw)?.connection as Identity<Principal> | undefined) ?? null;
    },
  });
  guardOtherAddresses(app);

  // Before @fastify/websocket adds its own hook, which turns the handler of a socket into the handler of a request.
  app.addHook("onRoute", (route) => {
    if (![route.method].flat().includes("GET")) return;
    const name = route.wsHandler === undefined ? "handler" : "wsHandler";
    const take = (upgrade: Upgrade): void => {
      allowed.set(upgrade.request, upgrade);
      upgrades.deliver(upgrade);
    };
    const isSocket = name === "wsHandler" || route.websocket === true;
    const ours = isSocket ? gate.frameworkRoute(route.url, route.config?.wsorigin ?? {}, take) : null;
    // Plain routes too: one of them may be the more specific.
    routes.add(route, ours);
    const handler: unknown = Reflect.get(route, name);
    if (ours === null || typeof handler !== "function") return;
    route.config = Object.assign({ ...route.config }, { cors: false }); // what @fastify/cors looks at
    Reflect.set(route, name, function (this: FastifyInstance, socket: WebSocket, request: FastifyRequest): unknown {
      const upgrade = allowed.get(request.raw);
      // If Fastify finds another route than the gate did, the wrong policy has decided.
      if (upgrade?.route !== ours) return socket.close(4403, "Forbidden");
      const opened = { socket, request, params: Object(request.params) };
      const call = (): unknown => Reflect.apply(handler, this, [socket, request]);
      if (own.errorHandler === undefined) return gate.adopt(upgrade, opened, call);
      // @fastify/websocket calls its errorHandler with what this promise rejects with.
      return new Promise((_resolve, reject) => gate.adopt(upgrade, opened, () => attempt(call, reject)));
    });
  });
  // For a hook that responds by itself, and a plain route of any scope.
  const route = app.routing.bind(app);
  app.routing = (raw: IncomingMessage, reply: ServerResponse) => {
    const upgrade = allowed.get(raw);
    route(raw, upgrade === undefined ? reply : refuseOnResponse(upgrade, reply));
  };

  await app.register(websocket, {
    errorHandler(this: FastifyInstance, error, socket, request, reply) {
      // Without one of the app's own: ws closes the socket itself, with the right code.
      if (own.errorHandler === undefined) return request.log.error(error);
      attempt(
        () => own.errorHandler?.call(this, error, socket, request, reply),
        (second) => {
          request.log.error(second);
          socket.close(1011);
        },
      );
    },
    options: {
      maxPayload: options.maxPayload ?? 1024 * 1024,
      ...Object.assign({ closeTimeout }, own.options),
      clientTracking: false,
      handleProtocols: (offered, raw) =>
        chooseProtocol(offered, allowed.get(raw)?.route.options.protocols ?? options.protocols),
      server: upgrades as unknown as typeof app.server, // it only listens there
    },
    preClose: () => gate.close(),
  });
}

/**
 * Registers `@fastify/websocket` behind a gate: no upgrade completes unless the policy allows it, and the policy decides before any hook runs. Register it
 * once, before the routes it is for, and await it: `await app.register(wsorigin, { policy })`.
 *
 * @throws {GateError} if an option is not valid, or the plugin or `@fastify/websocket` is registered already
 */
export const wsorigin: FastifyPluginAsync<WsoriginOptions<unknown>> = fp(plugin, about);
