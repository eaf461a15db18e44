import { setImmediate as turn } from "node:timers/promises";
import { createPolicy, requestGuard, wsorigin } from "@wsorigin/fastify";
import { adapterServer, type FuzzStart } from "@wsorigin/testing";
import Fastify from "fastify";

/** Guards an app, which has an asynchronous hook as apps with sessions do. */
export function startApp(appOptions: object): FuzzStart {
  return async ({ policy: given, options, routes, before, after, requests }) => {
    const app = Fastify(appOptions);
    const policy = createPolicy(given);
    before(app.server);
    await app.register(wsorigin, { policy, ...options });
    after(app.server);
    if (requests !== undefined) app.addHook("onRequest", requestGuard(policy, requests.options));
    app.addHook("onRequest", async (request) => {
      const names = (request.raw.headers.upgrade ?? "").split(",").map((name) => name.trim().toLowerCase());
      // The handler of a route counts its own handshakes.
      if (request.is404 || !names.includes("websocket")) requests?.reached(request.raw);
      await turn();
    });
    app.setNotFoundHandler((_request, reply) => reply.code(200).send("page"));
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
