import { quote } from "@wsorigin/core";
import type { Reporter } from "../report.ts";
import type { RouteConnection } from "./route-connection.ts";

/** How many of a client's subprotocols, or of the gate's routes, are named. */
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

/** Names the routes of a gate; `undefined` if it has none. */
export function routeList(paths: readonly string[]): string | undefined {
  if (paths.length === 0) return undefined;
  const list = paths.slice(0, named).map((path) => quote(path));
  return `Routes of this gate: ${list.join(", ")}${paths.length > named ? ", ..." : ""}.`;
}

/**
 * Logs that the app answered a handshake with 404: the path has no route, nothing listens for `upgrade`, and so Node delivered it as an ordinary request. The
 * policy has allowed it, so that no refusal is logged.
 */
export function adviseOnPath(reporter: Reporter, url: string, paths: readonly string[]): void {
  const routes = routeList(paths);
  if (routes === undefined) return;
  reporter.advise("path", () => {
    const [path = ""] = url.split("?", 1);
    return `The policy allowed a handshake for ${quote(path)}, but no route of the gate matches, and the app answered 404. ${routes} Compare the client's URL with them; a proxy may have removed or added a prefix.`;
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
