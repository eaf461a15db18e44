import type { Policy } from "@wsorigin/core";
import {
  bearerIssues,
  type Check,
  checkEach,
  type CloseCodes,
  countProblem,
  definedOnly,
  durationProblem,
  examplePolicy,
  functionProblem,
  logProblem,
  oneOf,
  policyProblem,
  protocolsProblem,
  type RevocationSource,
  revocationsProblem,
} from "@wsorigin/core/gate";
import { UpgradeGuardError, type UpgradeGuardIssue } from "./errors.ts";
import type { DecisionEvent } from "./report.ts";

/** Options of `upgradeGuard`. */
export interface UpgradeGuardOptions<P = undefined> {
  /** The policy that decides who may open a socket. Required: `createPolicy({ origins: ["https://app.example.com"] })`. */
  readonly policy: Policy<P>;
  /**
   * The subprotocols that the server speaks, best first. `result.protocol` is the first one that the client offers too, and never a token. Default: none.
   */
  readonly protocols?: readonly string[];
  /** A second policy that only reports: its decision is the event's `reported`. It finds the token but does not verify it. */
  readonly report?: Policy<unknown>;
  /** How long a decision may take, in milliseconds, before the handshake is refused with `timed-out`. Defaults to 5000. */
  readonly deadline?: number;
  /** How many handshakes may wait for a decision at once; more are refused with `too-many-pending`. Defaults to 1024. */
  readonly maxPending?: number;
  /** How many sockets may be attached at once; more handshakes are refused with `too-many-connections`. No limit by default. */
  readonly maxConnections?: number;
  /** How many allowed handshakes may owe their first message at once; more are refused with `too-many-pending`. Defaults to 1024. */
  readonly maxUnauthenticated?: number;
  /**
   * A revocation source, such as the object that `createTickets()` returns. Attached sockets of a revoked subject, session or grant are closed with 4401, and
   * handshakes that are being decided are refused.
   */
  readonly revocations?: RevocationSource;
  /** Close codes for attached sockets: `"http"` (default: 4401, 4403, 4408, 4429) or `"iana"` (3000, 3003, 3008, 1013). */
  readonly closeCodes?: CloseCodes;
  /** Called with every decision, once per handshake. Errors that it throws change nothing and go to `onError`. */
  readonly onDecision?: (event: DecisionEvent) => void;
  /** Called with errors of callbacks and sockets. Default: printed with `console.error`. */
  readonly onError?: (error: unknown, where: string) => void;
  /**
   * Where refusals are logged, with `explain()`'s text: each code, Origin and Host once a minute, at most 100 entries a minute. Default: `console.error`.
   * `false`: not logged.
   */
  readonly log?: ((text: string) => void) | false;
}

/** What the runtime knows about a request besides the `Request`. */
export interface Facts {
  /** The client's address, for events and for `verify`. */
  readonly ip?: string | undefined;
  /** The Host that you trust, if it is not the Host header: behind a proxy, the forwarded one. The URL's authority is then not compared with it. */
  readonly host?: string | undefined;
  /** Whether the client uses TLS. Default: whether the URL's scheme is `https:`. */
  readonly secure?: boolean | undefined;
  /** The route's name in events and logs. */
  readonly route?: string | undefined;
  /** `:protocol` of an extended CONNECT (RFC 8441), if the handshake came over HTTP/2 or HTTP/3. Method, Upgrade and key are then not required. */
  readonly protocol?: string | undefined;
}

type DefaultedOption = "closeCodes" | "deadline" | "maxConnections" | "maxPending" | "maxUnauthenticated" | "protocols";

const defaults: Required<Pick<UpgradeGuardOptions, DefaultedOption>> = {
  protocols: [],
  deadline: 5000,
  maxPending: 1024,
  maxConnections: Infinity,
  maxUnauthenticated: 1024,
  closeCodes: "http",
};

/** Options with their defaults. */
export type CheckedOptions<P> = UpgradeGuardOptions<P> & Required<Pick<UpgradeGuardOptions<P>, DefaultedOption>>;

/** Every option, with its check. The compiler asks for a line here when an option is added. */
const checks = {
  policy: policyProblem,
  protocols: protocolsProblem,
  report: policyProblem,
  deadline: durationProblem(defaults.deadline),
  maxPending: countProblem(defaults.maxPending),
  maxConnections: countProblem(defaults.maxConnections),
  maxUnauthenticated: countProblem(defaults.maxUnauthenticated),
  revocations: revocationsProblem,
  closeCodes: oneOf("http", "iana"),
  onDecision: functionProblem,
  onError: functionProblem,
  log: logProblem,
} satisfies Record<keyof UpgradeGuardOptions, Check>;

/** @throws {UpgradeGuardError} with every problem at once */
export function checkOptions<P>(options: UpgradeGuardOptions<P>): CheckedOptions<P> {
  if (typeof options !== "object" || options === null)
    throw new UpgradeGuardError([missing("options", `upgradeGuard() takes an object: `)]);
  const { policy, protocols } = options;
  const issues: UpgradeGuardIssue[] = [
    ...checkEach(options, checks),
    ...bearerIssues(policy, Array.isArray(protocols) ? protocols : []),
  ];
  if (policy === undefined) issues.push(missing("policy", "`policy` is missing. Write "));
  if (issues.length > 0) throw new UpgradeGuardError(issues);
  return { ...defaults, ...definedOnly(options) };
}

function missing(entry: string, text: string): UpgradeGuardIssue {
  return { code: "option-missing", entry, message: `${text}upgradeGuard({ policy: ${examplePolicy} }).` };
}
