import type { IncomingHttpHeaders } from "node:http";

/**
 * Whether a request asks for a WebSocket, however it is written: such a request is a handshake on every path into the server. The exact form of the field
 * is checked later; a list or a version ("websocket/13") must not pass as an ordinary request, because a handler may accept it.
 */
export function asksForWebSocket({ upgrade }: IncomingHttpHeaders): boolean {
  return upgrade !== undefined && (upgrade === "websocket" || upgrade.toLowerCase().includes("websocket"));
}

/** Whether the Connection field names Upgrade, so that Node's parser sees an upgrade. */
export function connectionNamesUpgrade({ connection = "" }: IncomingHttpHeaders): boolean {
  return connection.split(",").some((option) => option.trim().toLowerCase() === "upgrade");
}
