import type { SignalSource } from "./ask/abort.ts";
import { askDirectory, mayAsk } from "./ask/directory.ts";
import { allow, checkHandshake, denyUnreadable } from "./check/check.ts";
import { type Decision, deny } from "./check/decision.ts";
import { type Handshake, readLines } from "./check/handshake.ts";
import { HostList, OriginList } from "./check/lists.ts";
import { checkOptions } from "./config/check-options.ts";
import type { PolicyOptions } from "./config/options.ts";
import { type AnyHandshake, readable } from "./fetch-handshake.ts";
import { ownOrigin } from "./token/own-origin.ts";
import type { TokenSource } from "./token/sources.ts";
import { TokenRule } from "./token/token.ts";

export interface AskOptions {
  /**
   * Aborts the decision, which then refuses. A function is called at most once, and only when something has to be waited for or a callback needs
   * the signal: when `verify` reads `context.signal`, or before `directory.has` unless that takes exactly one argument (`has.length === 1`, as a
   * `Set`'s). A signal that is aborted already refuses without calling the directory or `verify`.
   */
  readonly signal?: SignalSource;
}

export interface DecideOptions extends AskOptions {
  /** A token that came on the open socket, in the first message or to renew the old one. Used instead of the one in the handshake. */
  readonly token?: string | undefined;
  /** `false` decides on Host, Origin and the directory only, whatever `token` the policy has: for a CORS preflight, which carries no token. */
  readonly askToken?: false | undefined;
  /**
   * `true`: the browser says that the request comes from a page of this server, or from the user (`Sec-Fetch-Site: same-origin` or `none`). Then a request
   * without an Origin is allowed, whatever `missingOrigin` says, if the policy has `hosts`. For ordinary HTTP requests: browsers send no Origin with a
   * GET to their own server, and always send one with a WebSocket handshake. With `same-origin`, `verify` gets the server's own origin as `context.origin`, so
   * that a ticket of that page is valid.
   */
  readonly sameOrigin?: boolean | undefined;
  /**
   * `false` finds the token without verifying it: refuses if it is missing, ambiguous or malformed; otherwise `principal` is `undefined`, whatever
   * `P` is. For a second policy that only reports: verifying would redeem a single-use ticket.
   */
  readonly verify?: false | undefined;
}

/** A compiled policy: who may open a socket. Frozen; its methods never throw. */
export interface Policy<P = undefined> {
  /** `"report"`: the gate reports what it would have refused, and allows it. */
  readonly mode: "enforce" | "report";
  /** Where the policy looks for a token; empty without the `token` option. */
  readonly sources: readonly TokenSource[];
  /**
   * Decides on Host and Origin only. Does not use the `directory` (an Origin outside `origins` is refused) and does not look at tokens: if the policy
   * has either, use `decide` to know whether a socket may open.
   */
  check(handshake: AnyHandshake): Decision;
  /**
   * Decides on everything: Host, Origin, then the directory, then the token. Never rejects. Without a `signal` it waits as long as the directory and
   * `verify` take; an aborted `signal` refuses.
   */
  decide(handshake: AnyHandshake, options?: DecideOptions): Promise<Decision<P>>;
  /**
   * Decides as `decide` does, and returns the decision without a promise if nothing has to be waited for: the directory and `verify` are not called,
   * or return no promise. Makes no promise and no abort signal then. Never throws or rejects.
   */
  evaluate(handshake: AnyHandshake, options?: DecideOptions): Decision<P> | Promise<Decision<P>>;
  /** Whether pages of this origin may read HTTP responses, by the same list: for CORS. Does not use `sameHost`, which needs no CORS, or the directory. */
  allowsOrigin(origin: string | undefined): boolean;
  /** `allowsOrigin`, including the directory. Never rejects: a directory that fails allows nothing. */
  allowsOriginAsync(origin: string | undefined, options?: AskOptions): Promise<boolean>;
}

/** The type of the principal: `undefined` too, if a token is not required. From an indexed type nothing is inferred back, so the options alone say what P is. */
type PrincipalOf<P, Required extends boolean> = { readonly true: P; readonly false: P | undefined }[`${Required}`];

/**
 * Compiles the options into a policy.
 *
 * @throws {PolicyError} with every problem of the options at once, each with the corrected value
 * @example
 * const policy = createPolicy({ origins: ["https://app.example.com"], hosts: ["api.example.com"] });
 * policy.check({ headers: { origin: "https://evil.test", host: "api.example.com" } });
 * // { allowed: false, code: "origin-not-listed", status: 403, origin: "https://evil.test" }
 */
