import { createServer, type Server } from "node:http";
import type { Duplex } from "node:stream";
import { createPolicy, guard, type PolicyOptions } from "@wsorigin/node";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";

export const path = "/chat";
export const listed = "https://app.example.com";
export const unlisted = "https://evil.test";
export const host = "api.example.com";

/** The servers that are compared. All echo what they get, and check nothing, or Origin, or Host and Origin. */
export const serverNames = ["bare", "verify-client", "listener", "guard", "guard-hosts", "guard-directory"] as const;

export type ServerName = (typeof serverNames)[number];

const allowed: ReadonlySet<string | undefined> = new Set([listed]);

const servers: Readonly<Record<ServerName, () => Server>> = {
  bare: () => withWs({}),
  "verify-client": () => withWs({ verifyClient: ({ origin }: { readonly origin?: string }) => allowed.has(origin) }),
  listener: withListener,
  guard: () => withGuard({ origins: [listed] }),
  "guard-hosts": () => withGuard({ origins: [listed], hosts: [host] }),
  "guard-directory": () => withGuard({ directory: { has: async (origin) => allowed.has(origin) } }),
};

export function makeServer(name: ServerName): Server {
  return servers[name]();
}

/** `ws` as its README shows it: lets every page in, unless its option is given. */
function withWs(options: ServerOptions): Server {
  const server = createServer();
  new WebSocketServer({ ...options, server }).on("connection", echo);
  return server;
}

/** The check by hand, in the words of the same README. */
function withListener(): Server {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on("connection", echo);
  server.on("upgrade", (request, socket: Duplex, head) => {
    socket.on("error", ignore);
    if (!allowed.has(request.headers.origin)) {
      socket.write("HTTP/1.1 403 Forbidden\r\n\r\n");
      socket.destroy();
      return;
    }
    socket.removeListener("error", ignore);
    sockets.handleUpgrade(request, socket, head, (accepted) => sockets.emit("connection", accepted, request));
  });
  return server;
}

function withGuard(options: PolicyOptions): Server {
  const server = createServer();
  // The texts are made, as by default, and go nowhere.
  const gate = guard(server, { policy: createPolicy(options), log: ignore });
  gate.route(path, echo);
  return server;
}

export function echo(socket: WebSocket): void {
  socket.on("error", ignore);
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
}

export function ignore(): void {}
