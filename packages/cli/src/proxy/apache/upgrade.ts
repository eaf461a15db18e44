import type { Finding } from "../../finding.ts";
import { found, type Given, withoutSecrets } from "../checker.ts";
import type { Subject } from "./check.ts";
import { type Route, settingsFor, takes } from "./hosts.ts";
import type { ApacheLine } from "./parse.ts";
import { apacheRules } from "./rules.ts";

/** Whether a route is one of sockets by what it says: a ws: backend, `upgrade=`, or a condition on Upgrade. */
export function isUpgradeRoute({ target, parameters, conditions }: Route): boolean {
  return /^wss?:/i.test(target) || parameters.has("upgrade") || conditions.some(asksForUpgrade);
}

function asksForUpgrade({ args }: ApacheLine): boolean {
  return /%\{HTTP:(?:Upgrade|Connection)\}/i.test(args[0] ?? "") && !(args[1] ?? "").startsWith("!");
}

export function checkUpgrade({ file }: Given, { route, sure, routes }: Subject): readonly Finding[] {
  const { line, target, parameters, kind, conditions } = route;
  const findings = conditions.flatMap((condition) => exactCondition(file, condition));
  const passes = /^wss?:/i.test(target) || /^(?:websocket|any)$/i.test(parameters.get("upgrade") ?? "");
  // A rewrite above sends handshakes elsewhere.
  const rewritten = routes.some(
    (each) => each.kind === "rewrite" && each !== route && isUpgradeRoute(each) && takesAll(each, route),
  );
  if (!passes && !rewritten)
    findings.push(
      found(
        file,
        apacheRules.upgradeMissing,
        line,
        [`# in place of line ${line.line}`, right(route)],
        sure ? undefined : "warning",
      ),
    );
  if (kind !== "rewrite" || conditions.length === 0 || passes) findings.push(...http10(file, route));
  return findings;
}

function takesAll(rewrite: Route, { path, kind }: Route): boolean {
  return kind === "prefix" ? takes(rewrite, path) || takes(rewrite, `${path.replace(/\/$/, "")}/x`) : true;
}

function right({ line, kind, target }: Route): string {
  const text = withoutSecrets(line.text);
  if (kind === "rewrite") return text.replace(/\bhttp(s?):\/\//i, "ws$1://");
  return /\bupgrade=\S*/i.test(text)
    ? text.replace(/\bupgrade=\S*/i, "upgrade=websocket")
    : target === ""
      ? text
      : `${text} upgrade=websocket`;
}

/** A condition that browsers do not fulfil: Firefox sends `keep-alive, Upgrade`, and all write `websocket` in small letters. */
function exactCondition(file: string, condition: ApacheLine): readonly Finding[] {
  const [test = "", pattern = "", flags = ""] = condition.args;
  const [, header] = /^%\{HTTP:(Upgrade|Connection)\}$/i.exec(test) ?? [];
  if (header === undefined || pattern.startsWith("!")) return [];
  const sent = header.toLowerCase() === "upgrade" ? ["websocket"] : ["Upgrade", "keep-alive, Upgrade"];
  if (sent.every((value) => matches(pattern, value, /\b(?:NC|nocase)\b/i.test(flags)))) return [];
  const fix = [`# in place of line ${condition.line}`, "RewriteCond %{HTTP:Upgrade} =websocket [NC]"];
  return [found(file, apacheRules.exactCondition, condition, fix)];
}

function matches(pattern: string, value: string, insensitive: boolean): boolean {
  if (pattern.startsWith("=")) {
    const wanted = pattern.slice(1).replaceAll('"', "");
    return insensitive ? wanted.toLowerCase() === value.toLowerCase() : wanted === value;
  }
  try {
    const inline = pattern.startsWith("(?i)");
    return new RegExp(inline ? pattern.slice(4) : pattern, insensitive || inline ? "i" : "").test(value);
  } catch {
    return true;
  }
}

function http10(file: string, route: Route): readonly Finding[] {
  return settingsFor(route, "setenv")
    .filter(({ args }) => args[0]?.toLowerCase() === "force-proxy-request-1.0")
    .map((line) => found(file, apacheRules.http10, line, [`# in place of line ${line.line}: nothing`]));
}
