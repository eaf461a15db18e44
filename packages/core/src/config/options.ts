import type { Directory } from "../ask/directory.ts";
import type { HostEntry, OriginEntry } from "../check/lists.ts";
import type { TokenOptions } from "../token/token.ts";

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

/** The names of the options. A table, so that the compiler finds one that is missing here. */
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
