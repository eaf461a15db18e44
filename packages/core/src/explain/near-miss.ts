import { parseHost } from "../check/host.ts";
import type { Rules } from "../check/decision.ts";
import { defaultPort, isWebOrigin, parseOrigin } from "../check/origin.ts";
import { readHostEntry } from "../config/host-entry.ts";
import { originEntryText } from "../config/origin-entry.ts";
import { howToAllow } from "./expectation.ts";
import { quote } from "./text.ts";

/** Says what is nearly right about an Origin that was sent with this Host, and how to fix it. */
export function nearMiss(origin: string, host: string | undefined, rules: Rules): string | undefined {
  return (
    nearEntry(origin, rules) ??
    ownAddress(origin, host, rules) ??
    nearPort(origin, rules) ??
    otherHost(origin, host, rules)
  );
}

/** Names of this machine that people take for one. */
const loopbackNames: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Describes the first entry that nearly matches. */
function nearEntry(origin: string, rules: Rules): string | undefined {
  const { originList } = rules;
  const repaired = repair(origin);
  if (repaired !== undefined && repaired !== origin && originList.match(repaired) !== undefined) {
    return `It looks like ${quote(repaired)}, which is listed, but browsers never send this form: a proxy or another program wrote it.`;
  }
  const parsed = parseOrigin(origin);
  if (parsed === undefined || !isWebOrigin(parsed)) return undefined;
  const { scheme, host, port, kind } = parsed;
  const other = scheme === "https" ? "http" : "https";
  const tail = port === "" ? "" : `:${port}`;
  if (originList.match(`${other}://${host}${tail}`) !== undefined) {
    const risk = scheme === "http" ? " Plain http is refused for good reason: serve the page over https." : "";
    return `The same host is listed with ${quote(`${other}:`)}; the scheme is part of an origin.${risk || ` If the page is yours, ${howToAllow(origin, rules)}.`}`;
  }
  if (kind !== "name") return undefined;
  if (originList.match(`${scheme}://x.${host}${tail}`) !== undefined) {
    return `A wildcard covers the names below ${quote(host)}, not the name itself. To allow it too, ${howToAllow(origin, rules)}.`;
  }
  for (let dot = host.indexOf(".", host.indexOf(".") + 1); dot >= 0; dot = host.indexOf(".", dot + 1)) {
    const single = originList.match(`${scheme}://x${host.slice(dot)}${tail}`);
    if (single?.startsWith(`${scheme}://*.`) === true)
      return `${quote(single)} covers exactly one more label. For any number, ${howToAllow(single.replace("*", "**"), rules)}.`;
  }
  return undefined;
}

/** Names the entry for the same host and another port, or for another name of this machine. */
function nearPort(origin: string, rules: Rules): string | undefined {
  const { originList, origins } = rules;
  const parsed = parseOrigin(origin);
  if (parsed === undefined || !isWebOrigin(parsed)) return undefined;
  const { scheme, host, port } = parsed;
  const add = howToAllow(origin, rules);
  const yours = `the port is part of an origin. If a page of this port is yours too, ${add}.`;
  if (port !== "" && originList.match(`${scheme}://${host}`) !== undefined)
    return `The same host is listed without a port; ${yours}`;
  const withPort = origins
    .slice(0, 1000)
    .map(originEntryText)
    .find((entry) => entry.startsWith(`${scheme}://${host}:`));
  if (withPort !== undefined) return `The same host is listed as ${quote(withPort)}; ${yours}`;
  const alias = loopbackNames
    .filter((name) => name !== host && loopbackNames.includes(host))
    .map((name) => `${scheme}://${name}${port === "" ? "" : `:${port}`}`)
    .find((text) => originList.match(text) !== undefined);
  return alias === undefined
    ? undefined
    : `${quote(alias)} is listed, which is the same machine under another name; the name is part of an origin. Open the page there, or ${add}.`;
}

/** Reads an Origin and a Host, and compares host and port. `undefined` if there is nothing to compare. */
function compared(origin: string, host: string | undefined) {
  const parsed = parseOrigin(origin);
  const authority = host === undefined ? undefined : parseHost(host);
  if (parsed === undefined || !isWebOrigin(parsed) || authority === undefined) return undefined;
  const port = parsed.port === "" ? defaultPort(parsed.scheme) : parsed.port;
  // A Host without a port has the default port of the scheme that the client used, which only the client and its proxy know.
  const samePort = authority.port === "" ? parsed.port === "" : authority.port === port;
  return { scheme: parsed.scheme, authority, sameName: parsed.host === authority.host, samePort };
}

/** Describes an Origin that equals the request's Host. */
function ownAddress(origin: string, host: string | undefined, rules: Rules): string | undefined {
  const both = compared(origin, host);
  if (both === undefined || !both.sameName || !both.samePort) return undefined;
  const { scheme, authority } = both;
  const { hosts, sameHost } = rules;
  if (sameHost) {
    return scheme === "https"
      ? `It matches the request's Host, but the request arrived over plain http: a proxy in front ends TLS, and this server does not trust it. Trust the proxy (Express: app.set("trust proxy", ...), Koa: app.proxy, Fastify: trustProxy), or ${howToAllow(origin, rules)}.`
      : "It matches the request's Host, but the page was loaded over plain http and the socket over TLS. Serve the page over https.";
  }
  if (hosts !== undefined)
    return `It is the address of this server itself, which its own pages and React Native apps send. To allow it, set sameHost: true, or ${howToAllow(origin, rules)}.`;
  return "issue" in readHostEntry(authority.host)
    ? undefined
    : `It equals the request's Host. If that is a name of this server, its own pages and React Native apps send it: set sameHost: true and hosts: [${quote(authority.host)}], or ${howToAllow(origin, rules)}. If it is not, nothing needs fixing: DNS rebinding looks like this.`;
}

/** Describes an Origin that differs from the request's Host, if `sameHost` compares them. */
function otherHost(origin: string, host: string | undefined, rules: Rules): string | undefined {
  const both = rules.sameHost ? compared(origin, host) : undefined;
  if (both === undefined || (both.sameName && both.samePort)) return undefined;
  const { authority, sameName } = both;
  const name = sameName ? "Only the port differs from the request's Host" : "It does not match the request's Host";
  return `${name}, ${quote(authority.host + (authority.port && `:${authority.port}`))}. If a proxy rewrites Host, configure it to forward the client's, with the port (nginx: proxy_set_header Host $http_host), or ${howToAllow(origin, rules)}.`;
}

/** The origin that `URL` would read. For the wording only: no decision depends on it. */
function repair(origin: string): string | undefined {
  try {
    const url = new URL(origin);
    return url.protocol === "http:" || url.protocol === "https:" ? url.origin : undefined;
  } catch {
    return undefined;
  }
}
