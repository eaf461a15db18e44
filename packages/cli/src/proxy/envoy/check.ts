import type { Finding } from "../../finding.ts";
import {
  type Checker,
  found,
  type Given,
  isHandshakeHeader,
  looksLikeSocket,
  shortestIdle,
  stepOf,
} from "../checker.ts";
import { commonRules } from "../rules.ts";
import { get, type Node, readYaml, valueOf, walk } from "../tree.ts";
import { secondsOf } from "../durations.ts";
import { checkLog } from "./log.ts";
import { envoyRules } from "./rules.ts";

/** Checks a configuration of Envoy in YAML or JSON. */
export const checkEnvoy: Checker = async (given) => {
  const { file, path, findings, steps, goOn } = given;
  const { roots, problems } = await readYaml(given, "envoy --mode validate -c");
  findings.push(...problems);
  const clusters = new Map<string, Node>();
  const managers: Node[] = [];
  for (const root of roots)
    for (const { node } of walk(root)) {
      const name = valueOf(node, "name");
      if (
        name !== undefined &&
        (node.map.has("load_assignment") || node.map.has("connect_timeout") || node.map.has("lb_policy"))
      )
        clusters.set(name, node);
      if (isManager(node)) managers.push(node);
    }
  for (const manager of managers) {
    await goOn();
    const routes = routesOf(manager, path);
    if (routes.length === 0 && path !== undefined && get(manager, "route_config") !== undefined) {
      findings.push(
        found(file, commonRules.notPassed, get(manager, "route_config") ?? manager, [
          "# inside routes",
          `- match: { prefix: "${path}" }`,
          "  route: { cluster: app }",
        ]),
      );
      continue;
    }
    const own = [
      ...checkUpgrade(given, manager, routes),
      ...checkTimes(given, manager, routes),
      ...checkHeaders(given, manager, routes),
      ...checkClusters(given, routes, clusters),
      ...checkLog(given, manager),
    ];
    findings.push(...own);
    steps.push(
      stepOf(
        `HttpConnectionManager ${valueOf(manager, "stat_prefix") ?? ""}`,
        `${file}:${manager.line}, read by its documentation, not run`,
        own,
      ),
    );
  }
  if (managers.length > 0) return undefined;
  steps.push({ name: "HttpConnectionManager", outcome: "skipped", detail: "none was found" });
  return "unread";
};

function isManager(node: Node): boolean {
  return (
    (valueOf(node, "@type") ?? "").endsWith("HttpConnectionManager") ||
    (node.map.has("stat_prefix") && (node.map.has("route_config") || node.map.has("rds")))
  );
}

/** A route that sockets may take, and what is around it. */
interface Route {
  readonly node: Node;
  readonly action: Node | undefined;
  readonly around: readonly Node[];
}

function routesOf(manager: Node, path: string | undefined): readonly Route[] {
  const config = get(manager, "route_config");
  const all = (get(config, "virtual_hosts")?.list ?? []).flatMap((host) => {
    const around = [config, host].filter((each) => each !== undefined);
    const routes = (get(host, "routes")?.list ?? []).map((node) => ({ node, action: get(node, "route"), around }));
    return path === undefined ? routes : routes.filter(({ node }) => takes(node, path)).slice(0, 1);
  });
  const passing = all.filter(({ action }) => action !== undefined);
  if (path !== undefined) return passing;
  const sure = passing.filter(
    ({ node, action }) => looksLikeSocket(pathOf(node)) || get(action, "upgrade_configs") !== undefined,
  );
  return sure.length > 0 ? sure : passing;
}

function pathOf(route: Node): string {
  const match = get(route, "match");
  return (
    valueOf(match, "prefix") ??
    valueOf(match, "path") ??
    valueOf(match, "path_separated_prefix") ??
    valueOf(match, "safe_regex", "regex") ??
    "/"
  );
}

function takes(route: Node, path: string): boolean {
  const match = get(route, "match");
  const exact = valueOf(match, "path");
  if (exact !== undefined) return exact === path;
  const regex = valueOf(match, "safe_regex", "regex");
  if (regex === undefined)
    return path.startsWith(valueOf(match, "prefix") ?? valueOf(match, "path_separated_prefix") ?? "/");
  try {
    return new RegExp(`^(?:${regex})$`).test(path);
  } catch {
    return false;
  }
}

/** What `upgrade_configs` says of sockets: `undefined` where it says nothing. */
function upgrades(node: Node | undefined): boolean | undefined {
  const own = get(node, "upgrade_configs")?.list.find(
    (each) => valueOf(each, "upgrade_type")?.toLowerCase() === "websocket",
  );
  return own === undefined ? undefined : valueOf(own, "enabled") !== "false";
}

