import { adapterServer, type AdapterStart } from "@wsorigin/testing";
import { createPolicy, guard, type GuardableServer } from "@wsorigin/node";

/** Guards a server that `makeServer` returns. Requests go to the suite's middleware first, then to the server's own listeners. */
export function startOn(makeServer: () => GuardableServer): AdapterStart {
  return async ({ policy, options, routes, before, after, answer }) => {
    const server = makeServer();
    if (answer !== undefined) {
      const own = server.listeners("request");
      server.removeAllListeners("request");
      server.on("request", (request, response) => {
        if (answer(request, response)) return;
        for (const listener of own) Reflect.apply(listener, server, [request, response]);
      });
    }
    before(server);
    const gate = guard(server, { policy: createPolicy(policy), ...options });
    after(server);
    for (const { path, handler } of routes) gate.route(path, handler);
    return adapterServer(server, gate);
  };
}
