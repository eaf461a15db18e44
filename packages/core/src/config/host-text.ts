import { type HostKind, parseAuthority } from "../check/host.ts";

/**
 * Brings the host of a configuration entry into the form that browsers serialise: case, IDN to A-label, IPv6 form. Only configuration comes
 * here: `URL` repairs what it is given, which is a help to an operator and an opening to an attacker. Returns `undefined` where no host
 * comes out.
 */
export function normaliseHost(text: string): string | undefined {
  // What `URL` would cut off, decode or read as something else than a host.
  if (text === "" || /[\s/\\?#@%,;|^<>{}()'"`*&=!~]/.test(text)) return undefined;
  if (!text.startsWith("[") && text.includes(":")) return undefined;
  try {
    return new URL(`https://${text}`).hostname;
  } catch {
    return undefined;
  }
}

/** Splits `host:port` of a configuration entry; the port is what follows the last colon outside brackets, `undefined` where none does. */
export function splitPort(authority: string): { readonly host: string; readonly port: string | undefined } {
  const colon = authority.lastIndexOf(":");
  if (colon < 0 || colon < authority.lastIndexOf("]")) return { host: authority, port: undefined };
  return { host: authority.slice(0, colon), port: authority.slice(colon + 1) };
}

/** Splits `*.base` and `**.base`; the star is `undefined` where the text has none. A star anywhere else stays in the base. */
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

/** The loopback names of RFC 6761 section 6.3, and the loopback addresses: what no other machine can serve. */
export function isLoopback(host: string): boolean {
  if (host === "localhost" || host.endsWith(".localhost") || host === "[::1]") return true;
  return host.startsWith("127.") && classifyHost(host) === "ipv4";
}
