import { LazySignal, type SignalSource } from "./abort.ts";
import { ask, type Asked } from "./asking.ts";
import type { AllowCode, DenyCode } from "./codes.ts";
import { type Allow, type Decision, type Deny, deny } from "./decision.ts";
import { describeExpectation } from "./expectation.ts";
import { type Handshake, isSecure, readField, readHostAndOrigin } from "./handshake.ts";
import { type Authority, isLoopback, parseHost } from "./host.ts";
import { HostList, OriginList } from "./lists.ts";
import { type CheckedOptions, checkOptions, type Directory, type PolicyOptions } from "./options.ts";
import type { TokenSource } from "./sources.ts";
import { type TokenOptions, TokenRule } from "./token.ts";
import { defaultPort, isWebOrigin, parseOrigin, type WebOrigin } from "./origin.ts";

export interface AskOptions {
  /**
   * Aborts the decision, which then refuses. A function is called at most once, and only when something has to be waited for or a callback needs
   * the signal: when `verify` reads `context.signal`, or before `directory.has` unless that takes exactly one argument (`has.length === 1`, as a
   * `Set`'s). A signal that is aborted already refuses without calling the directory or `verify`.
   */
  readonly signal?: SignalSource;
}

export interface DecideOptions extends AskOptions {
  /** A token that came on the open socket (in its first message, or to renew the one it has), instead of what the handshake holds. */
  readonly token?: string | undefined;
  /**
   * `false`: looks for the token, and refuses if it is missing, ambiguous or malformed, but does not verify it; what is allowed has no principal.
   * For a second policy that only reports: verifying would redeem a single-use ticket.
   */
  readonly verify?: false | undefined;
}

/** Who may open a socket, compiled. Frozen; its methods never throw. */
export interface Policy<P = undefined> {
  /** `"report"`: the gate tells what it would have refused, and lets it through. */
  readonly mode: "enforce" | "report";
  /** Where it looks for a token; empty where it asks for none. */
  readonly sources: readonly TokenSource[];
  /**
   * Decides on Host and Origin alone, at once. With a `directory`, an Origin outside `origins` is refused here, and no token is asked for: where
   * the policy has either, this is no answer to whether a socket may open. Use `decide`.
   */
  check(handshake: Handshake): Decision;
  /**
   * Decides on everything: Host, Origin, then the directory, then the token. Never rejects. Without a `signal` it waits as long as the directory
   * and `verify` do; an aborted `signal` refuses.
   */
  decide(handshake: Handshake, options?: DecideOptions): Promise<Decision<P>>;
  /**
   * The same decision as `decide`, returned directly if nothing has to be waited for: the directory is not asked, or answers without a promise,
   * and so does `verify`. Then it makes no promise and no abort signal. Never throws or rejects.
   */
  evaluate(handshake: Handshake, options?: DecideOptions): Decision<P> | Promise<Decision<P>>;
  /** Whether pages of this origin may read HTTP responses, by the same list: for CORS. `sameHost` needs no CORS, and a directory is not asked. */
  allowsOrigin(origin: string | undefined): boolean;
  /** `allowsOrigin`, with the directory asked too. Never rejects: a directory that fails allows nothing. */
  allowsOriginAsync(origin: string | undefined, options?: AskOptions): Promise<boolean>;
}

/**
 * Compiles the options into a policy, or refuses them.
 *
 * @throws {PolicyError} with every problem of the options at once, each with the corrected value
 * @example
 * const policy = createPolicy({ origins: ["https://app.example.com"], hosts: ["api.example.com"] });
 * policy.check({ headers: { origin: "https://evil.test", host: "api.example.com" } });
 * // { allowed: false, code: "origin-not-listed", status: 403, origin: "https://evil.test" }
 */
