import type { IncomingMessage } from "node:http";
import type { Deny, Policy, TokenSource } from "@wsorigin/core";
import type { Context } from "./context.ts";
import { GateError } from "./errors.ts";
import { isToken } from "./form.ts";
import type { FailureLimit } from "./limits.ts";
import type { CloseCodes } from "./refusal.ts";
import type { DecisionEvent } from "./report.ts";
import type { RevocationFeed } from "./revocations.ts";
import type { Route } from "./route.ts";

/** What a route may have of its own; what it leaves out, it has from the gate. */
export interface RouteOptions<P = undefined> {
  /** Who may open a socket here. */
  readonly policy?: Policy<P>;
  /**
   * The subprotocols spoken here, best first. The first one that the client offers too is chosen; where none is, none is sent, and browsers
   * then close by themselves. Nothing that a client offers is ever echoed because it was offered.
   */
  readonly protocols?: readonly string[];
  /**
   * `"status"` (default): a refused handshake is answered with an HTTP status, which page code cannot see (1006 for every one). `"close"`: it is
   * accepted and closed at once with 4401, 4403, 4408, 4429 or the like; costs an accepted socket, on which nothing is ever delivered.
   */
  readonly refuseWith?: "status" | "close";
  /** The longest message, in bytes; longer ones close the socket with 1009. Default 1 MiB. */
  readonly maxPayload?: number;
  /**
   * Called once before a socket is closed because its token ends, and again for each token that `refresh` brings: for a message of the app's own
   * that asks the page for a new one.
   */
  readonly onExpiring?: (context: Context<P, unknown, unknown>) => unknown;
  /** How long before, in milliseconds. Default 60000; at once, where less is left. */
  readonly warnBefore?: number;
}

export interface GuardOptions<P = undefined> extends RouteOptions<P> {
  readonly policy: Policy<P>;
  /** A second policy that only tells: its decision is the event's `reported`. For trying a stricter one beside the one in force. */
  readonly report?: Policy<unknown>;
  /**
   * What becomes of upgrades on paths without a route. `"filter"` (default): the policy decides, and what it allows goes to the other `upgrade`
   * listeners. `"refuse"`: 404. `"pass"`: the listeners get them whatever the policy says; it only tells.
   */
  readonly unrouted?: "filter" | "refuse" | "pass";
  /** How long a decision may take, in milliseconds; then `timed-out`. Default 5000. */
  readonly deadline?: number;
  /** How long another listener may leave an upgrade it was handed unanswered, in milliseconds; then 404. Default 5000. */
  readonly grace?: number;
  /** How many handshakes may wait for a decision at once; then `too-many-pending`. Default 1024. */
  readonly maxPending?: number;
  /** How many sockets may be open at once; then `too-many-connections`. No limit by default. */
  readonly maxConnections?: number;
  /** The same for one address (an IPv6 /64 counts as one). No limit by default. */
  readonly maxConnectionsPerIp?: number;
  /**
   * How many refused handshakes (400, 401, 403) one address may have in so many seconds (an IPv6 /64 counts as one); then `too-many-failures`.
   * Successes never count. Off by default: behind a proxy that the server does not trust, every visitor has the proxy's address.
   */
  readonly maxFailures?: FailureLimit;
  /** How many open sockets may owe their first message at once, where the policy takes its token from there; then `too-many-pending`. Default 1024. */
  readonly maxUnauthenticated?: number;
  /**
   * Whoever tells of revocations, such as what `createTickets()` returns: open sockets of a revoked subject, session or grant are closed with
   * 4401, and handshakes of theirs that are under way are refused.
   */
  readonly revocations?: RevocationFeed;
  /**
   * Answers page code that asks over HTTP why its handshake would be refused (`whyRefused` of `@wsorigin/client`): the code and what to do about it,
   * for the page's own origin, never the list. For development. `true`: to clients on this machine only; `"everywhere"`: to all, so that whoever asks
   * may try origins one by one. Off by default. The token and the directory are not asked.
   */
  readonly explainRoute?: boolean | "everywhere";
  /** Which close codes say why a socket is closed: `"http"` (default: 4401, 4403, 4408, 4429) or `"iana"` (3000, 3003, 3008, 1013). */
  readonly closeCodes?: CloseCodes;
  /** Called with every decision, once for each upgrade. What it throws changes nothing. */
  readonly onDecision?: (event: DecisionEvent) => void;
  /** Called with what a handler, a subscriber or another `upgrade` listener threw. Default: printed to stderr. */
  readonly onError?: (error: unknown, where: string) => void;
  /** Where refusals are told: each reason once a minute, with `explain()`'s text. Default: stderr. `false`: nowhere. */
  readonly log?: ((text: string) => void) | false;
}

