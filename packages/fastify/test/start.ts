import cors from "@fastify/cors";
import { adapterServer, type AdapterStart } from "@wsorigin/testing";
import Fastify from "fastify";
import { createPolicy, wsorigin } from "@wsorigin/fastify";

/** CORS as people set it up who believe that it guards their sockets: it must never meet one, registered before the gate or after it. */
const erring = { origin: () => Promise.reject(new Error("CORS met a handshake")) };

export function startWithCors(order: "before" | "after"): AdapterStart {
  return async ({ policy, options, routes, before, after, answer }) => {
    const app = Fastify({ forceCloseConnections: true });
    before(app.server);
    // The first hook, so that CORS does not see the requests that the suite's middleware answers. Hooks also run for the handshakes of websocket
    // routes, which are not for the middleware.
    app.addHook("onRequest", (request, reply, done) => {
      const isHandshake =
        request.headers.upgrade?.toLowerCase() === "websocket" &&
        routes.some(({ path }) => path === request.routeOptions.url);
      if (isHandshake || answer?.(request.raw, reply.raw) !== true) return done();
      reply.hijack();
    });
    if (order === "before") await app.register(cors, erring);
    await app.register(wsorigin, { policy: createPolicy(policy), ...options });
    if (order === "after") await app.register(cors, erring);
    after(app.server);
    for (const { path, handler } of routes) {
      app.get(path, { websocket: true }, (socket) => {
        const context = [...app.wsorigin.connections].find(
          (open) => open.route !== undefined && open.socket === socket,
        );
        if (context?.route === undefined) throw new Error("The gate does not know the socket.");
        return handler(socket, context);
      });
    }
    await app.listen({ port: 0, host: "127.0.0.1" });
    return { ...(await adapterServer(app.server, app.wsorigin)), close: () => app.close() };
  };
}
