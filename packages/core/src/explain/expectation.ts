import { mayAsk } from "../ask/directory.ts";
import type { DenyCode } from "../check/codes.ts";
import type { Rules } from "../check/decision.ts";
import { type HostEntry, type OriginEntry, opaqueOrigins } from "../check/lists.ts";
import { isWebOrigin, parseOrigin } from "../check/origin.ts";
import { originEntryText, readOriginEntry } from "../config/origin-entry.ts";
import { isPlatform } from "../config/public-suffix.ts";
import { quote, quoteSome } from "./text.ts";

/** Names the Origins that would have been allowed. */
export function expectedOrigins({ origins, opaqueOrigin, sameHost, directory }: Rules): string {
  const sources: string[] = [];
  if (origins.length > 0) sources.push(quoteSome(originTexts(origins), origins.length));
  if (opaqueOrigin === "dangerously-allow") sources.push('"null" or "file://" (opaqueOrigin)');
  if (sameHost) sources.push("an Origin that matches the request's Host (sameHost)");
  if (directory !== undefined) sources.push("an Origin that the directory knows");
  return sources.length === 0 ? "no Origin at all: `origins` is empty" : sources.join(", or ");
}

/** An Origin that the list certainly allows, as an example to write; `undefined` if it has no exact entry among the first ones. */
export function exampleOrigin({ origins }: Rules): string | undefined {
  return origins
    .slice(0, 100)
    .filter(({ kind }) => kind === "exact")
    .map(originEntryText)[0];
}

/** Names the Hosts that would have been allowed. */
export function expectedHosts({ hosts = [] }: Rules): string {
  return hosts.length === 0 ? "no Host at all: `hosts` is empty" : quoteSome(hostTexts(hosts), hosts.length);
}

/**
 * Returns the code with which the Origin would be refused even if the Host were allowed; `undefined` if it would be allowed, or if that depends on the Host
 * or on the directory.
 */
export function originProblem(origin: string | undefined, rules: Rules): DenyCode | undefined {
  if (origin === undefined) return rules.missingOrigin === "deny" ? "origin-missing" : undefined;
  if (rules.originList.match(origin) !== undefined) return undefined;
  if (opaqueOrigins.includes(origin)) return "origin-opaque";
  const parsed = parseOrigin(origin);
  if (parsed === undefined) return "origin-malformed";
  const asked = rules.directory !== undefined && mayAsk(origin, rules.insecureToo);
  const depends = asked || (rules.sameHost && isWebOrigin(parsed));
  return depends ? undefined : "origin-not-listed";
}

/** Schemes whose origins have a random id: of each installation of an extension, or of each webview. */
const randomIds: ReadonlySet<string> = new Set(["moz-extension", "safari-web-extension", "vscode-webview"]);

/** The change of the options that allows an entry. `createPolicy` accepts every value in it. */
export function howToAllow(entry: string, { insecureToo }: Rules): string {
  const read = readOriginEntry(entry, insecureToo);
  const [scheme = "", host = ""] = entry.split("://", 2);
  if (randomIds.has(scheme))
    return `decide with directory: { has: (origin) => origin.startsWith(${quote(`${scheme}://`)}) }, because the id is random and differs for each installation; that allows everything of this scheme, so require a token too`;
  if ("value" in read && isPlatform(host.slice(host.indexOf(".") + 1)))
    return `add ${quote(entry)} to \`origins\`, or decide with a \`directory\` if each deployment has a name of its own`;
  if ("value" in read) return `add ${quote(entry)} to \`origins\``;
  if ("value" in readOriginEntry(entry, true))
    return `add ${quote(entry)} to \`origins\` and to dangerouslyAllowInsecureOrigins, because it is plain http, or serve the page over https`;
  return `decide with a \`directory\`, because it cannot be an entry (${read.issue.message.replace(/\.$/, "")})`;
}

function* originTexts(entries: readonly OriginEntry[]): Generator<string> {
  for (const entry of entries) yield originEntryText(entry);
}

function* hostTexts(entries: readonly HostEntry[]): Generator<string> {
  for (const { star, authority } of entries) yield star === undefined ? authority : `${star}.${authority}`;
}
