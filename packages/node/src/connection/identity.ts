import { shared } from "@wsorigin/core";
import type { Connection } from "./context.ts";

/** Who is behind a handshake that the gate let in. Its `request` is the framework's: in Koa the `ctx` that `before` has seen. */
export type Identity<P = unknown> = Pick<
  Connection<P, unknown>,
  "decision" | "ip" | "origin" | "principal" | "refresh" | "request"
>;

/** Shared by all copies of this package: an app may import another one than its framework's adapter does. */
const connections = shared("identities.1", () => new WeakMap<object, Identity>());

/** Remembers whose request it is, for as long as the request lasts. */
export function identify(request: object, connection: Identity): void {
  connections.set(request, connection);
}

/** Where frameworks keep Node's request: Koa's `ctx.req`, Fastify's `request.raw`, the stream of an HTTP/2 request, Socket.IO's `socket.request`. */
const places = ["req", "raw", "request", "stream"] as const;

/**
 * Returns who is behind the request of a socket that another listener opened: the request that `ws`, Socket.IO (`socket.request`), graphql-ws, tRPC and
 * Hocuspocus hand out, or a framework's request around it. Returns `undefined` if no gate has let the request in.
 */
export function identityOf(request: unknown): Identity | undefined {
  if (typeof request !== "object" || request === null) return undefined;
  const found = connections.get(request);
  if (found !== undefined) return found;
  for (const place of places) {
    const inner: unknown = place in request ? Reflect.get(request, place) : undefined;
    const known = typeof inner === "object" && inner !== null ? connections.get(inner) : undefined;
    if (known !== undefined) return known;
  }
  return undefined;
}
