import type { IncomingMessage, ServerResponse } from "node:http";
import { GateError } from "@wsorigin/node";
import { issue } from "@wsorigin/node/adapter";
import type { FastifyInstance, FastifyServerOptions, RouteOptions } from "fastify";
import FindMyWay from "find-my-way";

type RouterOptions = FindMyWay.Config<FindMyWay.HTTPVersion.V1>;
type AppOptions = RouterOptions & Pick<FastifyServerOptions, "rewriteUrl"> & { readonly routerOptions?: RouterOptions };

/** The GET routes of an app, as far as they were added after the plugin. */
export interface FastifyRoutes<T> {
  /** Adds a route. A plain HTTP route is `null`. */
  readonly add: (route: RouteOptions, value: T | null) => void;
  /** Returns the route of a request; `undefined` if there is none, or if it was added before the plugin. */
  readonly find: (raw: IncomingMessage) => T | null | undefined;
}

/** What Fastify keeps under a symbol of its own. */
export function fastifyInternal(app: object | null, name: string): ReturnType<typeof Reflect.get> {
  if (app === null)
    throw new GateError([
      issue(
        "plugin-conflict",
        "fastify",
        `This version of Fastify has no ${name} that the plugin can read. Use ^5.8.3.`,
      ),
    ]);
  const key = Object.getOwnPropertySymbols(app).find(({ description }) => description === `fastify.${name}`);
  return key === undefined ? fastifyInternal(Reflect.getPrototypeOf(app), name) : Reflect.get(app, key);
}

/** Makes a second router with the app's options: the gate has to know a handshake's route before Fastify routes it. */
export function fastifyRoutes<T>(app: FastifyInstance): FastifyRoutes<T> {
  const { rewriteUrl, routerOptions, ...older }: AppOptions = fastifyInternal(app, "options");
  const none = (): undefined => {};
  const router = FindMyWay({ ...older, ...routerOptions, defaultRoute: none, onBadUrl: none, onMaxParamLength: none });
  return {
    add({ url, routePath, constraints = {} }: RouteOptions & { readonly routePath?: string }, value) {
      router.on("GET", url, { constraints }, () => value);
      if (routePath !== "") return;
      // For the "/" of a prefix Fastify adds a second route, with a slash, and calls no onRoute hook for it.
      const slashed = { method: "GET", url: `${url}/`, constraints } as const;
      app.addHook("onReady", async () => {
        if (app.hasRoute(slashed) && router.findRoute("GET", slashed.url, constraints) === null)
          router.on("GET", slashed.url, { constraints }, () => value);
      });
    },
    find(raw) {
      const url = rewriteUrl?.call(app, raw) ?? raw.url;
      // Over HTTP/2 the method is CONNECT. To derive a request costs as much as all the rest here.
      const same = url === raw.url && raw.method === "GET";
      const request = same ? raw : Object.assign(Object.create(raw), { method: "GET", url });
      return router.lookup(request, {} as ServerResponse);
    },
  };
}
