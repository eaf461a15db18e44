import { classifyHost, isLoopback, normaliseHost, splitPort, splitStar } from "./host-text.ts";
import type { OriginEntry } from "../check/lists.ts";
import { isPort } from "../check/host.ts";
import {
  defaultPort,
  isCustomRest,
  isCustomScheme,
  isWebOrigin,
  maxOriginLength,
  parseOrigin,
} from "../check/origin.ts";
import { type Read, refuse, type Voice, voiceOf } from "./entry.ts";
import { isPublicSuffix } from "./public-suffix.ts";
import { quote, show } from "../explain/text.ts";
import type { Star } from "../check/wildcards.ts";

/** Schemes whose pages send `Origin: null`, or that have no pages: an entry would never match. */
const neverOrigins = new Map([
  ["about", "about: pages send the Origin of the page that opened them"],
  ["blob", "blob: pages send the Origin of the page that made them"],
  ["data", 'data: pages send "null"'],
  ["filesystem", "filesystem: pages send the Origin they belong to"],
  ["ftp", 'ftp: pages send "null"'],
  ["javascript", "javascript: URLs are not pages"],
  ["mailto", "mailto: URLs are not pages"],
]);

const everyPage = "would allow every page.";

const words = { list: "origins", noun: "origin", example: "https://app.example.com" };

/** The plain `http:` entries beyond loopback that are allowed: all, none, or those with these normalised texts. */
export type InsecureEntries = boolean | ReadonlySet<string>;

/** Writes a normalised entry as in the configuration. */
export function originEntryText(entry: OriginEntry): string {
  if (entry.kind === "wildcard") return `${entry.scheme}://${entry.star}.${entry.base}`;
  return entry.kind === "exact" ? entry.text : `${entry.text}:*`;
}

