import type { IncomingMessage } from "node:http";
import type { Decision } from "@wsorigin/core";
import { parseCookie } from "cookie";
import type { WebSocket } from "ws";
import type { Identity } from "./identity.ts";
import type { Opened } from "./route.ts";

/** What a handler knows of its socket. Fixed when the socket opens, but for what `refresh` renews: `principal` and `decision`. */
export interface Context<P = unknown, Params = unknown, R = IncomingMessage> {
  readonly socket: WebSocket;
  /** The route's path as it was written. */
  readonly route: string;
  /** The parameters of the path, percent-decoded. */
  readonly params: Params;
  readonly query: URLSearchParams;
  /** The cookies of the handshake, percent-decoded. A page's cookies say who its visitor is, not who wrote the page: that is `origin`. */
  readonly cookies: Readonly<Record<string, string | undefined>>;
  /** The page's origin; `undefined` where the policy let a handshake without one in. */
  readonly origin: string | undefined;
  /** Who is there, as the policy's token says. */
  readonly principal: P;
  /** The request that opened the socket: the framework's, in an adapter. */
  readonly request: R;
  /** The client's address, as the server's trust settings see it. */
  readonly ip: string;
  /** The subprotocol that was agreed on; `""` where none was. */
  readonly protocol: string;
  /** Why the socket is open. A refusal, where the policy only reports. */
  readonly decision: Decision<P>;
  /**
   * Renews the token of the open socket: call it with one that came in a message of the app's own protocol. It is verified as the first was, for the
   * same page, and must be the same subject's (the same principal, where `verify` names no subject). Never rejects; a refusal leaves everything as it
   * was, so that the socket still closes when its token ends.
   */
  readonly refresh: (token: string) => Promise<Decision<P>>;
}

/** A context whose costlier parts are made when they are asked for. */
export class OpenContext<P, Params, R> implements Context<P, Params, R> {
  readonly route: string;
  readonly socket: WebSocket;
  readonly params: Params;
  readonly request: R;
  readonly protocol: string;
  readonly refresh: Context<P>["refresh"];
  readonly #identity: Identity<P>;
  readonly #search: string;
  readonly #cookie: string | undefined;
  #query: URLSearchParams | undefined;
  #cookies: Context["cookies"] | undefined;

  constructor(route: string, opened: Opened<P, R>) {
    const { socket, request, identity, search, cookie } = opened;
    this.route = route;
    this.socket = socket;
    // What path-to-regexp found for this very path, which is what their type is made from.
    this.params = Reflect.get<object, string>(opened, "params");
    this.request = request;
    this.protocol = socket.protocol;
    this.#identity = identity;
    this.refresh = identity.refresh;
    this.#search = search;
    this.#cookie = cookie;
  }

  get ip(): string {
    return this.#identity.ip;
  }

  get origin(): string | undefined {
    return this.#identity.origin;
  }

  get principal(): P {
    return this.#identity.principal;
  }

  get decision(): Decision<P> {
    return this.#identity.decision;
  }

  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(this.#search));
  }

  get cookies(): Context["cookies"] {
    return (this.#cookies ??= parseCookie(this.#cookie ?? ""));
  }
}
