import { appendFileSync } from "node:fs";
import { Server as HttpServer } from "node:http";
import { Server as NetServer } from "node:net";
import { createPolicy, guard, type GuardableServer } from "@wsorigin/node";

/**
 * Loaded with `node --require`: puts a gate in front of every HTTP server of the process when it begins to listen. Its policy allows every well-formed
 * origin, so it refuses only what is not a valid handshake. Refusals are appended to the file that PEERS_REFUSALS names.
 */
const policy = createPolicy({
  origins: [],
  directory: { has: () => true },
  missingOrigin: "allow",
  opaqueOrigin: "dangerously-allow",
});
const guarded = new WeakSet<GuardableServer>();
const { value: listen } = Object.getOwnPropertyDescriptor(NetServer.prototype, "listen") ?? {};

Object.defineProperty(NetServer.prototype, "listen", {
  configurable: true,
  writable: true,
  value(this: NetServer, ...args: unknown[]): unknown {
    if (isHttpServer(this) && !guarded.has(this)) {
      guarded.add(this);
      guard(this, { policy, log: false, onDecision: ({ decision }) => tell(decision), onError: tell });
    }
    return Reflect.apply(listen, this, args);
  },
});

/** The classes of `node:https` and `node:http2` are not those of `node:http`, and the latter are not exported. */
function isHttpServer(server: NetServer): server is NetServer & GuardableServer {
  return server instanceof HttpServer || "setTimeout" in server;
}

function tell(what: unknown): void {
  const file = process.env["PEERS_REFUSALS"];
  const isAllowed = typeof what === "object" && what !== null && "allowed" in what && what.allowed === true;
  if (file === undefined || isAllowed) return;
  appendFileSync(file, `${what instanceof Error ? String(what.stack) : JSON.stringify(what)}\n`);
}
