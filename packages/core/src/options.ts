import { type HostEntry, readHostEntry } from "./host-entry.ts";
import { type OriginEntry, readOriginEntry } from "./origin-entry.ts";
import { PolicyError, type PolicyIssue, type PolicyIssueCode, type Read } from "./problems.ts";
import { quote, show } from "./text.ts";

/** Origins that are known only at run time: a tenant table, say. A `Set` of serialised origins fits. */
export interface Directory {
  /**
   * Whether pages of this origin may open a socket. Asked after `origins`, with a well-formed serialised origin, never with `null`. Anything
   * but `true` or `false`, a throw, a rejection or an aborted `signal` refuses the handshake (`directory-failed`).
   */
  has(origin: string, signal: AbortSignal): boolean | Promise<boolean>;
}

export interface PolicyOptions {
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
   * What a handshake without an Origin header is: browsers always send one, other programs need not. `"deny"` by default. `"token"` needs a
   * token from the `Authorization` header and is refused until the policy can ask for tokens.
   */
  readonly missingOrigin?: "deny" | "allow" | "token";
  /** What `Origin: null` is. Any site can make a sandboxed frame that sends it, so allowing it lets every page in. `"deny"` by default. */
  readonly opaqueOrigin?: "deny" | "dangerously-allow";
  /** Permits `http:` origins beyond loopback. Whoever sits on a visitor's network can then write a page that opens sockets as the visitor. */
  readonly dangerouslyAllowInsecureOrigins?: boolean;
  /** `"report"`: decide and tell, let through. For rolling a policy out. `"enforce"` by default. */
  readonly mode?: "enforce" | "report";
}

/** The options, checked and normalised. */
export interface CheckedOptions {
  readonly origins: readonly OriginEntry[];
  readonly hosts: readonly HostEntry[] | undefined;
  readonly directory: Directory | undefined;
  readonly sameHost: boolean;
  readonly missingOrigin: "deny" | "allow";
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
  "mode",
]);

/** @throws {PolicyError} with every problem of the options at once */
export function checkOptions(options: PolicyOptions): CheckedOptions {
  const issues: PolicyIssue[] = [];
  const report = (code: PolicyIssueCode, entry: string, message: string): void =>
    void issues.push({ code, entry, message });
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
  const choose = <const T>(name: string, value: unknown, choices: readonly [T, ...T[]]): T => {
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
  if (missingOrigin === "token") {
    report(
      "option-incoherent",
      "missingOrigin",
      'missingOrigin: "token" needs a token to ask for, and this policy has none. Write "deny"; or "allow", if programs that send no Origin may connect and no cookie lets them in.',
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
    missingOrigin: missingOrigin === "allow" ? "allow" : "deny",
    opaqueOrigin,
    insecureToo,
    mode,
  };
}

function nearest(key: string): string {
  const lower = key.toLowerCase();
  const match = [...known].find(
    (name) => name.toLowerCase().startsWith(lower.slice(0, 4)) || lower.startsWith(name.toLowerCase().slice(0, 4)),
  );
  return match === undefined ? "" : `; did you mean ${match}?`;
}
