import type { Finding } from "../../finding.ts";
import { found, type Given, looksLikeSocket, shortestIdle } from "../checker.ts";
import { get, type Node, valueOf } from "../tree.ts";
import { kubernetesRules } from "./rules.ts";
import { checkSnippets } from "./snippet.ts";

export interface Ingress {
  readonly node: Node;
  readonly annotations: ReadonlyMap<string, Node>;
  readonly paths: readonly { readonly path: string; readonly service: string }[];
  readonly className: string;
}

export function ingressOf(node: Node): Ingress {
  const annotations = get(node, "metadata", "annotations")?.map ?? new Map<string, Node>();
  const paths = (get(node, "spec", "rules")?.list ?? []).flatMap((rule) =>
    (get(rule, "http", "paths")?.list ?? []).map((each) => ({
      path: valueOf(each, "path") ?? "/",
      service: valueOf(each, "backend", "service", "name") ?? valueOf(each, "backend", "serviceName") ?? "",
    })),
  );
  const className =
    valueOf(node, "spec", "ingressClassName") ?? annotations.get("kubernetes.io/ingress.class")?.value ?? "";
  return { node, annotations, paths, className };
}

/** Whether it has a rule for the path, or one that looks like a socket's. */
export function isForSockets({ paths, annotations }: Ingress, path: string | undefined): boolean {
  if (path !== undefined) return paths.length === 0 || paths.some((each) => takes(each.path, path));
  return (
    paths.some((each) => looksLikeSocket(each.path)) ||
    [...annotations.keys()].some((name) => name.endsWith("/websocket-services"))
  );
}

function takes(pattern: string, path: string): boolean {
  if (path === pattern || path.startsWith(pattern.endsWith("/") ? pattern : `${pattern}/`)) return true;
  try {
    return new RegExp(`^${pattern}`).test(path);
  } catch {
    return false;
  }
}

const community = "nginx.ingress.kubernetes.io/";

/** @param usual what the ConfigMap of ingress-nginx says of `proxy-read-timeout` */
export async function checkIngress(
  given: Given,
  ingress: Ingress,
  usual: string | undefined,
): Promise<readonly Finding[]> {
  const { annotations, className } = ingress;
  const has = (prefix: string) => [...annotations.keys()].some((name) => name.startsWith(prefix));
  if (has("nginx.org/")) return nginxOrg(given, ingress);
  if (has("alb.ingress.kubernetes.io/") || className === "alb") return loadBalancer(given, ingress);
  if (!has(community) && className !== "" && !/nginx/i.test(className)) return [];
  return [
    ...readTimeout(given, ingress, usual),
    ...settings(given, ingress),
    ...(await checkSnippets(given, annotations)),
  ];
}

function where({ node }: Ingress): readonly string[] {
  return [
    `# inside metadata.annotations, line ${get(node, "metadata", "annotations")?.line ?? get(node, "metadata")?.line ?? node.line}`,
  ];
}

function readTimeout({ file }: Given, ingress: Ingress, usual: string | undefined): readonly Finding[] {
  const own = ingress.annotations.get(`${community}proxy-read-timeout`);
  const right = `${community}proxy-read-timeout: "3600"`;
  if (own === undefined) {
    if (Number(usual ?? 0) > shortestIdle) return [];
    const place = get(ingress.node, "metadata") ?? ingress.node;
    return [found(file, kubernetesRules.idle, place, [...where(ingress), right])];
  }
  // A value with a unit is not a number, and the controller then uses its default.
  const seconds = /^\d+$/.test(own.value ?? "") ? Number(own.value) : 0;
  return seconds > shortestIdle
    ? []
    : [found(file, kubernetesRules.idle, own, [`# in place of line ${own.line}`, right])];
}

