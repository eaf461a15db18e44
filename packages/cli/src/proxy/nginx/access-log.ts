import type { Context } from "./context.ts";
import { named } from "./model.ts";
import { settingOf } from "./settings.ts";
import { nginxRules } from "./rules.ts";

/** `$request` and what else holds the query or the offered subprotocols, but not `$request_method` and such. */
const telling =
  /\$\{?(?:request|request_uri|args|query_string|arg_\w+|http_sec_websocket_protocol|http_cookie|http_authorization)(?!\w)/;

const format = `log_format without_query '$remote_addr [$time_local] "$request_method $uri $server_protocol" $status $body_bytes_sent';`;

/** Whether a log that is kept holds tokens. */
export function checkLog(context: Context): void {
  const setting = settingOf(context.scope, "access_log");
  // Where nothing is set nginx logs in the format "combined"; a part of a configuration does not show whether something is.
  if (setting === undefined && (!context.model.whole || context.unclear("access_log"))) return;
  for (const line of setting?.lines ?? [undefined]) {
    const [path = "logs/access.log", given] = line?.args ?? [];
    if (path === "off" || path === "/dev/null") continue;
    const text = formatText(context, given === undefined || given.includes("=") ? "combined" : given);
    if (text === undefined || !telling.test(text)) continue;
    const right = `access_log ${path} without_query;`;
    context.add(nginxRules.queryLogged, line, [
      "# inside http { }",
      format,
      ...(line === undefined ? context.inLocation([right]) : context.overriding(line, right)),
    ]);
  }
}

function formatText(context: Context, format: string): string | undefined {
  if (format === "combined") return "$request";
  const defined = named(context.model.http.directives, "log_format").find(({ args }) => args[0] === format);
  return defined?.args.slice(1).join("");
}
