import type { HandshakeRequest } from "../client/request.ts";
import type { Target } from "../client/target.ts";
import { endpointRows } from "./endpoint-rows.ts";
import { nodeRunner, type Runner } from "./runner.ts";
import { Visitor } from "./visitor.ts";

/** A server of any kind that has a WebSocket. */
export interface Endpoint extends Target {
  /** The path of the WebSocket, with its query where it needs one. */
  readonly path: string;
  /** An origin that must be allowed, as browsers write it (`https://app.example.com`). Its subdomains must be refused. */
  readonly origin: string;
  /**
   * The Host that the server answers to. If set, other Hosts must be refused; otherwise any Host may be allowed, and DNS rebinding is not tested.
   */
  readonly hostHeader?: string;
  /** How the server treats clients without an Origin, which are not browsers. Defaults to `"deny"`. */
  readonly missingOrigin?: "deny" | "allow";
  /** More header lines for each handshake, such as the session's cookie. A page on another site has its visitor's cookies too. */
  readonly headers?: HandshakeRequest["headers"];
  /**
   * How the server refuses: with a status instead of the 101 (default), or by accepting and closing at once with 1008 or a code from 3000.
   */
  readonly refuseWith?: "status" | "close";
  /**
   * A path that answers an ordinary GET. If set, a GET that offers an upgrade to another protocol (`Upgrade: h2c`, as curl and Java send it) must be
   * answered in the same way.
   */
  readonly httpPath?: string;
  close(): Promise<void> | void;
}

/**
 * Tests from outside, over real sockets, who can open a socket on a server of any kind: the listed page can; other pages, other programs and
 * malformed handshakes cannot.
 *
 * @param start called for every test; if starting is slow, return the same server each time with a `close` that does nothing
 * @param runner vitest's, jest's or node:test's `{ describe, test }`; node:test by default
 */
export function describeEndpoint(
  name: string,
  start: () => Promise<Endpoint> | Endpoint,
  runner: Runner = nodeRunner,
): void {
  runner.describe(name, () => {
    for (const row of endpointRows) {
      runner.test(row.name, async () => {
        const endpoint = await start();
        try {
          await row.run(new Visitor(endpoint));
        } finally {
          await endpoint.close();
        }
      });
    }
  });
}
