import type { Finding } from "../../finding.ts";
import { found, type Given, isHandshakeHeader, looksLikeSocket } from "../checker.ts";
import { get, type Node, valueOf } from "../tree.ts";
import { secondsOf } from "../durations.ts";
import { kubernetesRules } from "./rules.ts";

const nothing = (at: Node) => [`# in place of line ${at.line}: nothing`];

/** The rules of a route that are for the path, or that look like a socket's; where none does, all. */
function rulesOf(route: Node, path: string | undefined): readonly Node[] {
  const rules = get(route, "spec", "rules")?.list ?? get(route, "spec", "http")?.list ?? [];
  const paths = (rule: Node) =>
    (get(rule, "matches") ?? get(rule, "match"))?.list.map(
      (each) =>
        valueOf(each, "path", "value") ?? valueOf(each, "uri", "prefix") ?? valueOf(each, "uri", "exact") ?? "/",
    ) ?? ["/"];
  const sure = rules.filter((rule) =>
    paths(rule).some((each) => (path === undefined ? looksLikeSocket(each) : path.startsWith(each))),
  );
  return sure.length > 0 || path !== undefined ? sure : rules;
}

export function checkHttpRoute({ file, path }: Given, route: Node): readonly Finding[] {
  return rulesOf(route, path).flatMap((rule) => {
    const findings: Finding[] = [];
    for (const name of ["request", "backendRequest"]) {
      const limit = get(rule, "timeouts", name);
      if (limit !== undefined && (secondsOf(limit.value) ?? 0) > 0)
        findings.push(
          found(file, kubernetesRules.routeTimeout, limit, [`# in place of line ${limit.line}`, `${name}: 0s`]),
        );
    }
    const filters = [
      ...(get(rule, "filters")?.list ?? []),
      ...(get(rule, "backendRefs")?.list ?? []).flatMap((each) => get(each, "filters")?.list ?? []),
    ];
    for (const filter of filters) {
      const modifier = get(filter, "requestHeaderModifier");
      for (const each of get(modifier, "remove")?.list ?? []) findings.push(...header(file, each.value ?? "", each));
      for (const each of [...(get(modifier, "set")?.list ?? []), ...(get(modifier, "add")?.list ?? [])])
        findings.push(...header(file, valueOf(each, "name") ?? "", each));
      const host = get(filter, "urlRewrite", "hostname");
      if (host !== undefined) findings.push(found(file, kubernetesRules.hostLost, host, nothing(host)));
      const cors = get(filter, "cors");
      if (cors !== undefined) findings.push(found(file, kubernetesRules.cors, cors, nothing(cors)));
    }
    return findings;
  });
}

function header(file: string, name: string, at: Node): readonly Finding[] {
  if (/^host$/i.test(name)) return [found(file, kubernetesRules.hostLost, at, nothing(at))];
  return isHandshakeHeader(name) || /^origin$/i.test(name)
    ? [found(file, kubernetesRules.headerLost, at, nothing(at))]
    : [];
}

/** Istio's routes. */
export function checkVirtualService({ file, path }: Given, service: Node): readonly Finding[] {
  return rulesOf(service, path).flatMap((rule) => {
    const findings: Finding[] = [];
    const request = get(rule, "headers", "request");
    for (const each of get(request, "remove")?.list ?? []) findings.push(...header(file, each.value ?? "", each));
    for (const [name, each] of get(request, "set")?.map ?? []) findings.push(...header(file, name, each));
    const authority = get(rule, "rewrite", "authority");
    if (authority !== undefined) findings.push(found(file, kubernetesRules.hostLost, authority, nothing(authority)));
    const cors = get(rule, "corsPolicy");
    if (cors !== undefined) findings.push(found(file, kubernetesRules.cors, cors, nothing(cors)));
    return findings;
  });
}

export function checkService({ file }: Given, service: Node): readonly Finding[] {
  return (get(service, "spec", "ports")?.list ?? []).flatMap((port) => {
    const protocol = get(port, "appProtocol");
    if (protocol === undefined || !/^(?:kubernetes\.io\/h2c|grpc|h2c?|http2)$/i.test(protocol.value ?? "")) return [];
    return [
      found(file, kubernetesRules.appProtocol, protocol, [
        `# in place of line ${protocol.line}`,
        "appProtocol: kubernetes.io/ws",
      ]),
    ];
  });
}
