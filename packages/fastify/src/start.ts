import type { IncomingMessage } from "node:http";
import type { Server } from "node:net";
import type { GuardOptions } from "@wsorigin/node";
import type { FastifyInstance } from "fastify";
import { fastifyInternal } from "./routes.ts";

/**
 * Gives the connections of every address to the guarded server. For "localhost", its default, Fastify opens a server of its own for each further address,
 * such as `::1`, and passes only their upgrades on.
 */
export function guardOtherAddresses(app: FastifyInstance): void {
  const others: Server[] = fastifyInternal(app, "serverBindings");
  const guarded: Server = app.server;
  // Fastify adds each one when it listens, before its first connection.
  others.push = (...servers) => {
    for (const server of servers)
      server.removeAllListeners("connection").on("connection", (socket) => guarded.emit("connection", socket));
    return Reflect.apply(Array.prototype.push, others, servers);
  };
}

/** Logs through the app's logger. An app without one (`logger: false`, Fastify's default) logs nothing: there the gate writes to stderr. */
export function loggingOf({ log }: FastifyInstance): Pick<GuardOptions, "log" | "onError"> {
  // The logger of such an app has one empty function for every level.
  return log.warn === log.error ? {} : { log: log.warn.bind(log), onError: log.error.bind(log) };
}

/**
 * Returns a function for handshakes on no route that the plugin knows. It warns once, if there is such a route in the app: it was added before the plugin,
 * so it opens no socket.
 */
export function earlyRouteWarning(
  app: FastifyInstance,
  notice: (text: string) => void,
): (request: IncomingMessage) => undefined {
  let quiet = false;
  return ({ url = "" }) => {
    const path = url.split("?", 1)[0];
    if (quiet || app.findRoute({ method: "GET", url: path ?? "" }) === null) return;
    quiet = true;
    const text = `A handshake for ${JSON.stringify(path?.slice(0, 256))} is on a route that was added before @wsorigin/fastify, so it opens no socket.`;
    notice(`${text} Await the plugin, then add the routes: await app.register(wsorigin, { policy }).`);
  };
}
