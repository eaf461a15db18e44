/** One Origin that a policy is asked about. */
export interface OriginCase {
  readonly policy: OriginCasePolicy;
  /** The value of the header; `null` is no header, a list is repeated header lines, in order. */
  readonly origin: string | null | readonly string[];
  readonly expect: Expectation;
  /** Where sound systems differ (`expect: "either"`): what wsorigin does. */
  readonly pinned?: Verdict;
  /** Where HTTP itself changes the value before anybody sees it (it strips the white space around it): the verdict over the wire. */
  readonly wire?: Verdict;
  readonly why: string;
  readonly source: string;
}

/** A policy in words that are not wsorigin's own, so that other libraries can be put to the same questions. */
export interface OriginCasePolicy {
  /** Exact origins and wildcards (`https://*.example.com`). */
  readonly allow: readonly string[];
  /** Whether `Origin: null` may come in. */
  readonly allowNull?: boolean;
  /** Whether the Origin may equal the Host of the request. */
  readonly sameOrigin?: boolean;
  /** The Host of the request. */
  readonly host?: string;
}

/** One Host that a server is asked for. */
export interface HostCase {
  readonly policy: { readonly allowedHosts: readonly string[] };
  /** The value of the header; `null` is no header, a list is repeated header lines, in order. */
  readonly host: string | null | readonly string[];
  readonly expect: Expectation;
  /** Where sound systems differ (`expect: "either"`): what wsorigin does. */
  readonly pinned?: Verdict;
  readonly why: string;
  readonly source: string;
}

/** A constructor that refuses the configuration counts as `"deny"`. */
export type Verdict = "allow" | "deny";

export type Expectation = Verdict | "either";

/** What wsorigin must say to a case: `expect`, or `pinned` where sound systems differ. */
export function verdictOf(row: OriginCase | HostCase): Verdict {
  if (row.expect !== "either") return row.expect;
  if (row.pinned === undefined) throw new TypeError(`The case ${JSON.stringify(row.why)} has no pinned verdict.`);
  return row.pinned;
}