/** Reads one entry of `origins`: normalises it, or says what to write instead. */
export function readOriginEntry(entry: unknown, insecure: InsecureEntries): Read<OriginEntry> {
  if (typeof entry !== "string") {
    return refuse(
      "entry-not-a-string",
      show(entry),
      `origins: ${show(entry)} is not a string. Write an origin such as "https://app.example.com".`,
    );
  }
  // Fast path: long lists come from tables that are normalised already.
  const parsed = parseOrigin(entry);
  if (parsed !== undefined && isWebOrigin(parsed) && parsed.scheme === "https")
    return { value: { kind: "exact", text: entry } };
  const { fail, correct, single } = voiceOf(entry, words, (text) => readOriginEntry(text, insecure));
  const none = single({ empty: "origin-host-invalid", several: "origin-list-in-one-entry" });
  if (none !== undefined) return none;
  if (entry.length > maxOriginLength)
    return fail(
      "origin-host-invalid",
      `is longer than ${maxOriginLength} characters, which browsers do not send: remove it.`,
    );
  if (entry.toLowerCase() === "null") {
    return fail(
      "origin-opaque",
      'is the Origin of sandboxed frames, data: and file: pages, which any site can make. Remove it; to allow such pages, set opaqueOrigin: "dangerously-allow".',
    );
  }
  if (/^file:(?!\d+$)/i.test(entry)) {
    return fail(
      "origin-opaque",
      'is a file: page, whose Origin is opaque ("null" or "file://"), so that any site and any file can send the same. Serve the page from a scheme of its own or over http://localhost; to allow such pages, set opaqueOrigin: "dangerously-allow".',
    );
  }
  const never = neverOrigins.get((/^[a-z]+(?=:(?!\d+$))/i.exec(entry)?.[0] ?? "").toLowerCase());
  if (never !== undefined) return fail("origin-never-sent", `never matches: ${never}. Remove it.`);

  if (/^[/^(]/.test(entry) && !entry.startsWith("//")) {
    return fail(
      "origin-scheme-missing",
      'looks like a regular expression or a path. Write the origin itself, or a wildcard such as "https://*.example.com".',
    );
  }
  const mark = entry.indexOf("://");
  if (mark <= 0) {
    if (entry === "*") return correct("origin-scheme-missing", everyPage, "");
    const bare = entry.replace(/^(?:(?:http|ws)s?:)?:?\/*/i, "").replace(/^\.+/, "*.");
    return correct(
      "origin-scheme-missing",
      "has no scheme.",
      `${isLoopback(splitPort(bare).host) ? "http" : "https"}://${bare}`,
    );
  }
  const scheme = entry.slice(0, mark).toLowerCase();
  const rest = entry.slice(mark + 3);
  if (!isCustomScheme(scheme))
    return correct("origin-scheme-invalid", `starts with ${quote(scheme)}, which is not a scheme.`, `https://${rest}`);
  if (scheme === "ws" || scheme === "wss") {
    return correct(
      "origin-scheme-invalid",
      "is the address of a socket; an Origin is that of a page.",
      `${scheme === "ws" ? "http" : "https"}://${rest}`,
    );
  }

  const end = rest.search(/[/?#\\]/);
  if (end >= 0) {
    const text = end === 0 ? "names no host." : "goes on after the host; an origin has no path, query or fragment.";
    return correct("origin-path-present", text, `${scheme}://${rest.slice(0, end)}`);
  }
  const at = rest.lastIndexOf("@");
  if (at >= 0)
    return correct("origin-userinfo-present", "contains a user name; remove it.", `${scheme}://${rest.slice(at + 1)}`);

  if (scheme === "http" || scheme === "https") return readWebEntry(scheme, rest, insecure, correct);
  if (rest.includes("*"))
    return fail(
      "origin-wildcard-invalid",
      `has a star, which only http: and https: entries may have. Write the exact origin; if it differs for each installation, decide with a directory: { has: (origin) => origin.startsWith(${quote(`${scheme}://`)}) }.`,
    );
  if (!isCustomRest(rest))
    return fail(
      "origin-host-invalid",
      `has no valid host after "${scheme}://". Write the origin as the page's self.origin shows it.`,
    );
  return { value: { kind: "exact", text: `${scheme}://${rest}` } };
}

function readWebEntry(
  scheme: "http" | "https",
  written: string,
  insecure: InsecureEntries,
  correct: Voice["correct"],
): Read<OriginEntry> {
  const { host: writtenHost, port: writtenPort } = splitPort(written);
  const { star, base } = splitStar(writtenHost);
  if (base.includes("*") || /[[\](){}|^]/.test(base.replace(/^\[[\da-f:.]*\]$/i, "")))
    return correct("origin-wildcard-invalid", ...wildcardHelp(scheme, writtenHost, writtenPort));

  const host = normaliseHost(base);
  const kind = host === undefined ? undefined : classifyHost(host);
  if (host === undefined || kind === undefined)
    return correct("origin-host-invalid", ...hostHelp(scheme, star, base, writtenPort));
  const full = star === undefined ? host : `${star}.${host}`;
  const tail = writtenPort === undefined || writtenPort === defaultPort(scheme) ? "" : `:${writtenPort}`;

  if (writtenPort !== undefined && writtenPort !== "*" && !isPort(writtenPort)) {
    return correct(
      "origin-port-invalid",
      `has the port ${quote(writtenPort)}; a port goes from 1 to 65535, without leading zeros.`,
      `${scheme}://${full}`,
      ", or the right port",
    );
  }
  if (star !== undefined) {
    if (kind !== "name")
      return correct(
        "origin-wildcard-invalid",
        "has a star over an address, which has no subdomains.",
        `${scheme}://${host}${tail}`,
      );
    if (isPublicSuffix(host)) {
      return correct(
        "origin-public-suffix",
        `covers names that anyone can register below ${quote(host)}, attackers included.`,
        `${scheme}://my-app.${host}${tail}`,
        ", with your own names; if they are known only at run time, use `directory`",
      );
    }
  }
  if (writtenPort === "*") {
    if (!isLoopback(host) || star !== undefined)
      return correct(
        "origin-port-invalid",
        "has a star for its port, which only loopback names may have.",
        `${scheme}://${full}`,
        ", or the port",
      );
    return { value: { kind: "any-port", text: `${scheme}://${host}` } };
  }
  const text = `${scheme}://${full}${tail}`;
  if (scheme === "http" && !isLoopback(host) && insecure !== true && !(insecure !== false && insecure.has(text))) {
    return correct(
      "origin-insecure",
      "is plain http: an attacker on the network can change the page and open sockets with the visitor's cookies.",
      `https://${full}${tail}`,
      `; to allow it anyway, set dangerouslyAllowInsecureOrigins: [${quote(text)}]`,
    );
  }
  if (star !== undefined) return { value: { kind: "wildcard", scheme, star, base: `${host}${tail}` } };
  return { value: { kind: "exact", text } };
}

type Help = readonly [text: string, candidate: string, rest?: string];

function wildcardHelp(scheme: string, host: string, port: string | undefined): Help {
  if (!/\w/.test(host)) return [everyPage, ""];
  if (/^[\d.*]+$/.test(host)) return ["has a star over an address, which has no subdomains.", "", ", one entry each"];
  // Whole labels after the last star only: `app.*.com` and `ex*ple.com` must not become a wildcard over another owner's name.
  const base = /(?:^|\.)[^\w.]*([\w-]+(?:\.[\w-]+)+)$/.exec(host)?.[1];
  const candidate = base === undefined ? "" : `${scheme}://*.${base}${port === undefined ? "" : `:${port}`}`;
  const text =
    "has a star or a pattern in the wrong place: only the first label can be one, `*` for one label or `**` for any number.";
  return [text, candidate, ", or the exact origin; if the names are known only at run time, use `directory`"];
}

function hostHelp(scheme: string, star: Star | undefined, host: string, port: string | undefined): Help {
  if (host === "") return ["names no host.", ""];
  const repaired = normaliseHost(
    host
      .replace(/\.+$/, "")
      .replace(/^\.+/, "")
      .replace(/\.{2,}/g, "."),
  );
  if (repaired === undefined || classifyHost(repaired) === undefined)
    return ["has no valid host.", "", ", as the page's self.origin shows it"];
  const candidate = `${scheme}://${star === undefined ? "" : `${star}.`}${repaired}${port === undefined ? "" : `:${port}`}`;
  return ["has a host that browsers do not send in this form.", candidate];
}
