import type { Finding } from "../../finding.ts";
import { type Checker, found, type Given, looksLikeSocket, shortestIdle, stepOf } from "../checker.ts";
import { aclsOf, type Acls, meansSockets } from "./conditions.ts";
import { checkHeaders } from "./headers.ts";
import { checkLog } from "./log.ts";
import { checkOriginGates } from "./origin-gate.ts";
import { type HaproxyLine, parseHaproxy, type Section, settingsOf, timeOf } from "./parse.ts";
import { haproxyRules } from "./rules.ts";

/** A frontend, and a backend that it sends requests to. A `listen` is both. */
export interface Route {
  readonly frontend: Section | undefined;
  readonly backend: Section;
  readonly acls: Acls;
}

/** Checks a configuration of HAProxy. */
export const checkHaproxy: Checker = async (given) => {
  const { text, findings, steps, goOn } = given;
  await goOn();
  const sections = parseHaproxy(text);
  const routes = socketRoutes(sections, given.path);
  steps.push({ name: "read", outcome: "ok", detail: `${sections.length} sections` });
  const seen = new Set<string>();
  for (const route of routes) {
    await goOn();
    const own = checkRoute(given, route).filter(({ rule, place, fix }) => {
      const key = `${rule.id} ${place?.line ?? 0} ${rule === haproxyRules.idle ? fix.join() : ""}`;
      return !seen.has(key) && seen.add(key);
    });
    findings.push(...own);
    const { frontend, backend } = route;
    const name =
      frontend === undefined || frontend === backend ? titleOf(backend) : `${titleOf(frontend)}, ${titleOf(backend)}`;
    steps.push(stepOf(name, `${given.file}:${backend.head.line}`, own));
  }
  if (routes.length > 0) return undefined;
  steps.push({ name: "backends", outcome: "skipped", detail: "no backend was found" });
  return "unread";
};

function titleOf({ kind, name }: Section): string {
  return `${kind} ${name}`;
}

function checkRoute(given: Given, route: Route): readonly Finding[] {
  return [
    ...checkIdle(given, route),
    ...checkHeaders(given, route),
    ...checkLog(given, route),
    ...checkOriginGates(given, route),
    ...checkServers(given, route),
  ];
}

/** The routes that look like those of sockets; where none does, all. */
function socketRoutes(sections: readonly Section[], path: string | undefined): readonly Route[] {
  const backends = new Map(
    sections.filter(({ kind }) => kind === "backend" || kind === "listen").map((each) => [each.name, each]),
  );
  const isSocketPath = (text: string) =>
    path === undefined
      ? text.startsWith("/") && looksLikeSocket(text)
      : text.startsWith("/") && path.startsWith(text.replace(/\/$/, ""));
  const sure: Route[] = [];
  const all: Route[] = [];
  const used = new Set<Section>();
  for (const frontend of sections.filter(({ kind }) => kind === "frontend" || kind === "listen")) {
    const acls = aclsOf(frontend);
    for (const line of [...settingsOf(frontend, "use_backend"), ...settingsOf(frontend, "default_backend")]) {
      const backend = backends.get(line.words[1] ?? "");
      if (backend === undefined || all.some((each) => each.frontend === frontend && each.backend === backend)) continue;
      used.add(backend);
      const route = { frontend, backend, acls: new Map([...acls, ...aclsOf(backend)]) };
      all.push(route);
      if (meansSockets(line, acls, isSocketPath) || looksLikeSocket(`/${backend.name}`)) sure.push(route);
    }
    if (
      frontend.kind === "listen" &&
      frontend.lines.some(({ words }) => words[0] === "server") &&
      !isStatistics(frontend)
    )
      all.push({ frontend, backend: frontend, acls });
  }
  for (const backend of backends.values())
    if (backend.kind === "backend" && !used.has(backend) && used.size === 0)
      all.push({ frontend: undefined, backend, acls: aclsOf(backend) });
  return sure.length > 0 ? sure : all;
}

function isStatistics({ lines }: Section): boolean {
  return lines.some(({ words }) => words[0] === "stats" && (words[1] === "enable" || words[1] === "uri"));
}

function checkIdle({ file }: Given, { frontend, backend }: Route): readonly Finding[] {
  const tunnel = settingsOf(backend, "timeout", "tunnel").at(-1);
  const fix = [`# inside ${titleOf(backend)}, line ${backend.head.line}`, "timeout tunnel 1h"];
  if (tunnel !== undefined) {
    const seconds = timeOf(tunnel.words[2]);
    if (seconds === undefined || seconds > shortestIdle) return [];
    return [found(file, haproxyRules.idle, tunnel, [`# in place of line ${tunnel.line}`, "timeout tunnel 1h"])];
  }
  const limits = [
    ...(frontend === undefined ? [] : settingsOf(frontend, "timeout", "client").slice(-1)),
    ...settingsOf(backend, "timeout", "server").slice(-1),
  ];
  const shortest = limits.toSorted((one, two) => seconds(one) - seconds(two))[0];
  return shortest === undefined || seconds(shortest) > shortestIdle
    ? []
    : [found(file, haproxyRules.idle, shortest, fix)];
}

function seconds({ words }: HaproxyLine): number {
  return timeOf(words[2]) ?? Infinity;
}

function checkServers({ file }: Given, { backend }: Route): readonly Finding[] {
  const usual = settingsOf(backend, "default-server").flatMap(({ words }) => words);
  return backend.lines
    .filter(({ words }) => words[0] === "server" || words[0] === "server-template")
    .flatMap((line) => {
      const words = [...usual, ...line.words];
      if (words[words.lastIndexOf("proto") + 1] !== "h2" || words.includes("ws")) return [];
      return [found(file, haproxyRules.http2Backend, line, [`# in place of line ${line.line}`, `${line.text} ws h1`])];
    });
}
