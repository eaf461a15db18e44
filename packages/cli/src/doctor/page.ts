import { isIP, isIPv4 } from "node:net";

/** Whether a page of this scheme may open a socket of that: a page over https opens no `ws:`, but to this machine in most browsers. */
export function isMixed(page: URL, socket: URL): "no" | "yes" | "webkit-only" {
  if (page.protocol !== "https:" || socket.protocol !== "ws:") return "no";
  return isLoopbackName(socket.hostname) ? "webkit-only" : "yes";
}

/** `localhost` and what is below it, 127.0.0.0/8 and ::1: to Chromium and Firefox as good as TLS. */
export function isLoopbackName(host: string): boolean {
  return /^(?:.*\.)?localhost$/i.test(host) || /^127(?:\.\d+){3}$/.test(host) || host === "[::1]" || host === "::1";
}

/** Whether an address is reachable from its own network alone (RFC 1918, RFC 4193, link-local, loopback, RFC 6598). */
export function isPrivate(address: string): boolean {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1] ?? address;
  if (isIPv4(mapped)) {
    const [a = 0, b = 0] = mapped.split(".").map(Number);
    return (
      a === 10 ||
      a === 127 ||
      (a === 172 && b >= 16 && b < 32) ||
      (a === 192 && b === 168) ||
      (a === 169 && b === 254) ||
      (a === 100 && b >= 64 && b < 128)
    );
  }
  return /^(?:::1$|f[cd]|fe[89ab])/i.test(mapped);
}

/** What a Content-Security-Policy says of a socket: the directive that counts, and whether it lets the socket through. */
export function cspVerdict(
  policy: string,
  page: URL,
  socket: URL,
): { readonly directive: string; readonly allowed: boolean } | undefined {
  const directives = new Map<string, string>();
  for (const part of policy.split(/[;,]/)) {
    const [name = "", ...sources] = part.trim().split(/\s+/);
    // The first of a name counts (CSP3 section 2.2.1).
    if (name !== "" && !directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), sources.join(" "));
  }
  const name = directives.has("connect-src") ? "connect-src" : "default-src";
  const sources = directives.get(name);
  if (sources === undefined) return undefined;
  const allowed = sources.split(/\s+/).some((source) => matches(source, page, socket));
  return { directive: `${name} ${sources}`.trim(), allowed };
}

/** Whether a source expression covers a socket (CSP3 section 6.7.2), as current Chromium and Firefox do it. */
function matches(source: string, page: URL, socket: URL): boolean {
  const expression = source.toLowerCase();
  if (expression === "*") return true;
  if (expression === "'self'")
    return socket.host === page.host && socket.protocol === (page.protocol === "https:" ? "wss:" : "ws:");
  const scheme = /^([a-z][a-z0-9+.-]*):$/.exec(expression)?.[1];
  if (scheme !== undefined) return isScheme(scheme, socket);
  const [, given, host = "", port] =
    /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\*|(?:\*\.)?[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d+|\*))?(?:\/.*)?$/.exec(
      expression,
    ) ?? [];
  if (host === "") return false;
  // Without a scheme it is the page's; https: covers wss:, http: covers ws: and wss:, ws: covers wss:.
  const fits = given === undefined ? isScheme(page.protocol.slice(0, -1), socket) : isScheme(given, socket);
  const named =
    host === "*" || (host.startsWith("*.") ? socket.hostname.endsWith(host.slice(1)) : socket.hostname === host);
  const usual = socket.protocol === "wss:" ? "443" : "80";
  const actual = socket.port === "" ? usual : socket.port;
  const ports = port === "*" || (port === undefined ? actual === usual : actual === port);
  return fits && named && ports;
}

function isScheme(scheme: string, socket: URL): boolean {
  if (scheme === "wss" || scheme === "https") return socket.protocol === "wss:";
  return scheme === "ws" || scheme === "http";
}

/** Whether a page is reached over a public name or address, as far as its URL says. */
export function isPublicPage(page: URL): boolean {
  const host = page.hostname.replace(/^\[|\]$/g, "");
  return (
    !isLoopbackName(page.hostname) &&
    !(isIP(host) !== 0 && isPrivate(host)) &&
    !host.endsWith(".local") &&
    host.includes(".")
  );
}
