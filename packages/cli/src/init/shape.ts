import type { Module } from "../source/module.ts";
import { isA, isCall, isMember, methodOf, nameOf, type Node, type NodeOf, propertyOf } from "../source/nodes.ts";
import type { Project } from "../source/project.ts";

/** The statement around a node, if it stands in a block, so that others can be put beside it. */
export function statementOf(node: Node, module: Module): Node | undefined {
  let inner = node;
  for (let outer = module.parent(node); outer !== undefined; inner = outer, outer = module.parent(outer)) {
    if (isA(outer, "Program", "BlockStatement")) return inner;
    if (isA(outer, "ArrowFunctionExpression", "ClassProperty")) return undefined;
  }
  return undefined;
}

/** The statement at the top of the file that a node stands in. */
export function topStatementOf(node: Node, module: Module): Node {
  let inner = node;
  for (let outer = module.parent(node); outer !== undefined; outer = module.parent(outer)) {
    if (isA(outer, "Program", "File")) return inner;
    inner = outer;
  }
  return inner;
}

/** Without `await`, casts and brackets around it: the outermost node that has the same value. */
export function wholeOf(node: Node, module: Module): Node {
  let inner = node;
  for (let outer = module.parent(inner); outer !== undefined; outer = module.parent(inner)) {
    const same = isA(
      outer,
      "AwaitExpression",
      "ParenthesizedExpression",
      "TSAsExpression",
      "TSNonNullExpression",
      "TSSatisfiesExpression",
    );
    if (same || isServerChain(outer, inner, module)) inner = outer;
    else break;
  }
  return inner;
}

/** `server.listen(3000)`, `server.on("error", ...)`: they return the server. */
function isServerChain(outer: Node, inner: Node, module: Module): boolean {
  if (isMember(outer)) {
    const call = module.parent(outer);
    return outer.object === inner && isCall(call) && call.callee === outer && isChained(call);
  }
  return isCall(outer) && outer.callee === inner && isChained(outer);
}

function isChained(call: Node): boolean {
  const name = isCall(call) ? methodOf(call)?.name : undefined;
  return name !== undefined && /^(?:listen|on|once|addListener)$/.test(name);
}

/** The framework of an app, if the expression certainly is one. */
export function appKindOf(node: Node, module: Module, project: Project, depth = 0): "express" | "koa" | undefined {
  if (depth > 4) return undefined;
  const { root, members } = module.trace(node);
  if (isCall(root)) {
    const made = module.exported(root.callee);
    if (made?.from === "express" && made.name === "") return "express";
    if (made?.from === "koa" && made.name === "" && isA(root, "NewExpression")) return "koa";
    if (made?.from === "express-ws" && members[0] === "app") return "express";
    if (made?.from === "koa-websocket" && root.arguments[0] !== undefined) return "koa";
  }
  const value = importedValue(node, module, project);
  return value === undefined ? undefined : appKindOf(value.node, value.module, project, depth + 1);
}

/** A value that another file of the project exports, and what is read from it: `config.port` of `./config.js`. */
export function importedValue(
  node: Node,
  module: Module,
  project: Project,
): { readonly node: Node; readonly module: Module } | undefined {
  const from = module.importedFile(node);
  const path = module.exported(node)?.name;
  if (from === undefined || path === undefined) return undefined;
  const [first = "", ...rest] = path === "" ? [] : path.split(".");
  for (const each of project.imported(module, from)) {
    const values = exportsOf(each);
    const named = values.find(({ name }) => name === first);
    // `require("./config").port`, where the file exports an object by its name.
    const whole = values.find(({ name }) => name === "");
    const found =
      named === undefined ? memberOf(whole?.value, [first, ...rest], each) : memberOf(named.value, rest, each);
    if (found !== undefined) return { node: found, module: each };
  }
  return undefined;
}

function memberOf(value: Node | undefined, names: readonly string[], module: Module): Node | undefined {
  let found = value;
  for (const name of names.filter((each) => each !== "")) {
    const object = module.objectOf(found);
    found = object === undefined ? undefined : propertyOf(object, name);
  }
  return found;
}

/** What a module exports; its default export, and what `module.exports` is, have the empty name. */
function exportsOf(module: Module): { readonly name: string; readonly value: Node }[] {
  return module.nodes.flatMap((node): { name: string; value: Node }[] => {
    if (isA(node, "ExportDefaultDeclaration")) return [{ name: "", value: node.declaration }];
    if (isA(node, "ExportSpecifier")) {
      const name = nameOf(node.exported) ?? "";
      return [{ name: name === "default" ? "" : name, value: node.local }];
    }
    if (isA(node, "ExportNamedDeclaration") && isA(node.declaration, "VariableDeclaration"))
      return node.declaration.declarations.flatMap(({ id, init }) => {
        const name = nameOf(id);
        return name === undefined || init === null || init === undefined ? [] : [{ name, value: init }];
      });
    return isA(node, "AssignmentExpression") ? commonJs(node, module) : [];
  });
}

function commonJs(node: NodeOf<"AssignmentExpression">, module: Module): { name: string; value: Node }[] {
  const left = module.source.slice(node.left.start ?? 0, node.left.end ?? 0);
  const name = /^(?:module\.)?exports\.(\w+)$/.exec(left)?.[1];
  if (name !== undefined) return [{ name, value: node.right }];
  if (left !== "module.exports") return [];
  const own = { name: "", value: node.right };
  if (!isA(node.right, "ObjectExpression")) return [own];
  return [
    own,
    ...node.right.properties.flatMap((each) => {
      const key = isA(each, "ObjectProperty") ? nameOf(each.key) : undefined;
      return isA(each, "ObjectProperty") && key !== undefined ? [{ name: key, value: each.value }] : [];
    }),
  ];
}
