import { once } from "node:events";
import type { Server } from "node:http";
import type { Socket } from "node:net";

/**
 * A program of a guide, as it exports itself. It ships beside its guide, so it imports packages only, and listens when it is told to.
 */
export interface Program {
  /** Listens on this port of 127.0.0.1. */
  readonly listen: (port: number) => Promise<Server> | Server;
  /** Ends what `server.close()` does not. */
  readonly close?: () => Promise<unknown>;
}

/** A program of a guide, as it runs. */
export interface Running {
  readonly port: number;
  close(): Promise<void>;
}

/** Waits until a server listens. `close` also destroys the connections that the program left open. */
export async function running(server: Server, close?: () => Promise<unknown>): Promise<Running> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  if (!server.listening) await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server does not listen on a port.");
  return {
    port: address.port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await close?.();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Runs a program of a guide on a free port. */
export async function run({ listen, close }: Program): Promise<Running> {
  return running(await listen(0), close);
}