export function createPolicy(options: PolicyOptions<undefined> & { readonly token?: undefined }): Policy;
export function createPolicy<P>(
  options: PolicyOptions<P> & { readonly token: TokenOptions<P> & { readonly required: false } },
): Policy<P | undefined>;
export function createPolicy<P>(options: PolicyOptions<P>): Policy<P>;
export function createPolicy<P>(options: PolicyOptions<P>): Policy<P | undefined> {
  const checked = checkOptions(options);
  const origins = new OriginList(checked);
  const hosts = checked.hosts === undefined ? undefined : new HostList(checked.hosts);
  const expected = describeExpectation(origins, hosts, checked);
  const tokenRule = checked.token === undefined ? undefined : new TokenRule(checked.token);

  /** Host and Origin. Without an Origin `absent` says what it is: let in, or left to the token. */
  function checkOrigin(handshake: Handshake, absent: boolean): Decision {
    const { host: hostField, origin: originField } = readHostAndOrigin(handshake);
    const given: unknown = handshake.host ?? hostField.value;
    const host = given === undefined || typeof given === "string" ? given : "";
    const origin = originField.value;
    const refuse = (code: DenyCode): Deny => deny(code, origin, { host, expected });

    // RFC 9112 section 3.2: two Host lines are no request. Which one a proxy believed cannot be known.
    if (hostField.lines > 1) return refuse("host-repeated");
    if (host === undefined) {
      if (hosts !== undefined) return refuse("host-missing");
    } else if (hosts?.hasText(host) !== true) {
      const authority = parseHost(host);
      if (authority === undefined) return refuse("host-malformed");
      if (hosts !== undefined && !hosts.has(authority, isSecure(handshake))) return refuse("host-not-listed");
    }

    // RFC 6454 section 7.3: a user agent sends one Origin field at the most.
    if (originField.lines > 1) return refuse("origin-repeated");
    if (origin === undefined) return absent ? allow("origin-absent", undefined) : refuse("origin-missing");
    if (origins.has(origin)) return allow("origin-listed", origin, origin);
    // Four octets, case-sensitive (Fetch, "Origin header": `%s"null"`).
    if (origin === "null") return refuse("origin-opaque");
    const parsed = parseOrigin(origin);
    if (parsed === undefined) return refuse("origin-malformed");
    const matched = origins.matchPattern(parsed);
    if (matched !== undefined) return allow("origin-listed", origin, matched);
    if (
      checked.sameHost &&
      host !== undefined &&
      isWebOrigin(parsed) &&
      isSameHost(parsed, parseHost(host), isSecure(handshake))
    ) {
      // Only ever a second reason to refuse: Chromium sends none on a handshake, and no value proves anything.
      if (readField(handshake, "sec-fetch-site").value?.includes("cross-site") === true)
        return refuse("origin-cross-site");
      return allow("origin-same-host", origin);
    }
    return refuse("origin-not-listed");
  }

  const check = (handshake: Handshake): Decision => checkOrigin(handshake, checked.missingOrigin === "allow");

  function evaluateOrigin(handshake: Handshake, options: AskOptions): Decision | Promise<Decision> {
    const decision = checkOrigin(handshake, checked.missingOrigin !== "deny");
    if (decision.allowed || decision.code !== "origin-not-listed" || decision.origin === undefined) return decision;
    if (checked.directory === undefined) return decision;
    // Not `decision.origin`: that one is cut.
    const origin = readField(handshake, "origin").value ?? "";
    if (!mayAsk(origin, checked)) return decision;
    const judge = (answer: boolean | string): Decision => {
      if (answer === true) return allow("origin-in-directory", origin);
      return answer === false ? decision : deny("directory-failed", origin, { note: answer, expected });
    };
    const answer = askDirectory(checked.directory, origin, options.signal);
    return answer instanceof Promise ? answer.then(judge) : judge(answer);
  }

  function evaluateToken(
    rule: TokenRule<P>,
    handshake: Handshake,
    decision: Decision,
    options: DecideOptions,
  ): Decision<P | undefined> | Promise<Decision<P | undefined>> {
    if (!decision.allowed) return decision;
    const headerOnly = decision.code === "origin-absent" && checked.missingOrigin === "token";
    return rule.decide(handshake, decision, headerOnly, options);
  }

  function evaluate(
    handshake: Handshake,
    options: DecideOptions = {},
  ): Decision<P | undefined> | Promise<Decision<P | undefined>> {
    const decision = evaluateOrigin(handshake, options);
    if (tokenRule === undefined) return decision;
    if (!(decision instanceof Promise)) return evaluateToken(tokenRule, handshake, decision, options);
    return decision.then((settled) => evaluateToken(tokenRule, handshake, settled, options));
  }

  async function decide(handshake: Handshake, options: DecideOptions = {}): Promise<Decision<P | undefined>> {
    return evaluate(handshake, options);
  }

  function allowsOrigin(origin: string | undefined): boolean {
    return typeof origin === "string" && origins.match(origin) !== undefined;
  }

  async function allowsOriginAsync(origin: string | undefined, options: AskOptions = {}): Promise<boolean> {
    if (allowsOrigin(origin)) return true;
    if (typeof origin !== "string" || checked.directory === undefined || !mayAsk(origin, checked)) return false;
    return (await askDirectory(checked.directory, origin, options.signal)) === true;
  }

  const sources = Object.freeze([...(checked.token?.from ?? [])]);
  return Object.freeze({ mode: checked.mode, sources, check, decide, evaluate, allowsOrigin, allowsOriginAsync });
}

function allow(code: AllowCode, origin: string | undefined, matched?: string): Allow {
  return { allowed: true, code, origin, matched, principal: undefined };
}

function isSameHost(origin: WebOrigin, host: Authority | undefined, secure: boolean): boolean {
  const scheme = secure ? "https" : "http";
  const port = host?.port === defaultPort(scheme) ? "" : host?.port;
  return origin.scheme === scheme && origin.host === host?.host && origin.port === port;
}

/** Whether an origin is one to ask a directory about: well-formed, and no plain `http:` beyond loopback. */
function mayAsk(origin: string, options: CheckedOptions): boolean {
  const parsed = parseOrigin(origin);
  if (parsed === undefined) return false;
  return !isWebOrigin(parsed) || parsed.scheme === "https" || options.insecureToo || isLoopback(parsed.host);
}

/** Asks the directory; what goes wrong comes back as a sentence. */
function askDirectory(
  directory: Directory,
  origin: string,
  source: SignalSource,
): boolean | string | Promise<boolean | string> {
  const signal = new LazySignal(source);
  const asked = ask("the directory", "directory.has()", signal, () => {
    // A Set's `has` and others that take one argument cannot use a signal, so that none is made for them.
    const has: unknown = Reflect.get(directory, "has");
    if (typeof has !== "function") throw new TypeError("directory.has is not a function.");
    const needed = has.length === 1 ? signal.existing : signal.get();
    return Reflect.apply(has, directory, needed === undefined ? [origin] : [origin, needed]);
  });
  return asked instanceof Promise ? asked.then(readAnswer) : readAnswer(asked);
}

function readAnswer(asked: Asked): boolean | string {
  if ("problem" in asked) return asked.problem;
  return typeof asked.answer === "boolean"
    ? asked.answer
    : `directory.has() returned ${typeof asked.answer}, which is neither true nor false.`;
}
