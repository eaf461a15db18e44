import { literal } from "../../expression.ts";
import type { Finding, Rule } from "../../finding.ts";
import { found, type Given, isHandshakeHeader } from "../checker.ts";
import type { CaddyLine } from "./parse.ts";
import { caddyRules } from "./rules.ts";
import { hostOf, type Proxied } from "./sites.ts";

/** What `header_up` and `request_header` do to a handshake. */
export function checkHeaders({ file }: Given, { line, beside, site }: Proxied): readonly Finding[] {
  const lines = [
    ...line.block.filter(({ name }) => name === "header_up"),
    ...beside.filter(({ name }) => name === "request_header").map(withoutMatcher),
  ];
  return lines.flatMap((each) => {
    const [field = "", ...values] = each.args;
    const rule = changeOf(field, values, site.addresses.map(hostOf));
    return rule === undefined ? [] : [found(file, rule, each, [`# in place of line ${each.line}: nothing`])];
  });
}

/** `request_header @matcher -Origin`: what is limited by a matcher is taken as if it were not, but for those that are not for sockets. */
function withoutMatcher(line: CaddyLine): CaddyLine {
  return /^[@/*]/.test(line.args[0] ?? "") && line.args.length > 1 ? { ...line, args: line.args.slice(1) } : line;
}

/** What is wrong with the change of a header, if something is. */
export function changeOf(field: string, values: readonly string[], hosts: readonly string[]): Rule | undefined {
  const removed = field.startsWith("-");
  const name = field.replace(/^[-+?>]/, "");
  const value = values.at(-1) ?? "";
  const kept = new RegExp(`\\{(?:http\\.request\\.)?header\\.${literal(name)}\\}`, "i").test(value);
  if (field.startsWith("+")) return undefined;
  if (/^origin$/i.test(name)) return !removed && kept ? undefined : caddyRules.originChanged;
  if (/^host$/i.test(name)) {
    if (removed || kept || /\{(?:http\.request\.)?(?:host|hostport)\}|\{(?:re|vars|args|env|\$)/i.test(value))
      return undefined;
    return hosts.includes(hostOf(value)) ? undefined : caddyRules.hostLost;
  }
  if (!isHandshakeHeader(name) && !/\*/.test(name)) return undefined;
  if (/\*/.test(name))
    return removed && /^(?:\*|sec-\*|sec-websocket-\*|upgrade\*|conn\w*\*)$/i.test(name)
      ? caddyRules.headerLost
      : undefined;
  if (
    !removed &&
    (kept ||
      /^(?:upgrade|websocket)$/i.test(value) ||
      (/^connection$/i.test(name) && /\bupgrade\b/i.test(value) && !value.includes("{>")))
  )
    return undefined;
  return caddyRules.headerLost;
}
