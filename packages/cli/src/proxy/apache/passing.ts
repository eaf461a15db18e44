import type { Finding } from "../../finding.ts";
import { found, type Given } from "../checker.ts";
import { type Route, settingsFor } from "./hosts.ts";
import { apacheRules } from "./rules.ts";

export function checkHost({ file }: Given, route: Route): readonly Finding[] {
  const line = settingsFor(route, "proxypreservehost").at(-1);
  if (line?.args[0]?.toLowerCase() === "on") return [];
  const set = settingsFor(route, "requestheader").some(
    ({ args }) => args[0]?.toLowerCase() === "set" && args[1]?.toLowerCase() === "host",
  );
  if (set) return [];
  const include = [...route.host.lines, ...route.host.outer].some(({ name }) => name === "include");
  if (line === undefined && include) return [];
  const place = line ?? route.line;
  const { container } = route.host;
  const where =
    line !== undefined
      ? `# in place of line ${line.line}`
      : container === undefined
        ? "# in the file"
        : `# inside ${container.text}, line ${container.line}`;
  return [found(file, apacheRules.hostLost, place, [where, "ProxyPreserveHost On"])];
}

/** What RequestHeader does to Origin, and to the headers of the upgrade. */
export function checkHeaders({ file }: Given, route: Route): readonly Finding[] {
  return settingsFor(route, "requestheader").flatMap((line) => {
    const [first = "", second = "", third = ""] = line.args;
    const early = first.toLowerCase() === "early";
    const [action, header] = early ? [second, third] : [first, second];
    const conditional =
      line.args.some((word) => /^(?:env|expr)=/i.test(word)) && /^(?:env|expr)=/i.test(line.args.at(-1) ?? "");
    if (!/^(?:unset|set|edit\*?|append|merge|add|setifempty)$/i.test(action)) return [];
    const kept = /%\{(?:HTTP_ORIGIN|HTTP:Origin|req:Origin)\}|req_novary\(|%\{Origin\}i/i.test(line.text);
    const nothing = [`# in place of line ${line.line}: nothing`];
    if (/^origin:?$/i.test(header) && !conditional && !kept && !/^setifempty$/i.test(action))
      return [found(file, apacheRules.originChanged, line, nothing)];
    if (/^(?:upgrade|connection):?$/i.test(header) && /^(?:set|add|append|merge)$/i.test(action))
      return [found(file, apacheRules.upgradeHeader, line, nothing)];
    return [];
  });
}
