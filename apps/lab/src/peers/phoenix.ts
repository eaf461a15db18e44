import { firstLine, type Peer, type Sent } from "./peer.ts";

interface Uri {
  readonly scheme: string | undefined;
  readonly host: string | undefined;
  readonly port: string | undefined;
}

/** RFC 3986 appendix B, then the authority, as Elixir's `URI.parse/1` does. The host keeps its case. */
function parse(text: string): Uri {
  const [, , scheme, , authority = ""] =
    /^(([a-z][a-z0-9+\-.]*):)?(\/\/([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?/i.exec(text) ?? [];
  const [, , , host = "", , port] = /(^(.*)@)?(\[[a-zA-Z0-9:.]*\]|[^:]*)(:(\d*))?/.exec(authority) ?? [];
  const named = scheme?.toLowerCase();
  const given = port === undefined || port === "" ? undefined : String(Number(port));
  return {
    scheme: named,
    host: host === "" ? undefined : host.replace(/^\[|\]$/g, ""),
    port: given ?? { http: "80", https: "443", ws: "80", wss: "443", ftp: "21", ldap: "389" }[named ?? ""],
  };
}

function compile(entries: readonly string[], below: (host: string, base: string) => boolean): (sent: Sent) => boolean {
  const allowed = entries.map(parse);
  // An entry without a host raises, and nobody gets in.
  if (allowed.some(({ host }) => host === undefined)) return () => false;
  return (sent) => {
    const origin = firstLine(sent);
    if (origin === null) return true;
    const { scheme, host, port } = parse(origin);
    if (host === undefined) return false;
    return allowed.some(
      (entry) =>
        (entry.scheme === undefined || entry.scheme === scheme) &&
        (entry.port === undefined || entry.port === port) &&
        (entry.host?.startsWith("*.") === true ? below(host, entry.host.slice(2)) : entry.host === host),
    );
  };
}

/** `check_origin` with a list, as of Phoenix 1.7. */
export const phoenix: Peer = {
  name: "Phoenix",
  about:
    "Takes the Origin apart as a URL and compares scheme, host and port: so user names, paths and queries in an Origin do not count. A wildcard covers the apex and every depth. No Origin is let in.",
  compile: (entries) => compile(entries, (host, base) => host === base || host.endsWith(`.${base}`)),
};

/** The same before 1.6.14 (CVE-2022-42975). */
export const phoenixBefore: Peer = {
  name: "Phoenix < 1.6.14",
  about: "The same, but a wildcard loses its dot (CVE-2022-42975): evilexample.com is below *.example.com.",
  compile: (entries) => compile(entries, (host, base) => host.endsWith(base)),
};
