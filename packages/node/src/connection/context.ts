import type { IncomingMessage } from "node:http";
import type { Decision } from "@wsorigin/core";
import type { WebSocket } from "ws";

/** What a handler knows about its socket. Fixed when the socket opens, except for `principal` and `decision`, which `refresh` renews. */
export interface Context<P = unknown, Params = unknown, R = IncomingMessage> {
  readonly socket: WebSocket;
  /** The route's path as it was written. */
  readonly route: string;
  /** The parameters of the path, percent-decoded. */
  readonly params: Params;
  readonly query: URLSearchParams;
  /** The cookies of the handshake, percent-decoded. A cookie identifies the user, not the page: the page is `origin`. */
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** The page's origin; `undefined` if the policy allows handshakes without one. */
  readonly origin: string | undefined;
  /** The user, as the policy's `verify` granted. */
  readonly principal: P;
  /** The request that opened the socket: the framework's request object, in an adapter. */
  readonly request: R;
  /**
   * The client's address, as the server's trust settings see it. It is read from the connection on first use; read it before the socket closes if you
   * need it afterwards.
   */
  readonly ip: string;
  /** The selected subprotocol; `""` if there is none. */
  readonly protocol: string;
  /** Why the socket is open. In report mode this can be a refusal. */
  readonly decision: Decision<P>;
  /**
   * Renews the token of the open socket. Call it with a token that arrived in a message of your own protocol. It is verified as the first one was, for the
   * same page, and must belong to the same subject (or have an equal principal, if `verify` names no subject). Never rejects. A refusal changes nothing:
   * the socket still closes when its current token expires.
   */
  readonly refresh: (token: string) => Promise<Decision<P>>;
}
