import type { Module } from "../source/module.ts";
import { isA, isCall, type Node, textOf, within } from "../source/nodes.ts";
import type { Edits } from "./edits.ts";
import { statementOf } from "./shape.ts";
import type { Socket } from "./sockets.ts";

const from = "@wsorigin/fastify";

/** Registers the plugin in the place of @fastify/websocket, which it registers itself. */
export function guardFastify({ call, module }: Socket, edits: Edits): string | undefined {
  const statement = statementOf(call, module);
  const [plugin, options] = call.arguments;
  if (statement === undefined || plugin === undefined) return "it is registered where no statement can be added";
  if (!edits.site.supports("fastify")) return "@wsorigin/fastify needs Fastify 5.8.3 or a later 5.x version";
  const edit = edits.of(module);
  edits.import(module, from, "wsorigin");
  const { name, lines } = edits.policy(module, from);
  const policy = name === "policy" ? "policy" : `policy: ${name}`;
  if (lines.length > 0) edit.before(statement, lines);
  edit.replace(plugin, "wsorigin");
  if (options === undefined) edit.insert(plugin.end ?? 0, `, { ${policy} }`);
  else edit.replace(options, `{ ${policy}, websocket: ${edit.textOf(options)} }`);
  unimport(plugin, module, edits);
  return undefined;
}

/** Takes the import of @fastify/websocket out, where nothing else uses it. */
function unimport(plugin: Node, module: Module, edits: Edits): void {
  if (!isA(plugin, "Identifier")) return;
  const edit = edits.of(module);
  for (const statement of module.ofType("ImportDeclaration", "VariableDeclaration")) {
    const [only, ...others] = isA(statement, "ImportDeclaration") ? statement.specifiers : statement.declarations;
    if (only === undefined) continue;
    const local = isA(only, "VariableDeclarator") ? only.id : only.local;
    if (!isA(local, "Identifier") || local.name !== plugin.name || !isWebsocket(statement, module)) continue;
    const uses = module.references(local).filter((each) => each !== plugin && !within(each, statement));
    if (uses.length > 0) return;
    if (others.length === 0) return edit.removeLine(statement);
    // `import websocket, { type WebSocket } from "@fastify/websocket"`
    const brace = module.source.indexOf("{", only.end ?? 0);
    if (isA(only, "ImportDefaultSpecifier") && brace > 0) edit.remove(only.start ?? 0, brace);
    return;
  }
}

function isWebsocket(statement: Node, module: Module): boolean {
  if (isA(statement, "ImportDeclaration")) return statement.source.value === "@fastify/websocket";
  return module.calls.some(
    (call) => isCall(call) && within(call, statement) && textOf(call.arguments[0]) === "@fastify/websocket",
  );
}
