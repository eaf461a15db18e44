import type { Message } from "./message.ts";

/** What the form of a line says: a status, or the name of an entry. */
export type Logged =
  | { readonly status: number; readonly who: string }
  | { readonly name: string; readonly who: string };

/**
 * Reads a line of an access log, in the formats that nginx, Apache, Caddy and most others have by default, and those of HAProxy, AWS load balancers
 * and CloudFront. Every pattern is anchored at a fixed text or bounded.
 */
export function loggedIn({ raw, plain, url }: Message): Logged | undefined {
  return (
    haproxy(raw) ?? cloudFront(raw) ?? loadBalancer(raw) ?? request(plain) ?? cloudflare(plain) ?? hotReload(plain, url)
  );
}

/** Cloudflare's own codes are written like close codes: the name beside them tells. */
function cloudflare(plain: string): Logged | undefined {
  const [, code] = /\berror (?:code: )?(1[01][0-9]{2})\b/.exec(plain) ?? [];
  if (code === undefined || !/\b(?:cloudflare|ray id|cf-ray)\b/.test(plain)) return undefined;
  return { name: "cloudflare-code", who: "Cloudflare" };
}

/** The socket of Next.js's development server has a path of its own. */
function hotReload(plain: string, url: URL | undefined): Logged | undefined {
  if (url === undefined || !/\/_next\/(?:webpack-)?hmr$/.test(url.pathname)) return undefined;
  return /\bfailed\b|can't establish/.test(plain)
    ? { name: "dev-server-socket", who: "a browser, of Next.js" }
    : undefined;
}

/** `"GET /ws HTTP/1.1" 502`, `"WebSocket /ws" 403`, `GET /ws 404 3.1 ms`. */
function request(plain: string): Logged | undefined {
  const [, quoted] =
    /'(?:get|post|connect|head|websocket) [^' ]{1,4096}(?: http\/[0-9.]{1,3})?' ([0-9]{3})\b/.exec(plain) ?? [];
  const [, bare] = quoted === undefined ? (/^(?:get|connect) \/[^' ]{0,4096} ([0-9]{3}) /.exec(plain) ?? []) : [];
  const [, line] = /^(?:< )?http\/[0-9.]{1,3} (101)\b/.exec(plain) ?? [];
  const status = quoted ?? bare ?? line;
  return status === undefined ? undefined : statusOf(Number(status), "an access log");
}

function statusOf(status: number, who: string): Logged | undefined {
  if (status === 101) return { name: "handshake-accepted", who };
  if (status === 499 || status === 460) return { name: "closed-by-client", who };
  // nginx writes 009 for an answer without a status line.
  if (status === 9) return { name: "proxy-upstream-protocol", who: "nginx, an access log" };
  return status >= 100 && status <= 599 ? { status, who } : undefined;
}

/** By the first two letters of the state in which HAProxy's session ended: who ended it, and while what was awaited. */
const states: ReadonlyMap<string, string> = new Map([
  ["SC", "proxy-upstream-unreachable"],
  ["sC", "proxy-upstream-unreachable"],
  ["SH", "proxy-upstream-closed"],
  ["sH", "proxy-upstream-slow"],
  ["PH", "proxy-upstream-protocol"],
  ["PR", "proxy-denied"],
  ["SD", "proxy-tunnel-cut"],
  ["sD", "proxy-tunnel-cut"],
  ["cD", "proxy-tunnel-cut"],
  ["CD", "closed-by-client"],
  ["CH", "closed-by-client"],
  ["CC", "closed-by-client"],
  ["sQ", "proxy-no-server"],
]);

/** `… frontend backend/server 0/0/0/-1/1 502 209 - - SH-- 1/1/0/0/0 0/0 "GET /ws HTTP/1.1"`. */
function haproxy(raw: string): Logged | undefined {
  const fields =
    / (\S{1,128}) (?:[+-]?[0-9]{1,9}\/){4}[+-]?[0-9]{1,9} ([0-9]{3}|-1) \+?[0-9]{1,12} \S{1,64} \S{1,64} ([A-Za-z-]{2})[A-Za-z-]{2} /.exec(
      raw,
    );
  if (fields === null) return undefined;
  const [, target = "", status = "", state = ""] = fields;
  const who = "HAProxy's log";
  const name = target.endsWith("/<NOSRV>") && state === "SC" ? "proxy-no-server" : states.get(state);
  return name === undefined ? statusOf(Number(status), who) : { name, who };
}

/** Fields with tabs between them: date, time, edge, bytes, address, method, host, path, status. */
function cloudFront(raw: string): Logged | undefined {
  const fields = raw.split("\t", 9);
  return fields.length === 9 && /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(fields[0] ?? "")
    ? statusOf(Number(fields[8]), "CloudFront's log")
    : undefined;
}

/** type, time, load balancer, client, target, three durations, status, status of the target. */
function loadBalancer(raw: string): Logged | undefined {
  const fields = raw.split(" ", 10);
  if (fields.length < 10 || !/^(?:https?|h2|wss?)$/.test(fields[0] ?? "") || !fields[2]?.startsWith("app/"))
    return undefined;
  return statusOf(Number(fields[8]), "an AWS load balancer's log");
}
