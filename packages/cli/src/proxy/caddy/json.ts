import type { Finding } from "../../finding.ts";
import { type Checker, found, type Given, shortestIdle, stepOf } from "../checker.ts";
import { get, type Node, readYaml, valueOf, walk } from "../tree.ts";
import { secondsOf } from "../durations.ts";
import { changeOf } from "./headers.ts";
import { isLooseExpression, isLooseValue } from "./origin-gate.ts";
import { caddyRules } from "./rules.ts";

/** Checks a configuration of Caddy in JSON. */
export const checkCaddyJson: Checker = async (given) => {
  const { file, findings, steps } = given;
  const { roots, problems } = await readYaml(given, "caddy validate --config");
  findings.push(...problems);
  const [root] = roots;
  if (root === undefined) return "unread";
  let count = 0;
  for (const { node } of walk(root)) {
    await given.goOn();
    const own = [...handlerFindings(given, node), ...matcherFindings(given, node)];
    findings.push(...own);
    if (valueOf(node, "handler") !== "reverse_proxy") continue;
    count++;
    const upstream =
      get(node, "upstreams")
        ?.list.map((each) => valueOf(each, "dial"))
        .join(", ") ?? "";
    steps.push(stepOf("reverse_proxy", `${file}:${node.line}, to ${upstream}`, own));
  }
  findings.push(...logFindings(given, root));
  if (count > 0) return undefined;
  steps.push({ name: "reverse_proxy", outcome: "skipped", detail: "no reverse_proxy was found" });
  return "unread";
};

function handlerFindings({ file }: Given, node: Node): readonly Finding[] {
  const handler = valueOf(node, "handler");
  if (handler !== "reverse_proxy" && handler !== "headers") return [];
  const request = handler === "headers" ? get(node, "request") : get(node, "headers", "request");
  const findings: Finding[] = [];
  const add = (field: string, values: readonly string[], at: Node) => {
    const rule = changeOf(field, values, []);
    if (rule !== undefined) findings.push(found(file, rule, at, [`# in place of line ${at.line}: nothing`]));
  };
  for (const [name, values] of get(request, "set")?.map ?? [])
    add(
      name,
      values.list.map(({ value }) => value ?? ""),
      values,
    );
  for (const each of get(request, "delete")?.list ?? []) add(`-${each.value ?? ""}`, [], each);
  const nothing = (at: Node) => [`# in place of line ${at.line}: nothing`];
  const lifetime = get(node, "stream_timeout");
  if (lifetime !== undefined && (timeOf(lifetime) ?? 0) > 0)
    findings.push(found(file, caddyRules.lifetime, lifetime, nothing(lifetime)));
  const read = get(node, "transport", "read_timeout");
  const seconds = timeOf(read) ?? 0;
  if (read !== undefined && seconds > 0 && seconds <= shortestIdle)
    findings.push(found(file, caddyRules.readTimeout, read, nothing(read)));
  return findings;
}

/** A text such as `30s`, or a number of nanoseconds. */
function timeOf(node: Node | undefined): number | undefined {
  const value = node?.value;
  return value !== undefined && /^\d+$/.test(value) ? Number(value) / 1e9 : secondsOf(value);
}

function matcherFindings({ file }: Given, node: Node): readonly Finding[] {
  const findings: Finding[] = [];
  const exact = ['"header": { "Origin": ["https://app.example.com"] }'];
  for (const [name, values] of get(node, "header")?.map ?? [])
    if (/^origin$/i.test(name) && values.list.some(({ value }) => isLooseValue(value ?? "")))
      findings.push(found(file, caddyRules.originLoose, values, exact));
  for (const [name, value] of get(node, "header_regexp")?.map ?? [])
    if (/^origin$/i.test(name) && isLooseExpression(valueOf(value, "pattern") ?? ""))
      findings.push(found(file, caddyRules.originLoose, value, exact));
  return findings;
}

/** Servers whose access log is on, where no log leaves the query out. */
function logFindings({ file }: Given, root: Node): readonly Finding[] {
  const logs = [...(get(root, "logging", "logs")?.map.values() ?? [])];
  if (
    logs.some((log) => valueOf(log, "encoder", "format") === "filter" || valueOf(log, "writer", "output") === "discard")
  )
    return [];
  return [...(get(root, "apps", "http", "servers")?.map.values() ?? [])].flatMap((server) => {
    const on = get(server, "logs");
    return on === undefined
      ? []
      : [
          found(file, caddyRules.queryLogged, on, [
            '"encoder": { "format": "filter", "wrap": { "format": "json" }, "fields": { "request>uri": { "filter": "regexp", "regexp": "[?].*", "value": "" } } }',
          ]),
        ];
  });
}