function checkUpgrade({ file }: Given, manager: Node, routes: readonly Route[]): readonly Finding[] {
  const usual = upgrades(manager) ?? false;
  const off = routes.filter(({ action }) => !(upgrades(action) ?? usual));
  // Of a few routes one may be the socket's; where it has its own switch the others need none.
  if (routes.length > 0 && off.length < routes.length && routes.every(({ node }) => !looksLikeSocket(pathOf(node))))
    return [];
  const [first] = off;
  const fix = [
    `# inside the HttpConnectionManager, line ${manager.line}`,
    "upgrade_configs:",
    "- upgrade_type: websocket",
  ];
  if (first === undefined)
    return usual || routes.length > 0 ? [] : [found(file, envoyRules.upgradeMissing, manager, fix)];
  const place = usual ? (get(first.action, "upgrade_configs") ?? first.node) : manager;
  return [found(file, envoyRules.upgradeMissing, place, usual ? [`# in place of line ${place.line}: nothing`] : fix)];
}

function checkTimes({ file }: Given, manager: Node, routes: readonly Route[]): readonly Finding[] {
  const findings: Finding[] = [];
  const short = (node: Node | undefined) =>
    node !== undefined && (secondsOf(node.value) ?? 0) > 0 && (secondsOf(node.value) ?? 0) <= shortestIdle;
  const usual = get(manager, "stream_idle_timeout");
  const own = routes.map(({ action }) => get(action, "idle_timeout"));
  for (const each of new Set(own))
    if (each !== undefined && short(each))
      findings.push(found(file, envoyRules.idle, each, [`# in place of line ${each.line}`, "idle_timeout: 3600s"]));
  if (usual !== undefined && short(usual) && (own.length === 0 || own.some((each) => each === undefined)))
    findings.push(
      found(file, envoyRules.idle, usual, [`# in place of line ${usual.line}`, "stream_idle_timeout: 3600s"]),
    );
  const lives = [
    get(manager, "common_http_protocol_options", "max_stream_duration"),
    ...routes.map(({ action }) => get(action, "max_stream_duration", "max_stream_duration")),
  ];
  for (const each of new Set(lives))
    if (each !== undefined && (secondsOf(each.value) ?? 0) > 0)
      findings.push(
        found(file, envoyRules.lifetime, each, [`# in place of line ${each.line}`, "max_stream_duration: 0s"]),
      );
  return findings;
}

const rewrites = [
  "host_rewrite_literal",
  "host_rewrite_header",
  "host_rewrite_path_regex",
  "host_rewrite",
  "auto_host_rewrite",
];

function checkHeaders({ file }: Given, manager: Node, routes: readonly Route[]): readonly Finding[] {
  const findings: Finding[] = [];
  const nothing = (at: Node) => [`# in place of line ${at.line}: nothing`];
  for (const { action } of routes)
    for (const name of rewrites) {
      const each = get(action, name);
      if (each !== undefined && each.value !== "false")
        findings.push(found(file, envoyRules.hostLost, each, nothing(each)));
    }
  const places = new Set([
    manager,
    ...routes.flatMap(({ node, action, around }) => [...around, node, ...(action === undefined ? [] : [action])]),
  ]);
  for (const place of places) {
    for (const each of get(place, "request_headers_to_remove")?.list ?? [])
      if (isHandshakeHeader(each.value ?? "") || /^origin$/i.test(each.value ?? ""))
        findings.push(found(file, envoyRules.headerLost, each, nothing(each)));
    for (const each of get(place, "request_headers_to_add")?.list ?? []) {
      const header = get(each, "header", "key");
      const kept = /^APPEND_IF_EXISTS|^ADD_IF_ABSENT/.test(valueOf(each, "append_action") ?? "");
      if (
        header !== undefined &&
        !kept &&
        (isHandshakeHeader(header.value ?? "") || /^origin$/i.test(header.value ?? ""))
      )
        findings.push(found(file, envoyRules.headerLost, header, nothing(header)));
    }
  }
  return findings;
}

function checkClusters(
  { file }: Given,
  routes: readonly Route[],
  clusters: ReadonlyMap<string, Node>,
): readonly Finding[] {
  const used = new Set(routes.map(({ action }) => clusters.get(valueOf(action, "cluster") ?? "")));
  return [...used].flatMap((cluster) => {
    if (cluster === undefined) return [];
    for (const { path, node } of walk(cluster))
      if (
        path.at(-1) === "http2_protocol_options" &&
        !path.includes("use_downstream_protocol_config") &&
        valueOf(node, "allow_connect") !== "true"
      )
        return [
          found(file, envoyRules.connectMissing, node, [
            `# in place of line ${node.line}`,
            "http2_protocol_options: { allow_connect: true }",
          ]),
        ];
    return [];
  });
}
