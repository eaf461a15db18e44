import type { Module } from "../source/module.ts";
import { type CallNode, isA, isCall, isMember, methodOf, type Node, within } from "../source/nodes.ts";
import type { Project } from "../source/project.ts";
import type { Edit } from "../change/edit.ts";
import { appKindOf, statementOf, wholeOf } from "./shape.ts";

/** The adapter that guards a server, and what it is given of the app. */
export interface Framework {
  readonly kind: "express" | "koa" | "node";
  /** The code of the app, unless the kind is node. */
  readonly app: string | undefined;
}

/** Where a server is guarded. */
export interface Place {
  readonly module: Module;
  /** One for each server. */
  readonly key: Node | string;
  /** The statement that the guard stands beside. */
  readonly statement: Node;
  readonly framework: Framework;
  /** Writes the guard, which gets the code of the server. */
  readonly write: (edit: Edit, lines: (server: string) => string[]) => void;
}

export type Resolved = Place | { readonly reason: string };

/** A node that is a short name or a chain of names, as it is written. */
function simpleText(node: Node, module: Module): string | undefined {
  const text = module.source.slice(node.start ?? 0, node.end ?? 0);
  return /^(?:this\.)?[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*){0,3}(?:\.getHttpServer\(\))?$/.test(text)
    ? text
    : undefined;
}

/** Finds the place where the server is guarded that an expression stands for. */
export function placeOf(server: Node, user: CallNode, module: Module, project: Project): Resolved {
  const { root, members } = module.trace(server);
  if (members.length === 0 && isCall(root) && makesServer(root, module, project)) {
    const place = atCreation(root, module, frameworkOf(root, module, project));
    // A guard that the user of the server cannot see is written where the server is used.
    if ("reason" in place || simpleText(server, module) === undefined || isInSight(place, user)) return place;
  }
  return atUse(server, user, module);
}

function isInSight({ statement, module }: Place, user: Node): boolean {
  const block = module.parent(statement);
  const outer = isA(block, "ExportNamedDeclaration") ? module.parent(block) : block;
  return outer === undefined || within(user, outer);
}

/** Finds the call of `listen()` that makes the server of an app. */
export function placeOfApp(app: Node, module: Module, project: Project): Resolved {
  const own = module.calls.find(
    (call) => isListen(call) && module.identity(methodOf(call)?.object ?? call).key === module.identity(app).key,
  );
  if (own !== undefined) return placeOfListen(own, module, project);
  for (const each of project.siblings(module))
    for (const call of each.calls) {
      const object = methodOf(call)?.object;
      if (object === undefined || !isListen(call) || each === module) continue;
      const from = each.importedFile(object);
      if (from !== undefined && project.imported(each, from).includes(module))
        return placeOfListen(call, each, project);
    }
  return { reason: "no call of listen() on its app was found" };
}

function placeOfListen(call: CallNode, module: Module, project: Project): Resolved {
  // `createServer(app).listen()` and `server.listen()`, where the server is made elsewhere.
  const object = methodOf(call)?.object ?? call;
  const { root } = module.trace(object);
  if (isCall(root) && makesServer(root, module, project))
    return atCreation(root, module, frameworkOf(root, module, project));
  return atCreation(call, module, frameworkOf(call, module, project));
}

function isListen(call: CallNode): boolean {
  return methodOf(call)?.name === "listen";
}

/** Whether a call returns a server of `node:http` or its like. */
function makesServer(call: CallNode, module: Module, project: Project): boolean {
  const exported = module.exported(call.callee);
  if (exported !== undefined && /^https?2?$/.test(exported.from))
    return /^(?:create(?:Secure)?Server|Server)$/.test(exported.name);
  if (exported?.from === "@hono/node-server") return exported.name === "serve";
  const method = methodOf(call);
  if (method === undefined || !/^(?:listen|on|once)$/.test(method.name)) return false;
  const { root } = module.trace(method.object);
  return (
    (isCall(root) && makesServer(root, module, project)) || appKindOf(method.object, module, project) !== undefined
  );
}

