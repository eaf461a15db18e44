import type { Directory } from "../ask/directory.ts";
import type { HostEntry, OriginEntry } from "../check/lists.ts";
import type { TokenOptions } from "../token/token.ts";

/** @typeParam Required the type of `token.required` */
export interface PolicyOptions<P = undefined, Required extends boolean = boolean> {
  /**
   * The origins whose pages may open a socket. Required, unless `sameHost` or `directory` is set; `[]` allows none.
   *
   * Permitted: `https://app.example.com` (exact); `https://*.example.com` (exactly one more label) and `https://**.example.com` (one or more),
   * neither covering `example.com` itself; `http://localhost:*` (any port, loopback names only); a custom scheme's origin
   * (`capacitor://localhost`, `chrome-extension://<id>`), compared byte for byte. Case, default port, IDN and the form of IPv6 are normalised.
   *
   * Prohibited: `*`, regular expressions, paths, `null`, `ws:` and `wss:`, wildcards over a public suffix, plain `http:` beyond loopback.
   */
  readonly origins?: readonly string[];
  /** Origins known only at run time; `decide` calls it after `origins`. It is not called for plain `http:` origins beyond loopback. */
  readonly directory?: Directory;
  /**
   * The Hosts this server answers to: `api.example.com` (any port), `api.example.com:8443`, `*.example.com`, `**.example.com`, IP literals.
   * Checked first. Without it, a page whose name an attacker points at this server's address (DNS rebinding) matches its Host.
   */
  readonly hosts?: readonly string[];
  /** Allows pages whose scheme, host and port match the request. Needs `hosts`, because with DNS rebinding any page can match. Default: false. */
  readonly sameHost?: boolean;
  /**
   * How to treat handshakes without an Origin header: browsers always send one, other programs need not. Defaults to `"deny"`. `"token"` requires a
   * token from the `Authorization` header, which browsers cannot send by themselves.
   */
  readonly missingOrigin?: "deny" | "allow" | "token";
  /**
   * How to treat an opaque origin: `Origin: null`, and `file://`, which some browsers and Electron send for `file:` pages. Any site can make a sandboxed frame
   * that sends `null`, so allowing them allows every page. Defaults to `"deny"`.
   */
  readonly opaqueOrigin?: "deny" | "dangerously-allow";
  /**
   * Permits plain `http:` origins beyond loopback. An attacker on a visitor's network can then change the page and open sockets as the visitor. A list
   * permits those entries of `origins` only, such as a development server on the LAN; `true` permits every entry, and origins that the
   * `directory` knows. Defaults to `false`.
   */
  readonly dangerouslyAllowInsecureOrigins?: boolean | readonly string[];
  /** Where to find the token, once Host and Origin are allowed, and how to verify it. */
  readonly token?: TokenOptions<P, Required>;
  /** `"report"` reports what the policy would refuse, and allows it: for rolling a policy out. Defaults to `"enforce"`. */
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

/** The names of the options, as a table: the compiler reports a missing one. */
export const policyOptions: Readonly<Record<keyof PolicyOptions, true>> = {
  origins: true,
  directory: true,
  hosts: true,
  sameHost: true,
  missingOrigin: true,
  opaqueOrigin: true,
  dangerouslyAllowInsecureOrigins: true,
  token: true,
  mode: true,
};

export const tokenOptions: Readonly<Record<keyof TokenOptions<unknown>, true>> = {
  from: true,
  verify: true,
  required: true,
};
