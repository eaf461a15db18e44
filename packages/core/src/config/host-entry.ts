import { classifyHost, normaliseHost, splitPort, splitStar } from "./host-text.ts";
import type { HostEntry } from "../check/lists.ts";
import { isPort } from "../check/host.ts";
import { type Read, refuse, voiceOf } from "./entry.ts";
import { isPublicSuffix } from "./public-suffix.ts";
import { quote, show } from "../explain/text.ts";

const words = { list: "hosts", noun: "host", example: "api.example.com" };

/** Reads one entry of `hosts`: normalises it, or says what to write instead. */
export function readHostEntry(entry: unknown): Read<HostEntry> {
  if (typeof entry !== "string") {
    return refuse(
      "entry-not-a-string",
      show(entry),
      `hosts: ${show(entry)} is not a string. Write a host such as "api.example.com".`,
    );
  }
  const { fail, correct, single } = voiceOf(entry, words, readHostEntry);
  const none = single({ empty: "host-invalid", several: "whitespace-present" });
  if (none !== undefined) return none;
  const mark = entry.indexOf("//");
  if (mark >= 0) return correct("host-scheme-present", "is a URL; a Host has no scheme.", entry.slice(mark + 2));
  const end = entry.search(/[/?#\\]/);
  if (end >= 0) return correct("host-invalid", "goes on after the host.", entry.slice(0, end));
  const at = entry.lastIndexOf("@");
  if (at >= 0) return correct("host-invalid", "contains a user name; remove it.", entry.slice(at + 1));
  if (entry === "*")
    return correct("host-wildcard-invalid", "would allow every Host.", "", ", with the names of this server");

  const { host: written, port } = splitPort(entry);
  if (port === "*")
    return correct("host-port-invalid", "has a star for its port; a name without a port covers every port.", written);
  const { star, base } = splitStar(written);
  if (base.includes("*"))
    return fail(
      "host-wildcard-invalid",
      'has a star in the wrong place. Write `*.` or `**.` before a name, such as "*.example.com".',
    );
  const host = normaliseHost(base.replace(/^\.+/, "").replace(/\.$/, ""));
  const kind = host === undefined ? undefined : classifyHost(host);
  if (host === undefined || kind === undefined)
    return correct("host-invalid", "is not a host name.", "", ' or "[::1]:3000", as the client does');
  if (base.startsWith("."))
    return correct(
      "host-wildcard-invalid",
      "starts with a dot.",
      `**.${host}`,
      ` for every name below it, and ${quote(host)} for itself`,
    );
  const full = star === undefined ? host : `${star}.${host}`;
  if (base.endsWith("."))
    return correct("host-invalid", "ends with a dot.", port === undefined ? full : `${full}:${port}`);
  if (port !== undefined && !isPort(port))
    return correct(
      "host-port-invalid",
      `has the port ${quote(port)}; a port goes from 1 to 65535, without leading zeros.`,
      full,
      ", or the right port",
    );
  if (star !== undefined && kind !== "name")
    return correct("host-wildcard-invalid", "has a star over an address, which has no subdomains.", host);
  if (star !== undefined && isPublicSuffix(host)) {
    return correct(
      "host-public-suffix",
      `covers names that anyone can register below ${quote(host)}, attackers included.`,
      `api.${host}`,
      ", with the names of this server",
    );
  }
  return { value: { star, authority: port === undefined ? host : `${host}:${port}` } };
}
