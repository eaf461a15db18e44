import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Server } from "node:net";
import { createPolicy, type GuardableServer, requestGuard } from "@wsorigin/node";
import { askMiddleware, guardWith } from "@wsorigin/node/adapter";
import { adapterServer, type FuzzSetup, type FuzzStart } from "@wsorigin/testing";

/** Guards a server of the kind that is given. */
export function startOn(makeServer: (listener: RequestListener) => GuardableServer & Server): FuzzStart {
  return async ({ policy: given, options, routes, before, after, middleware, requests }) => {
    const policy = createPolicy(given);
    const guarded = requests === undefined ? undefined : requestGuard(policy, requests.options);
    const server = makeServer(
      guarded === undefined
        ? page
        : guarded((request, response) => {
            requests?.reached(request);
            page(request, response);
          }),
    );
    before(server);
    const gate = guardWith<unknown, IncomingMessage>(
      server,
      { policy, ...options },
      {
        adapt: (request) => request,
        ip: ({ socket }) => socket.remoteAddress,
        ...(middleware !== undefined && { before: (request) => refusalOf(request, middleware) }),
      },
    );
    after(server);
    for (const { path, handler } of routes) gate.route(path, handler);
    return adapterServer(server, gate);
  };
}

type Refusal = Awaited<ReturnType<typeof askMiddleware>>;

/** At once where the middleware lets the handshake pass at once. */
function refusalOf(request: IncomingMessage, middleware: FuzzSetup["middleware"] & {}): Promise<Refusal> | undefined {
  const asked = middleware(request);
  if (asked === undefined) return undefined;
  return askMiddleware(async () => {
    const status = await asked;
    return status === undefined ? undefined : { status };
  }, request.headers.origin);
}

/** Answers everything, and opens a socket by hand at `/by-hand`, as libraries do that work in request handlers. */
function page(request: IncomingMessage, response: ServerResponse): void {
  const { upgrade = "" } = request.headers;
  if (request.url?.split("?", 1)[0] !== "/by-hand" || upgrade.toLowerCase() !== "websocket")
    return void response.end("page");
  const { socket } = request;
  socket.on("error", () => {});
  socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
}
