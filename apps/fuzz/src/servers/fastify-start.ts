import { setImmediate as turn } from "node:timers/promises";
import { createPolicy, wsorigin } from "@wsorigin/fastify";
import { adapterServer, type AdapterStart } from "@wsorigin/testing";
import Fastify from "fastify";

/** Guards an app, which has an asynchronous hook as apps with sessions do. */
export function startApp(appOptions: object): AdapterStart {
  return async ({ policy, options, routes, before, after }) => {
    const app = Fastify(appOptions);
    before(app.server);
    await app.register(wsorigin, { policy: createPolicy(policy), ...options });
    after(app.server);
    app.addHook("onRequest", () => turn());
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
