import { type HostEntry, readHostEntry } from "./host-entry.ts";
import { type OriginEntry, readOriginEntry } from "./origin-entry.ts";
import { PolicyError, type PolicyIssue, type PolicyIssueCode, type Read } from "./problems.ts";
import { sourceProblem, type TokenSource } from "./sources.ts";
import { quote, show } from "./text.ts";
import type { TokenOptions } from "./token.ts";

/** Origins that are known only at run time: a tenant table, say. A `Set` of serialised origins fits. */
export interface Directory {
  /**
   * Whether pages of this origin may open a socket. Asked after `origins`, with a well-formed serialised origin, never with `null`. Anything
   * but `true` or `false`, a throw, a rejection or an aborted `signal` refuses the handshake (`directory-failed`).
   */
  has(origin: string, signal: AbortSignal): boolean | Promise<boolean>;
}

export interface PolicyOptions<P = undefined> {
  /**
   * The origins whose pages may open a socket. Required, unless `sameHost` or `directory` says who may; `[]` is nobody.
   *
   * Permitted: `https://app.example.com` (exact); `https://*.example.com` (exactly one more label) and `https://**.example.com` (one or more),
   * neither covering `example.com` itself; `http://localhost:*` (any port, loopback names only); a custom scheme's origin
   * (`capacitor://localhost`, `chrome-extension://<id>`), compared byte for byte. Case, default port, IDN and the form of IPv6 are normalised.
   *
   * Prohibited: `*`, regular expressions, paths, `null`, `ws:` and `wss:`, wildcards over a public suffix, plain `http:` beyond loopback.
   */
  readonly origins?: readonly string[];
  /** Origins known only at run time; asked by `decide` after `origins`. Plain `http:` origins beyond loopback are refused unasked. */
  readonly directory?: Directory;
  /**
   * The Hosts this server answers to: `api.example.com` (any port), `api.example.com:8443`, `*.example.com`, `**.example.com`, IP literals.
   * Checked first. Without it, a page whose name an attacker points at this server's address (DNS rebinding) is same-host to it.
   */
  readonly hosts?: readonly string[];
  /** Lets in pages whose scheme, host and port are those of the request itself. Needs `hosts`: DNS rebinding makes every page same-host. */
  readonly sameHost?: boolean;
  /**
   * What a handshake without an Origin header is: browsers always send one, other programs need not. `"deny"` by default. `"token"`: it is let
   * in with a token from the `Authorization` header, never with one that a browser sends by itself.
   */
  readonly missingOrigin?: "deny" | "allow" | "token";
  /** What `Origin: null` is. Any site can make a sandboxed frame that sends it, so allowing it lets every page in. `"deny"` by default. */
  readonly opaqueOrigin?: "deny" | "dangerously-allow";
  /** Permits `http:` origins beyond loopback. Whoever sits on a visitor's network can then write a page that opens sockets as the visitor. */
  readonly dangerouslyAllowInsecureOrigins?: boolean;
  /** Who is there: where the token is looked for once Host and Origin are allowed, and how it is verified. */
  readonly token?: TokenOptions<P>;
  /** `"report"`: decide and tell, let through. For rolling a policy out. `"enforce"` by default. */
  readonly mode?: "enforce" | "report";
}

/** The options, checked and normalised. */
export interface CheckedOptions<P = unknown> {
  readonly origins: readonly OriginEntry[];
  readonly hosts: readonly HostEntry[] | undefined;
  readonly directory: Directory | undefined;
  readonly sameHost: boolean;
  readonly missingOrigin: "deny" | "allow" | "token";
  readonly token: TokenOptions<P> | undefined;
  readonly opaqueOrigin: "deny" | "dangerously-allow";
  readonly insecureToo: boolean;
  readonly mode: "enforce" | "report";
}

const known = new Set([
  "origins",
  "directory",
  "hosts",
  "sameHost",
  "missingOrigin",
  "opaqueOrigin",
  "dangerouslyAllowInsecureOrigins",
  "token",
  "mode",
]);
const tokenKnown = new Set(["from", "verify", "required"]);

