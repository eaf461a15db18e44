import { isRedirect } from "./connection.ts";
import { type Context, hasPlaceholder, hostOf } from "./context.ts";
import { innerBlocks } from "./model.ts";
import { settingOf, upstreamOf } from "./settings.ts";
import { nginxRules } from "./rules.ts";
import { inPlaceOf } from "./show.ts";

export function checkHost(context: Context): void {
  const line = context.header("host");
  const right = "proxy_set_header Host $http_host;";
  if (line === undefined) {
    if (!context.unclear("proxy_set_header"))
      context.add(nginxRules.hostLost, undefined, context.besideHeaders([right]));
    return;
  }
  const value = (line.args[1] ?? "").toLowerCase();
  if (hasPlaceholder(line.args[1] ?? "")) return;
  const names = settingOf(context.scope, "server_name")?.lines.flatMap(({ args }) => args) ?? [];
  const fixed = value !== "" && !value.includes("$") && !isLocal(value);
  if (value === "" || value.includes("$proxy_host") || (!value.includes("$") && !fixed && !names.includes(value)))
    context.add(nginxRules.hostLost, line, inPlaceOf(line, right));
}

function isLocal(host: string): boolean {
  return /^(?:localhost|127\.|\[?::1|0\.0\.0\.0)/.test(host);
}

export function checkOrigin(context: Context): void {
  const line = context.header("origin");
  if (line === undefined || line.args[1]?.toLowerCase() === "$http_origin") return;
  context.add(nginxRules.originRewritten, line, [
    `# in place of line ${line.line}: nothing, nginx passes Origin on by itself`,
  ]);
}

export function checkVersion(context: Context): void {
  const line = context.line("proxy_http_version");
  const right = "proxy_http_version 1.1;";
  if (line === undefined) {
    if (!context.unclear("proxy_http_version"))
      context.add(nginxRules.httpVersion, undefined, context.inLocation([`${right} # the default since nginx 1.29.7`]));
  } else if (line.args[0] !== "1.1" && !hasPlaceholder(line.args[0] ?? "")) {
    const severity = line.args[0]?.startsWith("2") === true ? "failure" : undefined;
    context.add(nginxRules.httpVersion, line, inPlaceOf(line, right), severity);
  }
}

export function checkReadTimeout(context: Context): void {
  const line = context.line("proxy_read_timeout");
  const right = "proxy_read_timeout 3600s;";
  if (line !== undefined) {
    if ((milliseconds(line.args[0] ?? "") ?? Infinity) <= 60_000)
      context.add(nginxRules.readTimeout, line, inPlaceOf(line, right));
  } else if (!context.unclear("proxy_read_timeout"))
    context.add(nginxRules.readTimeout, undefined, context.inLocation([right]));
}

const units: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 604_800_000],
  ["M", 2_592_000_000],
  ["y", 31_536_000_000],
]);

/** nginx's times: `90`, `90s`, `1m30s`, `1h`, `500ms`. */
function milliseconds(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwMy])?/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return undefined;
  return parts.reduce((sum, [, count, unit = "s"]) => sum + Number(count) * (units.get(unit) ?? 0), 0);
}

export function checkRedirects(context: Context): void {
  for (const line of context.scope.directives.filter(isRedirect))
    context.add(nginxRules.redirected, line, [`# in place of line ${line.line}: nothing`]);
  for (const { kind, directives } of innerBlocks(context.scope))
    if (kind === "if")
      for (const line of directives.filter(isRedirect))
        context.add(
          nginxRules.redirected,
          line,
          [`# let clients use the URL that this leads to: ${line.args.at(-1) ?? ""}`],
          "note",
        );
}

export function checkLimits(context: Context): void {
  for (const name of ["limit_req", "limit_conn"]) {
    const limit = context.line(name);
    const status = context.line(`${name}_status`)?.args[0];
    if (limit === undefined || status === "429") continue;
    if (status === undefined && context.unclear(`${name}_status`)) continue;
    context.add(nginxRules.limitStatus, limit, context.inLocation([`${name}_status 429;`]));
  }
}

export function checkCors(context: Context): void {
  for (const line of context.scope.directives)
    if (line.name === "add_header" && /^access-control-/i.test(line.args[0] ?? ""))
      context.add(nginxRules.corsHeader, line, [`# in place of line ${line.line}: nothing`]);
}

export function checkAuthentication(context: Context): void {
  const line = context.line("auth_basic");
  if (line !== undefined && line.args[0] !== "off")
    context.add(nginxRules.basicAuth, line, context.overriding(line, "auth_basic off;"));
}

export function checkCache(context: Context): void {
  const line = context.line("proxy_cache");
  if (line !== undefined && line.args[0] !== "off")
    context.add(nginxRules.cache, line, context.overriding(line, "proxy_cache off;"));
}

export function checkUpstream(context: Context): void {
  const line = context.location.proxyPass;
  const [target = ""] = line?.args ?? [];
  if (
    target.toLowerCase().startsWith("https:") &&
    context.line("proxy_ssl_server_name")?.args[0] !== "on" &&
    !context.unclear("proxy_ssl_server_name")
  )
    context.add(nginxRules.tlsName, line, context.inLocation(["proxy_ssl_server_name on;"]));
  const host = context.resolved(hostOf(target));
  const named = !/^(?:[\d.]+|\[.*|unix)$/.test(host) && upstreamOf(context.model, host) === undefined;
  if (
    target.includes("$") &&
    !hasPlaceholder(target) &&
    named &&
    context.line("resolver") === undefined &&
    context.model.whole
  )
    context.add(nginxRules.resolver, line, context.inLocation(["resolver 127.0.0.53; # your name server"]));
}