/** What is known of a request beside its headers. */
export interface Facts {
  /** The client's address. */
  readonly ip?: string | undefined;
  /** The Host that is trusted, where it is not the Host header. */
  readonly host?: string | undefined;
  /** Whether the client speaks TLS. */
  readonly secure?: boolean | undefined;
}

/** How a framework takes part: the seam that adapters are written against. */
export interface Adapter<P, R> {
  /** The framework's own request, and what its trust settings make of it. Called once for each handshake. */
  adapt(request: IncomingMessage): Facts & { readonly request: R };
  /** Runs what the app wants to run between the policy's yes and the handler: sessions. A `Deny` or a throw refuses. */
  before?(request: R, signal: AbortSignal): Deny | undefined | Promise<Deny | undefined>;
  /** The route of the framework's own router that a request is for, as made by `frameworkRoute`. Asked where the gate has none. */
  find?(request: IncomingMessage): Route<P, R> | undefined;
}

export type Handler<P, Params, R> = (socket: Context["socket"], context: Context<P, Params, R>) => unknown;

type NumericOption =
  | "deadline"
  | "grace"
  | "maxPending"
  | "maxUnauthenticated"
  | "maxConnections"
  | "maxConnectionsPerIp"
  | "maxPayload"
  | "warnBefore";

/** The options that are counts or durations, with their defaults. */
const numbers: Record<NumericOption, number> = {
  deadline: 5000,
  grace: 5000,
  maxPending: 1024,
  maxConnections: Infinity,
  maxConnectionsPerIp: Infinity,
  maxPayload: 1024 * 1024,
  maxUnauthenticated: 1024,
  warnBefore: 60_000,
};

const known = new Set([
  "policy",
  "protocols",
  "refuseWith",
  "maxPayload",
  "onExpiring",
  "warnBefore",
  "report",
  "unrouted",
  "deadline",
  "grace",
  "maxPending",
  "maxConnections",
  "maxConnectionsPerIp",
  "maxFailures",
  "maxUnauthenticated",
  "revocations",
  "closeCodes",
  "explainRoute",
  "onDecision",
  "onError",
  "log",
]);
const routeKnown = new Set(["policy", "protocols", "refuseWith", "maxPayload", "onExpiring", "warnBefore"]);

/** The options with their defaults. */
export type CheckedOptions<P> = GuardOptions<P> &
  Required<Pick<GuardOptions<P>, NumericOption | "unrouted" | "protocols" | "refuseWith" | "closeCodes">>;

/** @throws {GateError} with every problem at once */
export function checkGuardOptions<P>(options: GuardOptions<P>): CheckedOptions<P> {
  if (typeof options !== "object" || options === null)
    throw new GateError(["guard() takes the server and an object: guard(server, { policy })."]);
  const issues = [...unknownOptions(options, known), ...commonIssues(options)];
  if (options.policy === undefined)
    issues.push(
      'policy is missing. Write guard(server, { policy: createPolicy({ origins: ["https://app.example.com"] }) }).',
    );
  if (options.report !== undefined && !isPolicy(options.report))
    issues.push("report is no policy. Make one with createPolicy().");
  if (options.unrouted !== undefined && !["filter", "refuse", "pass"].includes(options.unrouted))
    issues.push('unrouted must be "filter", "refuse" or "pass".');
  for (const name of [
    "deadline",
    "grace",
    "maxPending",
    "maxUnauthenticated",
    "maxConnections",
    "maxConnectionsPerIp",
  ] as const) {
    const value = options[name];
    if (value !== undefined && !(typeof value === "number" && value > 0))
      issues.push(`${name} is ${String(value)}; it must be a number above 0. The default is ${numbers[name]}.`);
  }
  for (const name of ["deadline", "grace"] as const) {
    if ((options[name] ?? 0) > 0x7fff_ffff)
      issues.push(`${name} is ${options[name]}; timers hold 2147483647 ms at the most.`);
  }
  const failures = options.maxFailures;
  if (failures !== undefined && !(failures.count > 0 && failures.seconds > 0))
    issues.push("maxFailures must be { count, seconds }, both above 0, such as { count: 20, seconds: 60 }.");
  if (failures?.limiter !== undefined && typeof failures.limiter !== "function")
    issues.push(
      "maxFailures.limiter must be a function: (options) => new RateLimiterRedis({ ...options, storeClient }).",
    );
  if (options.revocations !== undefined && typeof options.revocations?.subscribe !== "function")
    issues.push("revocations must have a subscribe() method, as what createTickets() returns has.");
  if (options.closeCodes !== undefined && options.closeCodes !== "http" && options.closeCodes !== "iana")
    issues.push('closeCodes must be "http" or "iana".');
  if (options.explainRoute !== undefined && ![true, false, "everywhere"].includes(options.explainRoute))
    issues.push('explainRoute must be true, false or "everywhere".');
  issues.push(...bearerIssues(options.policy, options.protocols ?? []));
  for (const name of ["onDecision", "onError"] as const) {
    if (options[name] !== undefined && typeof options[name] !== "function") issues.push(`${name} must be a function.`);
  }
  if (options.log !== undefined && options.log !== false && typeof options.log !== "function")
    issues.push("log must be a function that takes a text, or false.");
  if (issues.length > 0) throw new GateError(issues);
  return {
    unrouted: "filter",
    protocols: [],
    refuseWith: "status",
    closeCodes: "http",
    ...numbers,
    ...definedOnly(options),
  };
}

