import { connectionVariable, mapLines } from "./connection.ts";
import { type Context, hasPlaceholder } from "./context.ts";
import { innerBlocks, named } from "./model.ts";
import { headersOf, mapOf, mapped, settingOf } from "./settings.ts";
import type { Directive } from "./parse.ts";
import { nginxRules } from "./rules.ts";
import { inPlaceOf, inside, shown } from "./show.ts";

/** Headers in an `if` or a `limit_except`, where nginx does not allow them. */
export function checkInnerBlocks(context: Context): void {
  for (const { directives } of innerBlocks(context.scope))
    for (const line of directives.filter(({ name }) => name === "proxy_set_header"))
      context.add(nginxRules.headerInIf, line, [
        `# in place of line ${line.line}: nothing`,
        inside(context.scope),
        shown(line.text),
      ]);
}

/** An outer block that a report lists in full would be no help beyond this. */
const mostLost = 20;

/** Whether the location's own lines cancel those of an outer block, where the upgrade was among them. */
export function checkCancelled(context: Context): boolean {
  const { headers } = context;
  const [first] = headers?.lines ?? [];
  const parent = headers?.scope.parent;
  const above = parent === undefined ? undefined : settingOf(parent, "proxy_set_header");
  if (headers === undefined || first === undefined || above === undefined) return false;
  const own = headersOf(headers);
  const upgradeLost = ["upgrade", "connection"].some((name) => headersOf(above).has(name) && !own.has(name));
  // Where it is not sure: somebody else's location, which only happens to stand below the socket's headers.
  if (!upgradeLost || !context.subject.sure || context.unclear("proxy_set_header")) return false;
  const lost = above.lines.filter(({ args }) => !own.has((args[0] ?? "").toLowerCase())).slice(0, mostLost);
  context.add(nginxRules.inheritance, first, context.besideHeaders(lost.map(({ text }) => shown(text))));
  return true;
}

export function checkUpgrade(context: Context): void {
  const upgrade = context.header("upgrade");
  const connection = context.header("connection");
  const { sure } = context.subject;
  const { variable, map } = connectionVariable(context.model);
  const right = `proxy_set_header Connection ${variable};`;
  const missing = upgrade === undefined || connection === undefined;
  if (missing && context.unclear("proxy_set_header")) {
    if (upgrade !== undefined) upgradeValue(context, upgrade);
    if (connection !== undefined && sure) connectionValue(context, connection);
    return;
  }
  if (upgrade === undefined) {
    const lines = ["proxy_set_header Upgrade $http_upgrade;"];
    if (connection === undefined) lines.push(right);
    const before = connection === undefined ? map : [];
    const fix = [...before, ...context.besideHeaders(lines)];
    context.add(nginxRules.upgradeMissing, undefined, fix, sure ? undefined : "warning");
    if (connection === undefined) return;
  } else upgradeValue(context, upgrade);
  if (connection === undefined)
    context.add(nginxRules.connectionMissing, undefined, [...map, ...context.besideHeaders([right])]);
  else if (sure) connectionValue(context, connection);
}

function upgradeValue(context: Context, line: Directive): void {
  const [, value = ""] = line.args;
  const fix = inPlaceOf(line, "proxy_set_header Upgrade $http_upgrade;");
  if (value.toLowerCase() === "websocket") {
    context.add(nginxRules.upgradeHardCoded, line, fix);
    return;
  }
  if (value.toLowerCase() === "$http_upgrade" || hasPlaceholder(value)) return;
  const map = mapOf(context.model, value);
  if (map !== undefined) {
    if (map.args[0]?.toLowerCase() !== "$http_upgrade") return;
    const result = mapped(map, "websocket").toLowerCase();
    if (result !== "websocket" && !result.startsWith("$")) context.add(nginxRules.upgradeVariable, line, fix);
    return;
  }
  // Set somewhere, to something that is not known here.
  if (
    value.startsWith("$") &&
    (context.isSet(value) || (!/^\$(?:http_|upgrade$)/i.test(value) && !context.model.whole))
  )
    return;
  context.add(nginxRules.upgradeVariable, line, fix);
}

function connectionValue(context: Context, line: Directive): void {
  const [, value = ""] = line.args;
  const { variable, map: lines } = connectionVariable(context.model);
  const fix = [...lines, ...inPlaceOf(line, `proxy_set_header Connection ${variable};`)];
  if (tokens(value).includes("upgrade")) {
    if (!context.subject.dedicated) context.add(nginxRules.connectionHardCoded, line, fix);
    else if (context.keepalive() !== undefined) context.add(nginxRules.connectionHardCoded, line, fix, "note");
    return;
  }
  // The client's own, passed on: right for every request.
  if (value.toLowerCase() === "$http_connection" || hasPlaceholder(value)) return;
  if (!value.startsWith("$") || /^\$(?:http_|upgrade$)/i.test(value)) {
    context.add(nginxRules.connectionWrong, line, fix);
    return;
  }
  const map = mapOf(context.model, value);
  if (map !== undefined) connectionMap(context, map);
  else if (!context.isSet(value))
    context.add(
      nginxRules.mapMissing,
      line,
      mapLines.map((text) => text.replace("$connection_upgrade", value)),
      context.model.whole ? undefined : "note",
    );
}

function connectionMap(context: Context, map: Directive): void {
  const [source = "", variable = ""] = map.args;
  // What a file adds that was not read.
  if (named(map.block ?? [], "include").length > 0) return;
  const fix = [`# in place of the block at line ${map.line}`, ...mapLines.slice(1)].map((text) =>
    text.replace("$connection_upgrade", variable),
  );
  const sample = new Map([
    ["$http_upgrade", "websocket"],
    ["$http_connection", "Upgrade"],
  ]).get(source.toLowerCase());
  if (sample === undefined) return;
  const result = mapped(map, sample).toLowerCase();
  if (!tokens(result).includes("upgrade") && result !== "$http_connection") {
    context.add(nginxRules.mapWrong, map, fix);
    return;
  }
  const ordinary = mapped(map, "").toLowerCase();
  if (tokens(ordinary).includes("upgrade") && !context.subject.dedicated)
    context.add(nginxRules.connectionHardCoded, map, fix);
  else if (ordinary === "close" && context.keepalive() !== undefined)
    context.add(nginxRules.keepaliveDefeated, map, fix);
}

function tokens(value: string): readonly string[] {
  return value.split(",").map((token) => token.trim().toLowerCase());
}
