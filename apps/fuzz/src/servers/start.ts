import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:net";
import { createPolicy, guard, type GuardableServer } from "@wsorigin/node";
import { adapterServer, type AdapterStart } from "@wsorigin/testing";

/** Guards a server of the kind that is given. */
export function startOn(makeServer: () => GuardableServer & Server): AdapterStart {
  return async ({ policy, options, routes, before, after }) => {
    const server = makeServer();
    before(server);
    const gate = guard(server, { policy: createPolicy(policy), ...options });
    after(server);
    for (const { path, handler } of routes) gate.route(path, handler);
    return adapterServer(server, gate);
  };
}

/** Answers everything, and opens a socket by hand at `/by-hand`, as libraries do that work in request handlers. */
export function page(request: IncomingMessage, response: ServerResponse): void {
  const { upgrade = "" } = request.headers;
  if (request.url !== "/by-hand" || upgrade.toLowerCase() !== "websocket") return void response.end("page");
  const { socket } = request;
  socket.on("error", () => {});
  socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
}
