import { type Authority, parseAuthority } from "./host.ts";

/** A serialised tuple origin. */
export interface Origin extends Partial<Authority> {
  readonly scheme: string;
}

/** A tuple origin of the web: the only kind that wildcards and the same-host rule apply to. */
export interface WebOrigin extends Authority {
  readonly scheme: "http" | "https";
  /** Host and port as written in the origin. */
  readonly authority: string;
}

/** Longer than any origin a browser can send: scheme, "://", 253 octets of host, port; generous to custom schemes. */
export const maxOriginLength = 512;

/**
 * Parses one serialised origin (Fetch, "Origin header"; RFC 6454 section 6.2): lower case, no default port, no path. Returns `undefined` for
 * everything else. Origins of custom schemes (`capacitor://localhost`) are not split: they are only compared as bytes.
 */
export function parseOrigin(text: string): Origin | WebOrigin | undefined {
  if (text.length > maxOriginLength) return undefined;
  if (text.startsWith("https://")) return parseWebOrigin("https", text.slice(8));
  if (text.startsWith("http://")) return parseWebOrigin("http", text.slice(7));
  const end = text.indexOf("://");
  const scheme = text.slice(0, Math.max(end, 0));
  return isCustomScheme(scheme) && isCustomRest(text.slice(end + 3)) ? { scheme } : undefined;
}

function parseWebOrigin(scheme: "http" | "https", authority: string): WebOrigin | undefined {
  const parsed = parseAuthority(authority);
  if (parsed === undefined || parsed.port === defaultPort(scheme)) return undefined;
  return { scheme, authority, host: parsed.host, port: parsed.port, kind: parsed.kind };
}

export function isWebOrigin(origin: Origin | WebOrigin): origin is WebOrigin {
  return origin.host !== undefined;
}

export function defaultPort(scheme: "http" | "https"): string {
  return scheme === "https" ? "443" : "80";
}

/** RFC 3986 section 3.1, in the lower case that origins are serialised in. */
export function isCustomScheme(text: string): boolean {
  return /^[a-z][\da-z+.-]*$/.test(text);
}

/** What may follow `scheme://` in a custom scheme's origin. */
export function isCustomRest(text: string): boolean {
  return /^[\w.~+$:-]+$/.test(text);
}
