import type { CloseClass } from "./close-class.ts";

/**
 * Gives what opens one socket. Called anew for each, and for each renewal.
 *
 * @param signal aborted when nobody waits for it any more: when the connection is closed, or opened again
 * @throws anything: the connection tries again later. What has a `status` of 401 or 403, as a `Response` has, ends it with `"login"`
 */
export type Credential = (signal: AbortSignal) => string | Promise<string>;

/** Renews the token of the open socket on the socket itself, so that no message is missed. */
export interface RenewOptions {
  /** Whether a text message of the server asks for a new token. Called with every one. */
  when(this: void, message: string): boolean;
  /** The message that brings it: with a new ticket, or else a new token, or else what `firstMessage` gives. */
  message(this: void, credential: string): string;
}

/** Waits are drawn between 0 and a limit, in milliseconds. It begins with `min` and doubles with each failure, up to `max`. */
export interface RetryOptions {
  /** More than 0; 500 by default. */
  readonly min?: number | undefined;
  /** Not below `min`, and 2147483647 at the most, which is the longest timer there is; 30000 by default. */
  readonly max?: number | undefined;
}

/**
 * - `"connecting"`: a ticket is fetched, or the handshake is under way.
 * - `"open"`: what is sent goes out.
 * - `"waiting"`: for the next try, or for the network.
 * - `"closed"`: until `reconnect()`.
 */
export type ConnectionState = "connecting" | "open" | "waiting" | "closed";

export interface ConnectOptions {
  /** A path of this site, or an absolute URL; see `socketUrl`. */
  readonly url: string;
  /** The subprotocols that the page speaks. */
  readonly protocols?: readonly string[] | undefined;
  /**
   * A ticket for each socket, put in its query. A URL is the app's own endpoint, of the page's origin: it is asked with POST and the page's cookies, and
   * answers JSON `{ "ticket": "..." }`, or 401 or 403 when the user is not logged in.
   */
  readonly ticket?: Credential | string | undefined;
  /** The ticket's name in the query; `"ticket"` by default. */
  readonly ticketParam?: string | undefined;
  /** A token for each socket, sent as the subprotocol `bearer.<token>` beside `protocols`, which must name one. Never in the query. */
  readonly token?: Credential | undefined;
  /** What is sent first on each socket, before anything else. It is fetched before the socket opens, since a gate does not wait long for it. */
  readonly firstMessage?: Credential | undefined;
  readonly renew?: RenewOptions | undefined;
  readonly retry?: RetryOptions | undefined;

  /** Every message, also those that `renew` answers. */
  onMessage?(this: void, event: MessageEvent): void;
  onOpen?(this: void, event: Event): void;
  /**
   * A socket has ended, or did not open. Not called for one that the page itself has closed.
   *
   * @param event `undefined` where there was no socket: its ticket or token did not come, or the page's CSP blocks it
   * @param error why there was none, where that is known
   */
  onClose?(this: void, event: CloseEvent | undefined, what: CloseClass, error?: unknown): void;
  /** The state has changed. It begins as `"connecting"`, which is not told. */
  onState?(this: void, state: ConnectionState): void;
}

/** One socket after the other, to the same URL. */
export interface Connection {
  readonly state: ConnectionState;
  /** The native one of the moment, for what is not here: `binaryType`, `bufferedAmount`. */
  readonly socket: WebSocket | undefined;
  /** Sends at once, or not at all: `false` where the state is not `"open"`. Nothing is kept for later. */
  send(data: Parameters<WebSocket["send"]>[0]): boolean;
  /**
   * Ends it: the socket, its timers, its listeners and a fetch under way. Of the callbacks only `onState` is called after it, once.
   *
   * @throws {DOMException} as `WebSocket` does, for a code or reason that a page cannot send; then nothing has changed
   */
  close(code?: number, reason?: string): void;
  /** Opens a new socket at once, also after the end; one that is open is closed. */
  reconnect(): void;
}
