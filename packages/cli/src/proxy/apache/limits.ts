import type { Finding } from "../../finding.ts";
import { found, type Given, shortestIdle } from "../checker.ts";
import { type Route, settingsFor } from "./hosts.ts";
import type { ApacheLine } from "./parse.ts";
import { apacheRules } from "./rules.ts";

/** @param whole the file is the main one: what it does not set has Apache's own default */
export function checkIdle({ file }: Given, route: Route, whole: boolean): readonly Finding[] {
  const own = route.parameters.get("timeout");
  const proxy = settingsFor(route, "proxytimeout").at(-1);
  const core = settingsFor(route, "timeout").at(-1);
  const backend = secondsOf(own ?? proxy?.args[0]);
  const server = secondsOf(core?.args[0]) ?? (whole ? shortestIdle : undefined);
  // The longer one counts.
  if (Math.max(backend ?? 0, server ?? 0) > shortestIdle || (backend === undefined && server === undefined)) return [];
  const place = own === undefined ? (proxy ?? core ?? route.line) : route.line;
  // Debian's own Timeout is 300 seconds, in a file that is not this one.
  const severity = server === undefined ? "note" : undefined;
  return [found(file, apacheRules.idle, place, fixOf(route, own, proxy), severity)];
}

function fixOf({ line, kind }: Route, own: string | undefined, proxy: ApacheLine | undefined): readonly string[] {
  if (own !== undefined)
    return [`# in place of line ${line.line}`, line.text.replace(/\btimeout=\S+/i, "timeout=3600")];
  if (proxy !== undefined) return [`# in place of line ${proxy.line}`, "ProxyTimeout 3600"];
  return kind === "rewrite"
    ? [`# above line ${line.line}`, "ProxyTimeout 3600"]
    : [`# in place of line ${line.line}`, `${line.text} timeout=3600`];
}

/** Seconds, or `500ms`, `10s`, `5min`, `1h`. */
function secondsOf(text: string | undefined): number | undefined {
  const [, count, unit = "s"] = /^(\d+)(ms|s|mi|min|h)?$/i.exec(text ?? "") ?? [];
  if (count === undefined) return undefined;
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, mi: 60, min: 60, h: 3600 };
  return Number(count) * (units[unit.toLowerCase()] ?? 1);
}

/** The request line, the query, or a header that may hold a token. */
const telling =
  /%[!\d,<>]*(?:[rq](?!\w)|\{(?:Sec-WebSocket-Protocol|Cookie|Authorization)\}i|\{(?:REQUEST_URI|QUERY_STRING|THE_REQUEST)\}[ex])/i;

const common = '%h %l %u %t \\"%r\\" %>s %b';

/** Formats that Debian and others define in their main file. */
const usual: ReadonlySet<string> = new Set(["common", "combined", "combinedio", "vhost_combined", "vhost_common"]);

export function checkLog({ file }: Given, route: Route): readonly Finding[] {
  const { host } = route;
  const formats = new Map(
    [...host.outer, ...host.lines]
      .filter(({ name, args }) => name === "logformat" && args.length > 1)
      .map(({ args }) => [args[1] ?? "", args[0] ?? ""]),
  );
  const own = host.lines.filter(({ name }) => name === "customlog" || name === "transferlog");
  const lines = own.length > 0 ? own : host.outer.filter(({ name }) => name === "customlog" || name === "transferlog");
  return lines.flatMap((line) => {
    const [target = "", format] = line.args;
    if (target === "/dev/null" || line.args.slice(2).some((word) => /^(?:env|expr)=/i.test(word))) return [];
    const text =
      format === undefined ? common : (formats.get(format) ?? (usual.has(format.toLowerCase()) ? common : format));
    if (!telling.test(text)) return [];
    const fix = [
      `# in place of line ${line.line}`,
      'LogFormat "%h %l %u %t \\"%m %U %H\\" %>s %b" without_query',
      `CustomLog ${target} without_query`,
    ];
    return [found(file, apacheRules.queryLogged, line, fix)];
  });
}
