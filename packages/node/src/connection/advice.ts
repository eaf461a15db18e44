import { quote } from "@wsorigin/core";
import type { Reporter } from "../report.ts";
import type { RouteConnection } from "./route-connection.ts";

/** How many of a client's subprotocols are named. */
const named = 5;

/**
 * Logs that a client offered subprotocols and the route selected none of them: browsers then fail the connection (WHATWG WebSockets, "establish a WebSocket
 * connection"), and the server sees only that the client leaves.
 */
export function adviseOnProtocol<P, R>(
  reporter: Reporter,
  { route, facts }: RouteConnection<P, R>,
  protocol: string,
): void {
  const offered = facts.transport.request.headers["sec-websocket-protocol"];
  // The text is made elsewhere: a closure here would cost every handshake a scope for it.
  if (protocol === "" && offered !== undefined && offered !== "") advise(reporter, route, offered);
}

function advise(reporter: Reporter, route: string, offered: string): void {
  reporter.advise(`protocol ${route}`, () => {
    const names = offered.split(",").map((name) => quote(name.trim()));
    const list = names.slice(0, named).join(", ");
    return `A client of route ${quote(route)} offers subprotocols, and the route selects none of them, so browsers close the socket with 1006. Offered: ${list}${names.length > named ? ", ..." : ""}. Write protocols: [${list}] in the options of the route or of the gate, or remove the second argument of new WebSocket().`;
  });
}

/** Logs that a message was longer than `maxPayload`: the client sees close code 1009. */
export function adviseOnPayload(reporter: Reporter, route: string, maxPayload: number): void {
  reporter.advise(
    `payload ${route}`,
    () =>
      `A message on route ${quote(route)} was longer than maxPayload, ${maxPayload} bytes, so its socket was closed with 1009. If your app sends such messages, raise maxPayload in the options of the route or of the gate.`,
  );
}