export function createPolicy<P = undefined, Required extends boolean = true>(
  options: PolicyOptions<P, Required>,
): Policy<PrincipalOf<P, Required>>;
// One signature for callers: of several, the compiler reports each one's complaint about a wrong option.
export function createPolicy<P>(options: PolicyOptions<P>): Policy<P | undefined> {
  const checked = checkOptions(options);
  const { directory, hosts, insecureToo, missingOrigin, mode, token } = checked;
  const originList = new OriginList(checked.origins, checked.opaqueOrigin === "dangerously-allow");
  const rules = { ...checked, originList, hostList: hosts === undefined ? undefined : new HostList(hosts) };
  const tokenRule = token === undefined ? undefined : new TokenRule(token);

  function check(handshake: AnyHandshake): Decision {
    try {
      return checkHandshake(readable(handshake), rules, missingOrigin === "allow");
    } catch (error) {
      return denyUnreadable(error);
    }
  }

  /** Whether the page is one of this server. A browser's word on that counts only for a Host that was checked. */
  function isOwn({ sameOrigin }: DecideOptions): boolean {
    return sameOrigin === true && hosts !== undefined;
  }

  function evaluateOrigin(handshake: Handshake, options: DecideOptions): Decision | Promise<Decision> {
    const decision = checkHandshake(handshake, rules, isOwn(options) || missingOrigin !== "deny");
    if (directory === undefined || decision.allowed || decision.code !== "origin-not-listed") return decision;
    // Not `decision.origin`: that one is cut.
    const [origin] = readLines(handshake, "origin");
    if (origin === undefined || !mayAsk(origin, insecureToo)) return decision;
    const judge = (answer: boolean | string): Decision => {
      if (answer === true) return allow("origin-in-directory", origin);
      return answer === false ? decision : deny("directory-failed", origin, { note: answer, expected: rules });
    };
    const answer = askDirectory(directory, origin, options.signal);
    return answer instanceof Promise ? answer.then(judge) : judge(answer);
  }

  function evaluateToken(
    rule: TokenRule<P>,
    handshake: Handshake,
    decision: Decision,
    options: DecideOptions,
  ): Decision<P | undefined> | Promise<Decision<P | undefined>> {
    if (!decision.allowed || options.askToken === false) return decision;
    const isAbsent = decision.code === "origin-absent";
    const own = isAbsent && isOwn(options);
    const headerOnly = isAbsent && !own && missingOrigin === "token";
    return rule.decide(
      handshake,
      decision,
      { headerOnly, page: own ? ownOrigin(handshake) : decision.origin },
      options,
    );
  }

  function decideNow(
    given: AnyHandshake,
    options: DecideOptions = {},
  ): Decision<P | undefined> | Promise<Decision<P | undefined>> {
    try {
      const handshake = readable(given);
      const decision = evaluateOrigin(handshake, options);
      if (tokenRule === undefined) return decision;
      return decision instanceof Promise
        ? decision.then((settled) => evaluateToken(tokenRule, handshake, settled, options)).catch(denyUnreadable)
        : evaluateToken(tokenRule, handshake, decision, options);
    } catch (error) {
      return denyUnreadable(error);
    }
  }

  async function decide(handshake: AnyHandshake, options: DecideOptions = {}): Promise<Decision<P | undefined>> {
    return decideNow(handshake, options);
  }

  function evaluate(
    this: Policy<P> | undefined,
    handshake: AnyHandshake,
    options: DecideOptions = {},
  ): ReturnType<typeof decideNow> {
    // A copy with a decide() of its own (`{ ...policy, decide }`) decides by that one.
    if (typeof this?.decide !== "function" || this.decide === decide) return decideNow(handshake, options);
    const { signal } = options;
    return this.decide(handshake, { ...options, signal: typeof signal === "function" ? signal() : signal });
  }

  function allowsOrigin(origin: string | undefined): boolean {
    return typeof origin === "string" && originList.match(origin) !== undefined;
  }

  async function allowsOriginAsync(origin: string | undefined, options: AskOptions = {}): Promise<boolean> {
    if (allowsOrigin(origin)) return true;
    if (typeof origin !== "string" || directory === undefined || !mayAsk(origin, insecureToo)) return false;
    return (await askDirectory(directory, origin, options.signal)) === true;
  }

  const sources = Object.freeze([...(token?.from ?? [])]);
  return Object.freeze({ mode, sources, check, decide, evaluate, allowsOrigin, allowsOriginAsync });
}
