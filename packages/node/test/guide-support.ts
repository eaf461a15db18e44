import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { WebSocket } from "ws";
import { type DecisionEvent, type Gate, guard, type PlainOptions, type Revocation } from "../src/index.ts";
import { ticketPolicy } from "./socket-io-support.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { page } from "./support.ts";

export type SocketClass = new (url: string | URL, protocols?: string | string[]) => WebSocket;

/** A `WebSocket` as the pages of one origin have it, with the cookies that the browser adds. */
export function socketOf(origin: string, cookie?: string): SocketClass {
  const headers = cookie === undefined ? {} : { Cookie: cookie };
  return class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols, { origin, headers });
      // In a browser, an error event without a listener ends nothing.
      this.on("error", () => {});
    }
  };
}

/** The `WebSocket` of the listed page. */
export const PageSocket: SocketClass = socketOf(page);

/** A guarded server whose sockets a library opens. The policy takes single-use tickets: the user's name, in the query. */
export interface Library {
  readonly gate: Gate<string>;
  readonly events: readonly DecisionEvent[];
  /** The URL for a new socket. Each name is good for one. */
  readonly url: (name: string) => string;
  readonly revoke: (revocation: Revocation) => void;
}

export interface LibraryOptions extends Partial<PlainOptions<string>> {
  /** When grants expire, in milliseconds. Never by default. */
  readonly expires?: number;
}

export async function startLibrary(
  attach: (server: Server, gate: Gate<string>) => void,
  { expires, ...options }: LibraryOptions = {},
): Promise<Library> {
  const { policy, issue } = ticketPolicy({}, expires);
  const events: DecisionEvent[] = [];
  let revoke: Library["revoke"] = () => {};
  const server = createServer((_request, response) => response.end("page"));
  const gate = guard<string>(server, {
    policy,
    log: false,
    onDecision: (event) => void events.push(event),
    revocations: {
      subscribe(listener) {
        revoke = listener;
        return () => {};
      },
    },
    ...options,
  });
  attach(server, gate);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  afterwards(async () => {
    await gate.close({ timeout: 100 });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    gate,
    events,
    url: (name) => `ws://127.0.0.1:${port}/?ticket=${issue(name).ticket}`,
    revoke: (revocation) => revoke(revocation),
  };
}