function settings({ file }: Given, ingress: Ingress): readonly Finding[] {
  const { annotations, paths } = ingress;
  const findings: Finding[] = [];
  const nothing = (at: Node) => [`# in place of line ${at.line}: nothing`];
  const vhost = annotations.get(`${community}upstream-vhost`);
  if (vhost !== undefined && !/^\$(?:http_)?host$/.test(vhost.value ?? ""))
    findings.push(found(file, kubernetesRules.hostLost, vhost, nothing(vhost)));
  const cors = annotations.get(`${community}enable-cors`);
  if (cors?.value === "true") findings.push(found(file, kubernetesRules.cors, cors, nothing(cors)));
  const affinity = annotations.get(`${community}affinity`);
  const upstream = annotations.get(`${community}service-upstream`);
  if (upstream?.value === "true" && affinity !== undefined)
    findings.push(found(file, kubernetesRules.serviceUpstream, upstream, nothing(upstream)));
  const polled = paths.some(({ path }) => /socket\.io|sockjs|engine\.io/.test(path));
  const hashed = annotations.has(`${community}upstream-hash-by`);
  if (polled && affinity === undefined && !hashed)
    findings.push(
      found(file, kubernetesRules.affinity, get(ingress.node, "metadata") ?? ingress.node, [
        ...where(ingress),
        `${community}affinity: cookie`,
      ]),
    );
  return findings;
}

function nginxOrg({ file }: Given, ingress: Ingress): readonly Finding[] {
  const { annotations, paths, node } = ingress;
  const listed = annotations.get("nginx.org/websocket-services");
  const names = (listed?.value ?? "").split(",").map((name) => name.trim());
  const looking = paths.filter(({ path }) => looksLikeSocket(path));
  const missing = (looking.length > 0 ? looking : listed === undefined ? paths : [])
    .map(({ service }) => service)
    .filter((name) => !names.includes(name));
  const findings: Finding[] = [];
  if (missing.length > 0) {
    const all = [...new Set([...names, ...missing])].filter((name) => name !== "").join(",");
    const fix = [
      ...(listed === undefined ? where(ingress) : [`# in place of line ${listed.line}`]),
      `nginx.org/websocket-services: "${all}"`,
    ];
    findings.push(
      found(
        file,
        kubernetesRules.websocketServices,
        listed ?? get(node, "metadata") ?? node,
        fix,
        looking.length > 0 ? undefined : "warning",
      ),
    );
  }
  const read = annotations.get("nginx.org/proxy-read-timeout");
  const [, count, unit = "s"] = /^(\d+)(s|m|h)?$/.exec(read?.value ?? "60s") ?? [];
  const seconds = Number(count ?? Infinity) * (unit === "h" ? 3600 : unit === "m" ? 60 : 1);
  if (seconds <= shortestIdle)
    findings.push(
      found(file, kubernetesRules.idle, read ?? get(node, "metadata") ?? node, [
        ...where(ingress),
        'nginx.org/proxy-read-timeout: "3600s"',
      ]),
    );
  return findings;
}

function loadBalancer({ file }: Given, ingress: Ingress): readonly Finding[] {
  const { annotations, node } = ingress;
  const prefix = "alb.ingress.kubernetes.io/";
  const findings: Finding[] = [];
  const version = annotations.get(`${prefix}backend-protocol-version`);
  if (/^(?:HTTP2|GRPC)$/i.test(version?.value ?? "") && version !== undefined)
    findings.push(
      found(file, kubernetesRules.albProtocol, version, [
        `# in place of line ${version.line}`,
        `${prefix}backend-protocol-version: HTTP1`,
      ]),
    );
  const attributes = annotations.get(`${prefix}load-balancer-attributes`);
  const seconds = Number(/idle_timeout\.timeout_seconds=(\d+)/.exec(attributes?.value ?? "")?.[1] ?? shortestIdle);
  if (seconds <= shortestIdle)
    findings.push(
      found(file, kubernetesRules.idle, attributes ?? get(node, "metadata") ?? node, [
        ...where(ingress),
        `${prefix}load-balancer-attributes: idle_timeout.timeout_seconds=3600`,
      ]),
    );
  return findings;
}
