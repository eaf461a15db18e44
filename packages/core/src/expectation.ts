import type { Expectation } from "./decision.ts";
import type { HostList, OriginList } from "./lists.ts";
import type { CheckedOptions } from "./options.ts";
import { isWebOrigin, parseOrigin } from "./origin.ts";
import { quote, quoteSome } from "./text.ts";

/** Puts what a policy expects into words, when somebody asks for them. */
export function describeExpectation(
  origins: OriginList,
  hosts: HostList | undefined,
  options: CheckedOptions,
): Expectation {
  return {
    origins() {
      const sources: string[] = [];
      if (origins.size > 0 || (!options.sameHost && options.directory === undefined))
        sources.push(quoteSome(origins.entries(), origins.size));
      if (options.sameHost) sources.push("the Host of the request itself (sameHost)");
      if (options.directory !== undefined) sources.push("what the directory says");
      return sources.join(", or ");
    },
    hosts() {
      return hosts === undefined ? "any one Host" : quoteSome(hosts.entries(), hosts.size);
    },
    originHint: (origin) => hint(origins, origin, options),
  };
}

/** The one near miss that is worth a sentence. */
function hint(origins: OriginList, origin: string, options: CheckedOptions): string | undefined {
  const repaired = repair(origin);
  if (repaired !== undefined && repaired !== origin && origins.match(repaired) !== undefined) {
    return `It looks like ${quote(repaired)}, which is listed, but no browser writes an Origin this way: whatever sent it is no browser, or a proxy rewrote the header.`;
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
  const withPort = [...firstOf(origins.entries(), 1000)].find((entry) => entry.startsWith(`${scheme}://${host}:`));
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
    return "It is not the Host of the request either: if a proxy rewrites Host, let it forward the original one, or list the page's origin.";
  return undefined;
}

function* firstOf<T>(values: Iterable<T>, count: number): Generator<T> {
  let left = count;
  for (const value of values) {
    if (left-- === 0) return;
    yield value;
  }
}

/** What `URL` would make of it. For the wording alone: no decision rests on it. */
function repair(origin: string): string | undefined {
  try {
    const url = new URL(origin);
    return url.protocol === "http:" || url.protocol === "https:" ? url.origin : undefined;
  } catch {
    return undefined;
  }
}
