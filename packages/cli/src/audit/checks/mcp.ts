import { hasHidden, isTrue, made, optionOf } from "../../source/calls.ts";
import type { Module } from "../../source/module.ts";
import { isA, isMember, keyOf, nameOf, type Node, textOf } from "../../source/nodes.ts";
import type { Project } from "../../source/project.ts";
import type { Raw } from "../check.ts";
import { mcpFix, originsIn } from "../fix.ts";
import { hasChecks } from "./looked-after.ts";

const sdk =
  /^@modelcontextprotocol\/(?:sdk\/server\/(?:streamableHttp|sse|webStandardStreamableHttp)(?:\.js)?|server|node|hono|express)$/;
const transports = /^(?:(?:Node|WebStandard)?StreamableHTTPServerTransport|SSEServerTransport)$/;

/** Transports of MCP over HTTP that take any Host: a page whose name leads to this machine (DNS rebinding) reaches them. */
export function* checkMcp(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, sdk, transports)) {
    const options = call.arguments.map((each) => module.objectOf(each)).find((each) => each !== undefined);
    if (options !== undefined && (hasHidden(options, module) || isProtected(options, module))) continue;
    if (
      options === undefined &&
      call.arguments.some((each) => isA(each, "Identifier") && textOf(each) === undefined && !isRequest(each))
    )
      continue;
    const around = project.around(module);
    if (around.some((each) => checksHost(each)) || hasChecks(module, project) || project.guarded(module)) continue;
    yield { rule: "mcp", module, node: call, fix: mcpFix(originsIn(module)) };
  }
}

/** `new SSEServerTransport("/messages", response)`: the response is no option. */
function isRequest(node: Node): boolean {
  return /^(?:res|response|reply|raw|path|endpoint|\w*(?:Path|Endpoint|Url|Res|Response))$/i.test(nameOf(node) ?? "");
}

/** Only with a list does the protection do anything. */
function isProtected(options: Extract<Node, { type: "ObjectExpression" }>, module: Module): boolean {
  const enabled = optionOf(options, "enableDnsRebindingProtection", module);
  if (enabled === undefined || (isA(enabled, "BooleanLiteral") && !enabled.value)) return false;
  if (!isTrue(enabled, module) && isA(module.trace(enabled).root, "BooleanLiteral")) return false;
  return ["allowedHosts", "allowedOrigins"].some((name) => {
    const list = optionOf(options, name, module);
    if (list === undefined) return false;
    const { root } = module.trace(list);
    return !isA(root, "ArrayExpression") || root.elements.length > 0;
  });
}

const helpers = /^(?:createMcp\w*App|hostHeaderValidation|localhostHostValidation|requestGuard|validateHostHeader)$/;

/** Whether a file compares the Host, or has it compared by the SDK or by wsorigin. */
function checksHost(module: Module): boolean {
  if (module.calls.some((call) => helpers.test(module.exported(call.callee)?.name ?? ""))) return true;
  return module.nodes.some((node) => {
    if (!isMember(node)) return false;
    const key = keyOf(node.property, node.computed);
    if (!/^(?:host|hostname)$/i.test(key ?? "")) return false;
    const of = nameOf(node.object) ?? "";
    return (/^headers$/i.test(of) || (key === "hostname" && /^req(?:uest)?$/i.test(of))) && isCompared(node, module);
  });
}

function isCompared(node: Node, module: Module): boolean {
  for (let outer = module.parent(node); outer !== undefined; outer = module.parent(outer)) {
    if (isA(outer, "BinaryExpression")) return outer.operator !== "+";
    if (isA(outer, "UnaryExpression", "IfStatement", "VariableDeclarator", "ReturnStatement")) return true;
    if (isA(outer, "CallExpression"))
      return /^(?:has|includes|test|some|match|check|is|allow|valid)/i.test(nameOf(outer.callee) ?? "");
    if (isA(outer, "ExpressionStatement", "TemplateLiteral")) return false;
  }
  return false;
}
