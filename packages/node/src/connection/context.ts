import type { IncomingMessage } from "node:http";
import type { Decision } from "@wsorigin/core";
import type { WebSocket } from "ws";

/** A connection that the gate let in: on a route, or one that another `upgrade` listener answers. */
export interface Connection<P = unknown, R = IncomingMessage> {
  /** The route's path as it was written; `undefined` if another listener opened the socket. */
  readonly route: string | undefined;
  /** The page's origin; `undefined` if the policy allows handshakes without one. */
  readonly origin: string | undefined;
  /** The user, as the policy's `verify` granted. */
  readonly principal: P;
  /** Why the socket is open. In report mode this can be a refusal. */
  readonly decision: Decision<P>;
  /** The request that opened the socket: the framework's request object, in an adapter. */
  readonly request: R;
  /**
   * The client's address, as the server's trust settings see it. It is read from the connection on first use; read it before the socket closes if you
   * need it afterwards.
   */
  readonly ip: string;
  /** When the socket opened, in milliseconds since the epoch. */
  readonly openedAt: number;
  /** When the grant expires, in milliseconds since the epoch; `undefined` if it does not. The socket is closed then. */
  readonly expiresAt: number | undefined;
  /**
   * Renews the token of the open socket. Call it with a token that arrived in a message of your own protocol. It is verified as the first one was, for the
   * same page, and must belong to the same subject (or have an equal principal, if `verify` names no subject). Never rejects. A refusal changes nothing:
   * the socket still closes when its current token expires.
   */
  readonly refresh: (token: string) => Promise<Decision<P>>;
  /**
   * Closes the socket. Its owner gets no message from then on. On a socket that another listener opened, the close frame goes between two frames of that listener,
   * and the connection is ended.
   *
   * @param code 1000 (default), 1008, 1011, or 3000 to 4999
   * @throws {RangeError} if the code cannot be sent, or the reason is longer than 123 bytes
   */
  close(code?: number, reason?: string): void;
}

/** What a handler knows about its socket. Fixed when the socket opens, except for `principal` and `decision`, which `refresh` renews. */
export interface Context<P = unknown, Params = unknown, R = IncomingMessage> extends Connection<P, R> {
  readonly socket: WebSocket;
  readonly route: string;
  /** The parameters of the path, percent-decoded. */
  readonly params: Params;
  readonly query: URLSearchParams;
  /** The cookies of the handshake, percent-decoded. A cookie identifies the user, not the page: the page is `origin`. */
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** The selected subprotocol; `""` if there is none. */
  readonly protocol: string;
}

/** A connection that the gate holds, told apart by `route`: it is `undefined` for a socket that another listener opened. */
export type OpenConnection<P = unknown, R = IncomingMessage> =
  | Context<P, unknown, R>
  | (Connection<P, R> & { readonly route: undefined });
