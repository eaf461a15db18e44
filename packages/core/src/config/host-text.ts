import { type HostKind, parseAuthority } from "../check/host.ts";

/**
 * Normalises the host of a configuration entry to the form that browsers serialise: case, IDN to A-label, IPv6 form. `undefined` if it is invalid.
 * A-labels stay as they are: which of them are valid depends on the Unicode tables of the runtime, and a policy must mean the same on each. For configuration only: `URL` repairs its input, which helps operators, and would help attackers if header values were passed to it.
 */
export function normaliseHost(text: string): string | undefined {
  // Characters that `URL` would cut off, decode or read as another part than the host.
  if (text === "" || /[\s/\\?#@%,;|^<>{}()'"`*&=!~]/.test(text)) return undefined;
  if (!text.startsWith("[") && text.includes(":")) return undefined;
  const lower = text.toLowerCase();
  if (classifyHost(lower) !== undefined) return lower;
  try {
    return new URL(`https://${text}`).hostname;
  } catch {
    return undefined;
  }
}

/** Splits `host:port` of a configuration entry; the port is what follows the last colon outside brackets, or `undefined`. */
export function splitPort(authority: string): { readonly host: string; readonly port: string | undefined } {
  const colon = authority.lastIndexOf(":");
  if (colon < 0 || colon < authority.lastIndexOf("]")) return { host: authority, port: undefined };
  return { host: authority.slice(0, colon), port: authority.slice(colon + 1) };
}

/** Splits `*.base` and `**.base`; the star is `undefined` if there is none. A star anywhere else stays in the base. */
export function splitStar(host: string): { readonly star: "*" | "**" | undefined; readonly base: string } {
  if (host.startsWith("**.")) return { star: "**", base: host.slice(3) };
  if (host.startsWith("*.")) return { star: "*", base: host.slice(2) };
  return { star: undefined, base: host };
}

/** Tells a name from an address; `undefined` if the text is not a host in canonical form. */
export function classifyHost(host: string): HostKind | undefined {
  const parsed = parseAuthority(host);
  return parsed?.host === host ? parsed.kind : undefined;
}

/** Whether a host is a loopback name (RFC 6761 section 6.3) or address, which no other machine can serve. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost") || host === "[::1]") return true;
  return host.startsWith("127.") && classifyHost(host) === "ipv4";
}