/** @throws {PolicyError} with every problem of the options at once */
export function checkOptions<P>(options: PolicyOptions<P>): CheckedOptions<P> {
  const issues: PolicyIssue[] = [];
  const report: Report = (code, entry, message) => void issues.push({ code, entry, message });
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    report(
      "option-invalid",
      "options",
      'createPolicy takes an object: createPolicy({ origins: ["https://app.example.com"] }).',
    );
    throw new PolicyError(issues);
  }

  for (const key of Object.keys(options)) {
    if (!known.has(key))
      report(
        "option-unknown",
        key,
        `${quote(key)} is no option${nearest(key)}. The options are ${[...known].join(", ")}.`,
      );
  }
  const choose: Choose = (name, value, choices) => {
    const found = value === undefined ? choices[0] : choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    report(
      "option-invalid",
      name,
      `${name}: ${show(value)} is not understood. Write ${choices.map((choice) => show(choice)).join(" or ")}.`,
    );
    return choices[0];
  };
  const list = <T>(name: string, value: unknown, read: (entry: unknown) => Read<T>): readonly T[] => {
    if (!Array.isArray(value)) {
      const fix =
        typeof value === "string" ? `Write ${name}: [${quote(value)}].` : `Write ${name}: [...], or [] for nobody.`;
      report("option-invalid", name, `${name}: ${show(value)} is no list. ${fix}`);
      return [];
    }
    const values: T[] = [];
    for (const entry of value) {
      const result = read(entry);
      if ("issue" in result) issues.push(result.issue);
      else values.push(result.value);
    }
    return values;
  };

  const sameHost = choose("sameHost", options.sameHost, [false, true]);
  const insecureToo = choose("dangerouslyAllowInsecureOrigins", options.dangerouslyAllowInsecureOrigins, [false, true]);
  const opaqueOrigin = choose("opaqueOrigin", options.opaqueOrigin, ["deny", "dangerously-allow"]);
  const mode = choose("mode", options.mode, ["enforce", "report"]);
  const missingOrigin = choose("missingOrigin", options.missingOrigin, ["deny", "allow", "token"]);
  const token = checkToken(options.token, report, choose);
  const has = (...kinds: readonly TokenSource["kind"][]): boolean =>
    token?.from.some(({ kind }) => kinds.includes(kind)) === true;
  if (missingOrigin === "token" && !has("bearerHeader")) {
    report(
      "option-incoherent",
      "missingOrigin",
      'missingOrigin: "token" needs a token from the Authorization header: without an Origin nothing else proves that no browser is being used. Write token: { from: [bearerHeader()], verify }; or "deny"; or "allow", if programs that send no Origin may connect and no cookie lets them in.',
    );
  }
  if (has("cookie") && (missingOrigin === "allow" || opaqueOrigin === "dangerously-allow")) {
    const which = missingOrigin === "allow" ? 'missingOrigin: "allow"' : 'opaqueOrigin: "dangerously-allow"';
    report(
      "option-incoherent",
      "token",
      `token.from: cookie() needs an Origin rule, and ${which} lets in handshakes that no such rule has judged: the browser sends the cookie along, whoever wrote the page. Remove ${which}, or take the token from elsewhere.`,
    );
  }
  const directory = options.directory;
  if (
    directory !== undefined &&
    (typeof directory !== "object" || directory === null || typeof directory.has !== "function")
  ) {
    report(
      "option-invalid",
      "directory",
      `directory: ${show(directory)} has no has() method. Write directory: { has: async (origin, signal) => ... }.`,
    );
  }
  const origins =
    options.origins === undefined
      ? []
      : list("origins", options.origins, (entry) => readOriginEntry(entry, insecureToo));
  if (options.origins === undefined && !sameHost && directory === undefined) {
    report(
      "option-missing",
      "origins",
      'origins is missing: nothing says which pages may open a socket. Write origins: ["https://app.example.com"], or [] for nobody.',
    );
  }
  const hosts = options.hosts === undefined ? undefined : list("hosts", options.hosts, readHostEntry);
  if (sameHost && options.hosts === undefined) {
    report(
      "option-incoherent",
      "sameHost",
      'sameHost: true needs hosts: whoever points a name of theirs at this server (DNS rebinding) is same-host to it. Write hosts: ["api.example.com"] with the names this server answers to.',
    );
  }
  if (issues.length > 0) throw new PolicyError(issues);
  return {
    origins,
    hosts,
    directory,
    sameHost,
    missingOrigin,
    token,
    opaqueOrigin,
    insecureToo,
    mode,
  };
}

type Report = (code: PolicyIssueCode, entry: string, message: string) => void;
type Choose = <const T>(name: string, value: unknown, choices: readonly [T, ...T[]]) => T;

function checkToken<P>(
  given: TokenOptions<P> | undefined,
  report: Report,
  choose: Choose,
): TokenOptions<P> | undefined {
  if (given === undefined) return undefined;
  const example = "token: { from: [bearerHeader()], verify: async (token) => grant({ principal }) }";
  if (typeof given !== "object" || given === null) {
    report("option-invalid", "token", `token: ${show(given)} is not understood. Write ${example}.`);
    return undefined;
  }
  for (const key of Object.keys(given)) {
    if (!tokenKnown.has(key))
      report(
        "option-unknown",
        `token.${key}`,
        `token.${key} is no option. The options are ${[...tokenKnown].join(", ")}.`,
      );
  }
  if (typeof given.verify !== "function")
    report("option-missing", "token.verify", `token.verify is missing, or no function. Write ${example}.`);
  if (!Array.isArray(given.from) || given.from.length === 0)
    report("option-missing", "token.from", `token.from is missing, or no list with a source in it. Write ${example}.`);
  const listed: readonly TokenSource[] = Array.isArray(given.from) ? given.from : [];
  const from = listed.filter((source, index) => {
    const problem = sourceProblem(source);
    if (problem !== undefined) report("option-invalid", `token.from[${index}]`, `token.from[${index}]: ${problem}`);
    return problem === undefined;
  });
  const names = from.map((source) => JSON.stringify(source, ["kind", "name"]));
  if (new Set(names).size < names.length)
    report(
      "option-invalid",
      "token.from",
      "token.from holds a source twice; every token would be found twice, and refused.",
    );
  const required = choose("token.required", given.required, [true, false]);
  return { from, verify: (token, context) => given.verify(token, context), required };
}

function nearest(key: string): string {
  const lower = key.toLowerCase();
  const match = [...known].find(
    (name) => name.toLowerCase().startsWith(lower.slice(0, 4)) || lower.startsWith(name.toLowerCase().slice(0, 4)),
  );
  return match === undefined ? "" : `; did you mean ${match}?`;
}
