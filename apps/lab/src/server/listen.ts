import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A server for this machine alone. One that has the port already is left alone, and a free port taken. */
export async function listen(listener: RequestListener, port: number): Promise<Server> {
  try {
    return await listenAt(listener, port);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    return listenAt(listener, 0);
  }
}

/** The same, at that port or not at all. */
export async function listenAt(listener: RequestListener, port: number): Promise<Server> {
  const server = createServer(listener);
  await once(server.listen(port, "localhost"), "listening");
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Ends a server with all its connections: browsers keep some open ahead of need. */
export async function end(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
