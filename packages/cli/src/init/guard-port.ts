import { optionOf } from "../source/calls.ts";
import type { Module } from "../source/module.ts";
import { isA, isCall, methodOf, nameOf, type Node, type ObjectNode } from "../source/nodes.ts";
import type { Edits } from "./edits.ts";
import { guardSocketIo } from "./guard-socket-io.ts";
import { statementOf, wholeOf } from "./shape.ts";
import { listenOf, type Socket } from "./sockets.ts";

const from = "@wsorigin/node";

/** `new WebSocketServer({ port })` and `new Server(3000)` get a server that is guarded, and that listens where they did. */
export function guardPort(socket: Socket, options: ObjectNode | undefined, edits: Edits): string | undefined {
  const { call, module } = socket;
  const whole = wholeOf(call, module);
  const statement = statementOf(whole, module);
  const variable = module.parent(whole);
  const alone = variable === statement && isA(variable, "ExpressionStatement");
  const block = statement === undefined ? undefined : module.parent(statement);
  if (statement === undefined || (block !== undefined && !isA(block, "Program", "BlockStatement")))
    return "it is created in an expression where no statement can be added";
  if (
    !alone &&
    !(isA(variable, "VariableDeclarator") && isA(variable.id, "Identifier")) &&
    !isA(variable, "AssignmentExpression")
  )
    return "it is created inside another expression";
  const edit = edits.of(module);
  const server = edit.freeName("server", "httpServer");
  const create = httpCreate(module) ?? "createServer";
  if (create === "createServer" && httpCreate(module) === undefined) edit.import("node:http", "createServer");
  edits.import(module, from, "guard");
  const { name, lines: created } = edits.policy(module, from);
  const policy = name === "policy" ? "policy" : `policy: ${name}`;
  const io = socket.what === "Socket.IO";
  const gate = io ? edit.freeName("gate", "socketGate") : undefined;
  const answer = "(_request, response) => response.writeHead(426).end()";
  edit.before(statement, [
    ...created,
    io ? `const ${server} = ${create}();` : `const ${server} = ${create}(${answer});`,
    `${gate === undefined ? "" : `const ${gate} = `}guard(${server}, { ${policy} });`,
  ]);
  const listening = gate === undefined ? overWs(socket, options, server, edits) : overSocketIo(socket, server, edits);
  if (gate !== undefined) guardSocketIo(socket, { gate, policy: name }, edits);
  const listen = listening === undefined ? [] : [`${server}.listen(${listening});`];
  const lines = [...closing(socket, variable, server), ...listen];
  if (lines.length > 0) edit.after(statement, lines);
  return undefined;
}

/** Takes `port`, `host` and `backlog` out of the options of `ws`: they belong to `listen()` now. Returns its arguments. */
function overWs({ call, module }: Socket, options: ObjectNode | undefined, server: string, edits: Edits): string {
  const edit = edits.of(module);
  const [first, callback] = call.arguments;
  const code = (name: string): string | undefined => {
    const value = options === undefined ? undefined : optionOf(options, name, module);
    return value === undefined ? undefined : edit.textOf(value);
  };
  const [port = "0", host, backlog] = ["port", "host", "backlog"].map((name) => code(name));
  const listened =
    host === undefined && backlog === undefined
      ? port
      : `{ port${port === "port" ? "" : `: ${port}`}${host === undefined ? "" : `, host: ${host}`}${backlog === undefined ? "" : `, backlog: ${backlog}`} }`;
  const given = server === "server" ? "server" : `server: ${server}`;
  if (isA(first, "ObjectExpression")) {
    const [target, ...others] = first.properties.filter(
      (each) => !isA(each, "SpreadElement") && /^(?:port|host|backlog)$/.test(nameOf(each.key) ?? ""),
    );
    if (target !== undefined) edit.replace(target, given);
    for (const each of others) edits.removeProperty(module, each);
  }
  if (callback === undefined) return listened;
  edit.remove(first?.end ?? 0, callback.end ?? 0);
  return `${listened}, ${edit.textOf(callback)}`;
}

/** Gives Socket.IO the server. Returns the arguments of `listen()`, unless the file calls `io.listen()`, which becomes the server's. */
function overSocketIo({ call, module }: Socket, server: string, edits: Edits): string | undefined {
  const edit = edits.of(module);
  const [first] = call.arguments;
  const listen = listenOf(call, module);
  const io = listen === undefined ? undefined : methodOf(listen)?.object;
  if (io !== undefined) {
    if (first === undefined) edit.insert((call.end ?? 1) - 1, server);
    else edit.insert(first.start ?? 0, `${server}, `);
    edit.replace(io, server);
    return undefined;
  }
  if (first === undefined) return "0";
  const port = edit.textOf(first);
  edit.replace(first, server);
  return port;
}

/** A `WebSocketServer` closes the server that it made. Where the project closes it, the other server is closed too. */
function closing({ call, module, what }: Socket, variable: Node | undefined, server: string): string[] {
  const closes = module.calls.some((each) => {
    const method = methodOf(each);
    return method?.name === "close" && module.trace(method.object).root === call;
  });
  const exported = /\bexport\b|\bexports\b/.test(module.source);
  const named = isA(variable, "VariableDeclarator") ? nameOf(variable.id) : undefined;
  // Socket.IO closes the server that it is attached to.
  if (what === "Socket.IO" || named === undefined || (!closes && !exported)) return [];
  return [`${named}.on("close", () => ${server}.close());`];
}

/** How the file calls `createServer` of node:http already. */
function httpCreate(module: Module): string | undefined {
  for (const node of module.ofType(
    "ImportSpecifier",
    "ImportDefaultSpecifier",
    "ImportNamespaceSpecifier",
    "VariableDeclarator",
  )) {
    const id = isA(node, "VariableDeclarator") ? node.id : node.local;
    if (isA(id, "ObjectPattern") && isCall(module.parent(id) ?? id)) continue;
    if (!isA(id, "Identifier")) continue;
    const exported = module.exported(isA(node, "VariableDeclarator") ? (node.init ?? id) : node);
    if (exported?.from !== "http") continue;
    if (exported.name === "createServer") return id.name;
    if (exported.name === "") return `${id.name}.createServer`;
  }
  return undefined;
}