/**
 * @param gate what the route has from its gate where it says nothing
 * @throws {GateError} with every problem at once
 */
export function checkRouteOptions<P>(
  path: string,
  options: RouteOptions<P>,
  gate: Pick<CheckedOptions<P>, "policy" | "protocols">,
): void {
  const { policy = gate.policy, protocols = gate.protocols } = options;
  const issues = [...unknownOptions(options, routeKnown), ...commonIssues(options), ...bearerIssues(policy, protocols)];
  if (issues.length > 0) throw new GateError(issues.map((issue) => `route ${JSON.stringify(path)}: ${issue}`));
}

/** Where a policy looks for a token. One of somebody's own making need not say. */
export function sourcesOf(policy: object): readonly TokenSource[] {
  const sources: unknown = Reflect.get(policy, "sources");
  return Array.isArray(sources) ? sources : [];
}

/** Browsers fail a handshake that offers subprotocols and gets none back, and a token is never sent back. */
function bearerIssues<P>(policy: Policy<P> | undefined, protocols: readonly string[]): string[] {
  if (policy === undefined || !isPolicy(policy) || !sourcesOf(policy).some(({ kind }) => kind === "bearerProtocol"))
    return [];
  if (protocols.length === 0)
    return ['protocols is missing, and the policy takes its token from there: write protocols: ["chat.v1"].'];
  return protocols.some((name) => typeof name === "string" && name.startsWith("bearer."))
    ? ['protocols holds a name that begins with "bearer.", which is a token\'s.']
    : [];
}

function commonIssues<P>(options: RouteOptions<P>): string[] {
  const { policy, protocols, refuseWith, maxPayload, onExpiring, warnBefore } = options;
  const issues: string[] = [];
  if (policy !== undefined && !isPolicy(policy)) issues.push("policy is no policy. Make one with createPolicy().");
  if (protocols !== undefined) {
    if (!Array.isArray(protocols)) issues.push('protocols must be a list, such as ["chat.v1"].');
    else if (!protocols.every((name) => typeof name === "string" && isToken(name)))
      issues.push("protocols holds a name that is no token (letters, digits and !#$%&'*+-.^_`|~).");
    else if (new Set(protocols).size < protocols.length) issues.push("protocols holds a name twice.");
  }
  if (refuseWith !== undefined && refuseWith !== "status" && refuseWith !== "close")
    issues.push('refuseWith must be "status" or "close".');
  if (maxPayload !== undefined && !(Number.isSafeInteger(maxPayload) && maxPayload > 0))
    issues.push(`maxPayload is ${String(maxPayload)}; it must be a whole number of bytes above 0.`);
  if (onExpiring !== undefined && typeof onExpiring !== "function") issues.push("onExpiring must be a function.");
  if (warnBefore !== undefined && !(typeof warnBefore === "number" && warnBefore >= 0))
    issues.push(`warnBefore is ${String(warnBefore)}; it must be milliseconds, 0 or more.`);
  return issues;
}

function unknownOptions(options: object, names: ReadonlySet<string>): string[] {
  return Object.keys(options)
    .filter((key) => !names.has(key))
    .map((key) => `${JSON.stringify(key)} is no option here. The options are ${[...names].join(", ")}.`);
}

function isPolicy(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "decide" in value &&
    typeof value.decide === "function" &&
    "mode" in value
  );
}

function definedOnly<T extends object>(options: T): T {
  const copy = { ...options };
  for (const key of Object.keys(copy)) if (Reflect.get(copy, key) === undefined) Reflect.deleteProperty(copy, key);
  return copy;
}

/**
 * What is wrong with the middleware an app wants to run before its sockets open. CORS middleware is refused: on a handshake it decides nothing,
 * and answers what nobody reads.
 *
 * @param example how the adapter's `before` is written
 */
export function middlewareIssues(before: readonly unknown[], example: string): string[] {
  return before.flatMap((middleware, index) => {
    if (typeof middleware !== "function") return [`before[${index}] is no middleware. Write before: ${example}.`];
    if (!/^cors/i.test(middleware.name)) return [];
    return [
      `before[${index}] is a CORS middleware (${middleware.name}). A handshake has no CORS: the policy decides who may open a socket. Remove it; share the list with cors(corsOptions(policy)) on the app.`,
    ];
  });
}
