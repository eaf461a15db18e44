import type { Authority } from "./host.ts";
import { defaultPort, isWebOrigin, maxOriginLength, type Origin, parseOrigin, type WebOrigin } from "./origin.ts";
import { type Star, Wildcards } from "./wildcards.ts";

/** An entry of `origins`, normalised. */
export type OriginEntry =
  | { readonly kind: "exact"; readonly text: string }
  | { readonly kind: "any-port"; readonly text: string }
  | { readonly kind: "wildcard"; readonly scheme: "http" | "https"; readonly star: Star; readonly base: string };

/** An entry of `hosts`, normalised; an authority without a port stands for every port. */
export interface HostEntry {
  readonly star: Star | undefined;
  readonly authority: string;
}

/**
 * What user agents send for an opaque origin: `null` (RFC 6454 section 6.1), and `file://`, which Chromium (`--allow-file-access-from-files`), Electron
 * and Cordova send for `file:` pages.
 */
export const opaqueOrigins: readonly string[] = ["null", "file://"];

/** The allowlist of Origins. */
export class OriginList {
  readonly #exact = new Set<string>();
  readonly #anyPort = new Set<string>();
  readonly #wildcards = { http: new Wildcards(), https: new Wildcards() };

  /** @param opaque whether opaque origins are allowed: a separate option, because no entry of the list can match them */
  constructor(entries: readonly OriginEntry[], opaque: boolean) {
    for (const entry of entries) {
      if (entry.kind === "exact") this.#exact.add(entry.text);
      else if (entry.kind === "any-port") this.#anyPort.add(entry.text);
      else this.#wildcards[entry.scheme].add(entry.star, entry.base);
    }
    if (opaque) for (const origin of opaqueOrigins) this.#exact.add(origin);
  }

  /** Returns the entry that covers this Origin. */
  match(origin: string): string | undefined {
    if (this.has(origin)) return origin;
    const parsed = parseOrigin(origin);
    return parsed === undefined ? undefined : this.matchPattern(parsed);
  }

  /** Whether this Origin is an exact entry, which `match` tries first. */
  has(origin: string): boolean {
    // Bounded first: otherwise the sender chooses the cost of hashing.
    return origin.length <= maxOriginLength && this.#exact.has(origin);
  }

  /** Returns the wildcard or any-port entry that covers this Origin, which `match` tries second. */
  matchPattern(origin: Origin | WebOrigin): string | undefined {
    if (!isWebOrigin(origin)) return undefined;
    const { scheme, authority, host, kind } = origin;
    if (this.#anyPort.size > 0 && this.#anyPort.has(`${scheme}://${host}`)) return `${scheme}://${host}:*`;
    const name = kind === "name" ? this.#wildcards[scheme].match(authority) : undefined;
    return name === undefined ? undefined : `${scheme}://${name}`;
  }
}

/** The allowlist of Hosts. */
export class HostList {
  readonly #exact = new Set<string>();
  readonly #wildcards = new Wildcards();

  constructor(entries: readonly HostEntry[]) {
    for (const { star, authority } of entries) {
      if (star === undefined) this.#exact.add(authority);
      else this.#wildcards.add(star, authority);
    }
  }

  /** Whether a Host value is one of the entries as it stands: enough for most, and cheaper than parsing it. */
  hasText(host: string): boolean {
    return this.#exact.has(host);
  }

  has({ host, port, kind }: Authority, secure: boolean): boolean {
    const withPort = `${host}:${port === "" ? defaultPort(secure ? "https" : "http") : port}`;
    if (this.#exact.has(host) || this.#exact.has(withPort)) return true;
    return (
      kind === "name" && (this.#wildcards.match(host) !== undefined || this.#wildcards.match(withPort) !== undefined)
    );
  }
}
