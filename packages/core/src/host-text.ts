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
