import type { Finding } from "../../finding.ts";
import { found, type Given, isHandshakeHeader, looksLikeSocket } from "../checker.ts";
import { type Node, walk } from "../tree.ts";
import { traefikRules } from "./rules.ts";

const nothing = (at: Node) => [`# in place of line ${at.line}: nothing`];

/** What is wrong in a tree of Traefik's settings. Names are compared without regard to capitals, as labels may have any. */
export function findingsIn({ file }: Given, root: Node): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (rule: Finding["rule"], at: Node, fix: readonly string[] = nothing(at)) =>
    void findings.push(found(file, rule, at, fix));
  for (const { path, node } of walk(root)) {
    const name = (path.at(-1) ?? "").toLowerCase();
    if (name === "passhostheader" && node.value?.toLowerCase() === "false") add(traefikRules.hostLost, node);
    else if (name === "customrequestheaders") for (const [header, value] of node.map) requestHeader(header, value, add);
    else if (name === "stripprefix" || name === "stripprefixregex") stripped(node, add);
    else if (name === "headers" && [...node.map.keys()].some((key) => /^accesscontrolallow/i.test(key)))
      add(traefikRules.cors, firstCors(node));
    else if (path.length === 1 && name === "accesslog") accessLog(node, add);
    else if ((name === "url" && /^h2c:/i.test(node.value ?? "")) || (name === "scheme" && node.value === "h2c"))
      add(traefikRules.h2c, node, [`# in place of line ${node.line}`, node.text.trim().replace("h2c", "http")]);
  }
  return findings;
}

type Add = (rule: Finding["rule"], at: Node, fix?: readonly string[]) => void;

function firstCors(node: Node): Node {
  return [...node.map].find(([key]) => /^accesscontrolallow/i.test(key))?.[1] ?? node;
}

function requestHeader(header: string, value: Node, add: Add): void {
  if (/^origin$/i.test(header)) add(traefikRules.originChanged, value);
  else if (/^host$/i.test(header)) add(traefikRules.hostLost, value);
  else if (isHandshakeHeader(header) && !/^(?:websocket|upgrade)$/i.test(value.value ?? ""))
    add(traefikRules.headerLost, value);
}

function stripped(node: Node, add: Add): void {
  for (const { node: each } of walk(node))
    if (each.value !== undefined && each.value.split(",").some((path) => looksLikeSocket(path))) {
      add(traefikRules.pathStripped, each);
      return;
    }
}

/** `accessLog: {}` and `--accesslog=true`, but where the fields with the query are dropped. */
function accessLog(node: Node, add: Add): void {
  if (node.value?.toLowerCase() === "false") return;
  const flat = new Map(
    [...walk(node)].map(({ path, node: each }) => [path.join(".").toLowerCase(), each.value?.toLowerCase()] as const),
  );
  if (flat.get("filepath") === "/dev/null") return;
  const mode = (field: string) => flat.get(`fields.names.${field}`) ?? flat.get("fields.defaultmode") ?? "keep";
  if (mode("requestpath") !== "keep" && mode("requestline") !== "keep") return;
  add(traefikRules.queryLogged, node, [
    `# inside accessLog, line ${node.line}`,
    "format: json",
    "fields:",
    "  names:",
    "    RequestPath: drop",
    "    RequestLine: drop",
  ]);
}
