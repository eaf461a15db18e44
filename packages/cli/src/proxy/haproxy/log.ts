import type { Finding } from "../../finding.ts";
import { found, type Given } from "../checker.ts";
import type { Route } from "./check.ts";
import { isSilenced } from "./headers.ts";
import { type HaproxyLine, type Section, settingsOf } from "./parse.ts";
import { haproxyRules } from "./rules.ts";

const format = `log-format "%ci:%cp [%tr] %ft %b/%s %ST %B %ts \\"%HM %HPO %HV\\""`;

/** The request line, the URI or the query, by a variable of the format or by a sample. */
const telling =
  /%(?:\{[^}]*\})?(?:r|HU|HQ)(?!\w)|%\[[^\]]*(?:capture\.req\.uri|\bquery\b|\burl\b|url_param|req\.f?hdr\((?:sec-websocket-protocol|cookie|authorization)|\bpathq\b)/i;

/** Whether the frontend's log holds tokens. */
export function checkLog({ file }: Given, route: Route): readonly Finding[] {
  const { frontend } = route;
  if (frontend === undefined || isSilenced(route)) return [];
  const logs = settingsOf(frontend, "log").filter(({ words }) => words[1] !== "/dev/null");
  if (logs.length === 0 || settingsOf(frontend, "no", "log").length > 0) return [];
  const line = formatLine(frontend);
  if (line === undefined) return [];
  return [found(file, haproxyRules.queryLogged, line, [`# in place of line ${line.line}`, format])];
}

function formatLine(frontend: Section): HaproxyLine | undefined {
  // A format of its own takes the place of the option.
  const own = settingsOf(frontend, "log-format").at(-1);
  if (own !== undefined) return telling.test(own.words.slice(1).join(" ")) ? own : undefined;
  const option = settingsOf(frontend, "option", "httplog").at(-1) ?? settingsOf(frontend, "option", "httpslog").at(-1);
  return option;
}
