import type { Expectation } from "../check/decision.ts";
import type { HostEntry, OriginEntry, OriginList } from "../check/lists.ts";
import type { CheckedOptions } from "../config/options.ts";
import { isWebOrigin, parseOrigin } from "../check/origin.ts";
import { quote, quoteSome } from "./text.ts";

/** Describes what a policy expects, when `explain()` asks. */
export function describeExpectation(origins: OriginList, options: CheckedOptions): Expectation {
  const { hosts = [], directory, sameHost, opaqueOrigin } = options;
  return {
    origins() {
      const sources: string[] = [];
      if (options.origins.length > 0) sources.push(quoteSome(textsOf(options.origins), options.origins.length));
      if (opaqueOrigin === "dangerously-allow") sources.push('"null" (opaqueOrigin)');
      if (sameHost) sources.push("an Origin that matches the request's Host (sameHost)");
      if (directory !== undefined) sources.push("an Origin that the directory knows");
      return sources.length === 0 ? "no Origin at all: `origins` is empty" : sources.join(", or ");
    },
    hosts() {
      return hosts.length === 0 ? "no Host at all: `hosts` is empty" : quoteSome(hostTextsOf(hosts), hosts.length);
    },
    originHint: (origin) => hint(origins, origin, options),
  };
}

function* textsOf(entries: readonly OriginEntry[]): Generator<string> {
  for (const entry of entries) {
    if (entry.kind === "wildcard") yield `${entry.scheme}://${entry.star}.${entry.base}`;
    else yield entry.kind === "exact" ? entry.text : `${entry.text}:*`;
  }
}

function* hostTextsOf(entries: readonly HostEntry[]): Generator<string> {
  for (const { star, authority } of entries) yield star === undefined ? authority : `${star}.${authority}`;
}

/** Describes the first near miss that applies. */
function hint(origins: OriginList, origin: string, options: CheckedOptions): string | undefined {
  const repaired = repair(origin);
  if (repaired !== undefined && repaired !== origin && origins.match(repaired) !== undefined) {
    return `It looks like ${quote(repaired)}, which is listed, but browsers never send this form: a proxy or another program wrote it.`;
  }
  const parsed = parseOrigin(origin);
  if (parsed === undefined || !isWebOrigin(parsed)) return undefined;
  const { scheme, host, port, kind } = parsed;
  const other = scheme === "https" ? "http" : "https";
  const tail = port === "" ? "" : `:${port}`;
  if (origins.match(`${other}://${host}${tail}`) !== undefined) {
    const risk = scheme === "http" ? " Plain http is refused for good reason: serve the page over https." : "";
    return `The same host is listed with ${quote(`${other}:`)}; the scheme is part of an origin.${risk}`;
  }
  if (port !== "" && origins.match(`${scheme}://${host}`) !== undefined)
    return "The same host is listed without a port; the port is part of an origin.";
  const withPort = [...firstOf(textsOf(options.origins), 1000)].find((entry) =>
    entry.startsWith(`${scheme}://${host}:`),
  );
  if (withPort !== undefined) return `The same host is listed as ${quote(withPort)}; the port is part of an origin.`;
  if (kind === "name") {
    if (origins.match(`${scheme}://x.${host}${tail}`) !== undefined) {
      return `A wildcard covers the names below ${quote(host)}, not the name itself: list ${quote(origin)} too.`;
    }
    for (let dot = host.indexOf(".", host.indexOf(".") + 1); dot >= 0; dot = host.indexOf(".", dot + 1)) {
      const single = origins.match(`${scheme}://x${host.slice(dot)}${tail}`);
      if (single?.startsWith(`${scheme}://*.`) === true)
        return `${quote(single)} covers exactly one more label: for any number write ${quote(single.replace("*", "**"))}.`;
    }
  }
  if (options.sameHost)
    return "It does not match the request's Host either: if a proxy rewrites Host, configure it to forward the original one, or add the page's origin to `origins`.";
  return undefined;
}

function* firstOf<T>(values: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const value of values) {
    if (left-- === 0) return;
    yield value;
  }
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