function frameworkOf(call: CallNode, module: Module, project: Project): Framework {
  const method = methodOf(call);
  const exported = module.exported(call.callee);
  if (exported === undefined && method !== undefined) {
    const { root } = module.trace(method.object);
    if (isCall(root) && root !== call && makesServer(root, module, project)) return frameworkOf(root, module, project);
    return framework(method.object, module, project);
  }
  const listener = call.arguments.at(-1);
  if (listener === undefined) return plainNode;
  const callback = isCall(listener) ? methodOf(listener) : undefined;
  return framework(callback?.name === "callback" ? callback.object : listener, module, project);
}

const plainNode: Framework = { kind: "node", app: undefined };

function framework(app: Node, module: Module, project: Project): Framework {
  const kind = appKindOf(app, module, project);
  const code = simpleText(app, module);
  return kind === undefined || code === undefined ? plainNode : { kind, app: code };
}

/** Guards a server right behind the statement that makes it. */
function atCreation(call: CallNode, module: Module, framework: Framework): Resolved {
  const whole = wholeOf(call, module);
  const parent = module.parent(whole);
  const at = { module, key: call, framework };
  if (isA(parent, "VariableDeclarator") && isA(parent.id, "Identifier")) {
    const { name } = parent.id;
    const statement = statementOf(parent, module);
    if (statement !== undefined)
      return { ...at, statement, write: (edit, lines) => edit.after(statement, lines(name)) };
  }
  const statement = statementOf(whole, module);
  if (statement === undefined || !isPlainUse(whole, statement, module))
    return {
      reason: `its server is made in an expression (line ${call.loc?.start.line ?? 1}) where no statement can be added`,
    };
  if (parent === statement && isA(parent, "ExpressionStatement"))
    return {
      ...at,
      statement,
      write(edit, lines) {
        const name = edit.freeName("server", "httpServer");
        edit.insert(whole.start ?? 0, `const ${name} = `);
        edit.after(statement, lines(name));
      },
    };
  if (isA(parent, "AssignmentExpression") && parent.right === whole && module.parent(parent) === statement) {
    const name = simpleText(parent.left, module);
    if (name !== undefined && !/^(?:module\.)?exports\b/.test(name))
      return { ...at, statement, write: (edit, lines) => edit.after(statement, lines(name)) };
  }
  return {
    ...at,
    statement,
    write(edit, lines) {
      const name = edit.freeName("server", "httpServer");
      edit.before(statement, [`const ${name} = ${edit.textOf(whole)};`, ...lines(name)]);
      edit.replace(whole, name);
    },
  };
}

/** Whether an expression is evaluated once, whenever its statement is. */
function isPlainUse(node: Node, statement: Node, module: Module): boolean {
  const block = module.parent(statement);
  if (block !== undefined && !isA(block, "Program", "BlockStatement")) return false;
  for (let inner = node; inner !== statement;) {
    const outer = module.parent(inner);
    if (outer === undefined) return false;
    if (outer !== statement && !isPlain(outer)) return false;
    if (isA(outer, "IfStatement", "ForStatement", "WhileStatement", "SwitchStatement", "TryStatement")) return false;
    inner = outer;
  }
  return true;
}

function isPlain(node: Node): boolean {
  if (isCall(node) || isMember(node)) return true;
  return isA(
    node,
    "ObjectProperty",
    "ObjectExpression",
    "ArrayExpression",
    "AssignmentExpression",
    "VariableDeclarator",
    "VariableDeclaration",
    "ExpressionStatement",
    "AwaitExpression",
    "ReturnStatement",
  );
}

/** Guards a server that comes from elsewhere, right before it is used. */
function atUse(server: Node, user: CallNode, module: Module): Resolved {
  const name = simpleText(server, module);
  const statement = statementOf(user, module);
  if (name === undefined || statement === undefined || !isPlainUse(user, statement, module))
    return { reason: `the server that it uses (line ${user.loc?.start.line ?? 1}) was not found` };
  return {
    module,
    key: `${module.file} ${module.identity(server).key}`,
    statement,
    framework: plainNode,
    write: (edit, lines) => edit.before(statement, lines(name)),
  };
}
