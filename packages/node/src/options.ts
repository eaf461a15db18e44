import type { Policy } from "@wsorigin/core";
import type { CloseCodes, RevocationSource } from "@wsorigin/core/gate";
import type { Context } from "./connection/context.ts";
import type { FailureLimit } from "./limits/failures.ts";
import type { DecisionEvent } from "./report.ts";

/** Options of one route. An option that is left out is taken from the gate. */
export interface RouteOptions<P = undefined> {
  /** The policy that decides who may open a socket on this route. */
  readonly policy?: Policy<P>;
  /**
   * The subprotocols that the route speaks, best first. The gate selects the first one that the client offers too. If there is none, it selects
   * none, and browsers then fail the connection. An offered subprotocol is never echoed unless it is listed here. Default: none.
   */
  readonly protocols?: readonly string[];
  /**
   * How to refuse a handshake. `"status"` (default): with an HTTP status; page code sees close code 1006 for each of them. `"close"`: accept the
   * socket and close it at once with 4401, 4403, 4408, 4429 or similar, which page code can read. This costs an open socket; no message is delivered.
   */
  readonly refuseWith?: "status" | "close";
  /** Maximum size of a message in bytes; a longer one closes the socket with 1009. Defaults to 1048576 (1 MiB). */
  readonly maxPayload?: number;
  /**
   * Called once before a socket is closed because its token expires, and again for each token that `refresh` accepts. Send a message of your own
   * protocol that asks the page for a new token.
   */
  readonly onExpiring?: (context: Context<P, unknown, unknown>) => unknown;
  /** How long before the expiry `onExpiring` is called, in milliseconds. Defaults to 60000; at once if less time is left. */
  readonly warnBefore?: number;
}

/** Options of a gate. */
export interface GuardOptions<P = undefined> extends RouteOptions<P> {
  /** The policy that decides who may open a socket. Required: `createPolicy({ origins: ["https://app.example.com"] })`. */
  readonly policy: Policy<P>;
  /**
   * A second policy that only reports: its decision is the event's `reported`. Use it to try a stricter policy next to the one in force. It finds the
   * token but does not verify it, because verifying could redeem a single-use ticket.
   */
  readonly report?: Policy<unknown>;
  /**
   * What to do with handshakes on paths without a route. `"filter"` (default): the policy decides, and allowed handshakes go to the other `upgrade`
   * listeners, or to the `request` listeners if there are none. `"refuse"`: 404. `"pass"`: the policy only reports, and the listeners get every
   * handshake.
   */
  readonly unrouted?: "filter" | "refuse" | "pass";
  /** How long a decision may take, in milliseconds, before the handshake is refused with `timed-out`. Defaults to 5000. */
  readonly deadline?: number;
  /** How long another `upgrade` listener may leave an allowed handshake unanswered, in milliseconds, before it is refused with 404. Defaults to 5000. */
  readonly grace?: number;
  /** How many handshakes may wait for a decision at once; more are refused with `too-many-pending`. Defaults to 1024. */
  readonly maxPending?: number;
  /** How many sockets may be open at once; more are refused with `too-many-connections`. No limit by default. */
  readonly maxConnections?: number;
  /** The same for one client address (an IPv6 /64 counts as one address). No limit by default. */
  readonly maxConnectionsPerIp?: number;
  /**
   * How many refused handshakes (400, 401, 403) one client address may cause within so many seconds before `too-many-failures` (an IPv6 /64 counts as
   * one address). Accepted handshakes never count. Off by default: behind a proxy that the server does not trust, all clients share one address.
   */
  readonly maxFailures?: FailureLimit;
  /**
   * How many open sockets may owe their first message at once, if the policy takes its token from there; more are refused with `too-many-pending`.
   * Defaults to 1024.
   */
  readonly maxUnauthenticated?: number;
  /**
   * A revocation source, such as the object that `createTickets()` returns. Sockets of a revoked subject, session or grant are closed with 4401, and
   * their pending handshakes are refused.
   */
  readonly revocations?: RevocationSource;
  /**
   * Answers page code that asks over HTTP why its handshake is refused (`whyRefused` of `@wsorigin/client`) with the code and the fix for the page's own
   * origin, never with the allowlist. For development. `true`: only for direct connections from this machine; `"everywhere"`: for every client, so that
   * anyone can probe origins one by one. Off by default. The directory and the token are not asked.
   */
  readonly explainRoute?: boolean | "everywhere";
  /** Close codes for closed sockets: `"http"` (default: 4401, 4403, 4408, 4429) or `"iana"` (3000, 3003, 3008, 1013). */
  readonly closeCodes?: CloseCodes;
  /** Called with every decision, once per handshake. Errors that it throws change nothing and go to `onError`. */
  readonly onDecision?: (event: DecisionEvent) => void;
  /** Called with errors of handlers, subscribers and other `upgrade` listeners. Default: printed to stderr. */
  readonly onError?: (error: unknown, where: string) => void;
  /**
   * Where refusals are logged, with `explain()`'s text: each code, Origin and Host once a minute, at most 100 entries a minute. Default: stderr.
   * `false`: not logged.
   */
  readonly log?: ((text: string) => void) | false;
}

/** What is known about a request besides its headers. */
export interface Facts {
  /** The client's address. */
  readonly ip?: string | undefined;
  /** The trusted Host, if it is not the Host header. */
  readonly host?: string | undefined;
  /** Whether the client uses TLS. */
  readonly secure?: boolean | undefined;
}

export type Handler<P, Params, R> = (socket: Context["socket"], context: Context<P, Params, R>) => unknown;

type DefaultedOption =
  | "closeCodes"
  | "deadline"
  | "grace"
  | "maxConnections"
  | "maxConnectionsPerIp"
  | "maxPayload"
  | "maxPending"
  | "maxUnauthenticated"
  | "protocols"
  | "refuseWith"
  | "unrouted"
  | "warnBefore";

export const defaults: Required<Pick<GuardOptions, DefaultedOption>> = {
  closeCodes: "http",
  deadline: 5000,
  grace: 5000,
  maxConnections: Infinity,
  maxConnectionsPerIp: Infinity,
  maxPayload: 1024 * 1024,
  maxPending: 1024,
  maxUnauthenticated: 1024,
  protocols: [],
  refuseWith: "status",
  unrouted: "filter",
  warnBefore: 60_000,
};

/** Options of a gate, checked, with their defaults. */
export type CheckedOptions<P> = GuardOptions<P> & Required<Pick<GuardOptions<P>, DefaultedOption>>;
