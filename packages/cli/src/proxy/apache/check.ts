import type { Finding } from "../../finding.ts";
import { type Checker, found, type Given, looksLikeSocket, stepOf, unreadable } from "../checker.ts";
import { commonRules } from "../rules.ts";
import { type Host, hostsOf, type Route, routesOf, takes } from "./hosts.ts";
import { checkIdle, checkLog } from "./limits.ts";
import { parseApache } from "./parse.ts";
import { checkHeaders, checkHost } from "./passing.ts";
import { apacheRules } from "./rules.ts";
import { checkUpgrade, isUpgradeRoute } from "./upgrade.ts";

/** Checks a configuration of Apache httpd. Included files are not read. */
export const checkApache: Checker = async (given) => {
  const { file, text, path, findings, steps, goOn } = given;
  await goOn();
  const { lines, problems } = parseApache(text);
  for (const problem of problems.slice(0, 20))
    findings.push(unreadable(file, problem, problem.message, "apachectl configtest"));
  const hosts = hostsOf(lines);
  steps.push({ name: "read", outcome: problems.length === 0 ? "ok" : "failed", detail: `${lines.length} directives` });
  const whole = lines.some(({ name }) => name === "serverroot" || name === "loadmodule");
  let checked = 0;
  const seen = new Set<string>();
  for (const host of hosts) {
    await goOn();
    for (const subject of subjectsOf(host, path)) {
      checked++;
      const own = checkRoute(given, subject, whole).filter(({ rule, place }) => {
        const key = `${rule.id} ${place?.line ?? 0}`;
        return !seen.has(key) && seen.add(key);
      });
      findings.push(...own);
      const { line } = subject.route;
      steps.push(stepOf(`${line.name} ${subject.route.path}`, `${file}:${line.line}, to ${subject.route.target}`, own));
    }
  }
  const include = lines.find(({ name }) => name === "include" || name === "includeoptional");
  if (checked > 0) return undefined;
  if (path !== undefined && include === undefined && problems.length === 0 && lines.length > 0) {
    const [first] = lines;
    if (first !== undefined)
      findings.push(
        found(file, commonRules.notPassed, first, [
          "# inside the VirtualHost",
          `ProxyPass ${path} http://127.0.0.1:3000${path} upgrade=websocket`,
        ]),
      );
    return undefined;
  }
  const why =
    include === undefined
      ? "no ProxyPass was found"
      : `cannot tell: ${include.args[0] ?? ""} (${file}:${include.line}) was not read`;
  steps.push({ name: "ProxyPass", outcome: "skipped", detail: why });
  return "unread";
};

/** A route to check, and whether sockets go through it for sure. */
export interface Subject {
  readonly route: Route;
  readonly sure: boolean;
  readonly routes: readonly Route[];
}

function subjectsOf(host: Host, path: string | undefined): readonly Subject[] {
  const routes = routesOf(host);
  const passing = routes.filter(({ target }) => target !== "!" && target !== "-");
  if (path !== undefined) {
    // A rewrite goes first; one with conditions leaves the rest to ProxyPass.
    const taking = passing.filter((route) => takes(route, path));
    const chosen =
      taking.find((route) => route.kind === "rewrite" && isUpgradeRoute(route)) ??
      locationRoute(taking) ??
      firstPass(routes, path) ??
      taking.find(({ kind }) => kind === "rewrite");
    return chosen === undefined || chosen.target === "!" ? [] : [{ route: chosen, sure: true, routes }];
  }
  const sure = passing.filter((route) => isUpgradeRoute(route) || looksLikeSocket(plain(route.path)));
  const chosen = sure.length > 0 ? sure : passing;
  return chosen.map((route) => ({ route, sure: sure.length > 0, routes }));
}

function locationRoute(routes: readonly Route[]): Route | undefined {
  return routes.findLast(({ location, kind }) => location !== undefined && kind !== "rewrite");
}

function firstPass(routes: readonly Route[], path: string): Route | undefined {
  return routes.find((route) => route.kind !== "rewrite" && route.location === undefined && takes(route, path));
}

/** The path of an expression, as far as it is one. */
function plain(path: string): string {
  return path.replace(/^\^?\/?/, "/");
}

function checkRoute(given: Given, subject: Subject, whole: boolean): readonly Finding[] {
  const { route, sure, routes } = subject;
  const shadowed = sure ? shadowing(given, route, routes) : undefined;
  if (shadowed !== undefined) return [shadowed];
  const upgrade = checkUpgrade(given, subject);
  if (!sure) return upgrade;
  return [
    ...upgrade,
    ...checkHost(given, route),
    ...checkHeaders(given, route),
    ...checkIdle(given, route, whole),
    ...checkLog(given, route),
  ];
}

/** A ProxyPass above that takes the route's path, so that this one is never asked. */
function shadowing({ file }: Given, route: Route, routes: readonly Route[]): Finding | undefined {
  if (route.kind !== "prefix" || route.location !== undefined) return undefined;
  const earlier = routes.find(
    (each) =>
      each.kind !== "rewrite" &&
      each.location === undefined &&
      each.line.line < route.line.line &&
      takes(each, route.path),
  );
  if (earlier === undefined || isUpgradeRoute(earlier)) return undefined;
  return found(file, apacheRules.order, earlier.line, [
    `# below line ${route.line.line}: ${route.line.text}`,
    earlier.line.text,
  ]);
}
