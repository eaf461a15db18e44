import { hasHidden, isTrue, listeners, made, optionOf, writtenAs } from "../source/calls.ts";
import type { Check, Raw } from "./check.ts";
import { allowsWhenTrue, decidesWithin } from "./check-origins.ts";
import {
  corsFix,
  expressFix,
  fastifyFix,
  gateFix,
  koaFix,
  nestFix,
  nodeFix,
  originsIn,
  portFix,
  protocolFix,
  socketIoFix,
  upgradeFix,
  uwsFix,
} from "./fix.ts";
import type { Module } from "../source/module.ts";
import {
  bare,
  type CallNode,
  type FunctionNode,
  isA,
  isCall,
  isMember,
  keyOf,
  methodOf,
  nameOf,
  type Node,
  textOf,
  within,
} from "../source/nodes.ts";
import { checksOrigin, comparedBy, corsFunctions, isCorsPackage, originChecks } from "../source/origin.ts";
import type { Project } from "../source/project.ts";
import { isPath, pathIn, upgrades, wsServers } from "../source/servers.ts";

/** Servers that take sockets and ask nobody. */
export const checkServers: Check = function* checkServers(module, project) {
  yield* checkWs(module, project);
  yield* checkUpgrades(module, project);
  yield* checkExpressWs(module, project);
  yield* checkKoa(module, project);
  yield* checkFastify(module, project);
  yield* checkSocketIo(module, project);
  yield* checkNest(module, project);
  yield* checkWebsocketNode(module, project);
  yield* checkUws(module, project);
  yield* checkVerifiers(module, project);
  yield* checkProtocols(module, project);
  yield* checkOwners(module);
  yield* checkCorsInUpgrade(module);
};

function decides(fn: Node, module: Module, project: Project): boolean {
  return checksOrigin(fn, module, (from) => project.imported(module, from));
}

/** Whether what is told of a server's sockets looks at the Origin, or what the server is given to does. */
function isLookedAfter(server: Node, module: Module, project: Project): boolean {
  const isServer = (node: Node): boolean => module.trace(node).root === server;
  for (const { object, listener } of listeners(module, /^(?:connection|connect|headers|request|upgrade)$/)) {
    if (!isServer(object)) continue;
    const fn = module.functionOf(listener);
    if (fn !== undefined && decides(fn, module, project)) return true;
    const from = fn === undefined ? module.importedFile(listener) : undefined;
    if (from !== undefined && project.imported(module, from).some((each) => originChecks(each).length > 0)) return true;
  }
  return module.calls.some((call) => {
    if (!call.arguments.some((each) => isA(each, "Identifier", "MemberExpression") && isServer(each))) return false;
    if (
      call.arguments.some(
        (each) => isA(each, "ObjectExpression") && originChecks(module).some((check) => within(check, each)),
      )
    )
      return true;
    const local = module.functionOf(call.callee);
    if (local !== undefined) return decides(local, module, project);
    const from = module.importedFile(call.callee);
    return from !== undefined && project.imported(module, from).some((each) => originChecks(each).length > 0);
  });
}

function* checkWs(module: Module, project: Project): Iterable<Raw> {
  for (const { call, options } of wsServers(module)) {
    if (options === undefined || hasHidden(options, module)) continue;
    if (optionOf(options, "verifyClient", module) !== undefined) continue;
    if (isTrue(optionOf(options, "noServer", module), module)) continue;
    const server = optionOf(options, "server", module);
    const port = optionOf(options, "port", module);
    if (server === undefined && port === undefined) continue;
    if (server !== undefined && project.guards(module, [server])) continue;
    if (isLookedAfter(call, module, project)) continue;
    const origins = originsIn(module);
    const fix =
      server === undefined
        ? portFix(origins, writtenAs(port, module, portIn(port)))
        : nodeFix(origins, writtenAs(server, module, "server"));
    yield { rule: "ws", module, node: call, fix };
  }
}

function portIn(port: Node | undefined): string {
  return isA(port, "NumericLiteral") ? String(port.value) : "8080";
}

function* checkUpgrades(module: Module, project: Project): Iterable<Raw> {
  for (const { call, object, fn, handing } of upgrades(module)) {
    if (decides(fn, module, project) || project.guards(module, [object])) continue;
    const method = methodOf(handing);
    const server = method === undefined ? undefined : module.trace(method.object).root;
    if (server !== undefined && isCall(server)) {
      const options = module.objectOf(server.arguments[0]);
      if (options !== undefined && optionOf(options, "verifyClient", module) !== undefined) continue;
      if (isLookedAfter(server, module, project)) continue;
    }
    const fix = upgradeFix(originsIn(module), writtenAs(object, module, "server"), pathIn(fn, module) ?? "/chat");
    yield { rule: "upgrade", module, node: call, fix };
  }
}

/** Whether a file, or one that it imports, decides by an Origin, apart from CORS. */
function hasChecks(module: Module, project: Project): boolean {
  return project
    .withImports(module)
    .some((each) => originChecks(each).length > 0 || [...each.calls].some((call) => asksPolicy(call, each)));
}

function asksPolicy(call: CallNode, module: Module): boolean {
  const method = methodOf(call);
  if (method === undefined || !/^(?:check|decide)$/.test(method.name)) return false;
  const { root } = module.trace(method.object);
  return isCall(root) && module.exported(root.callee)?.from.startsWith("@wsorigin/") === true;
}

/** Whether a CORS middleware throws at an origin that it does not know. Where it runs before the 101, that refuses. */
function corsThrows(module: Module): boolean {
  return [...corsFunctions(module)].some((fn) =>
    module.nodes.some(
      (node) =>
        within(node, fn) &&
        (isA(node, "ThrowStatement") ||
          (isCall(node) && (methodOf(node)?.name === "throw" || nameOf(node.callee)?.endsWith("Error") === true))),
    ),
  );
}

/** One finding for the first CORS middleware beside sockets that it does not cover. */
function* corsBeside(module: Module, packages: RegExp, fix: (from: string) => string[]): Iterable<Raw> {
  const call = module.calls.find((each) => {
    const method = methodOf(each);
    const [first] = each.arguments;
    if (method?.name === "register" && first !== undefined) return packages.test(module.exported(first)?.from ?? "");
    return packages.test(module.exported(each.callee)?.from ?? "");
  });
  if (call === undefined) return;
  const method = methodOf(call);
  const from = module.exported(method?.name === "register" ? call.arguments[0] : call.callee)?.from ?? "cors";
  yield { rule: "corsIsNoGate", module, node: call, fix: fix(from) };
}

function* checkExpressWs(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, /^express-ws$/, /^$/)) {
    const [app, server, options] = call.arguments;
    const wsOptions = module.objectOf(optionIn(module, options, "wsOptions"));
    if (wsOptions !== undefined && optionOf(wsOptions, "verifyClient", module) !== undefined) continue;
    const servers = [call, app, server].filter((each) => each !== undefined).filter((each) => !isNothing(each));
    if (project.guards(module, servers) || hasChecks(module, project)) continue;
    const routes = module.calls.filter(
      (each) => methodOf(each)?.name === "ws" && textOf(each.arguments[0]) !== undefined,
    );
    const [route, ...others] = routes;
    const appName = route === undefined ? "app" : writtenAs(methodOf(route)?.object, module, "app");
    const path = textOf(route?.arguments[0]);
    const fix = expressFix(originsIn(module), appName, path !== undefined && isPath(path) ? path : "/chat");
    yield { rule: "expressWs", module, node: route ?? call, also: others, fix };
    yield* corsBeside(module, /^cors$/, (from) => corsFix(originsIn(module), from));
  }
}

function isNothing(node: Node): boolean {
  return isA(node, "NullLiteral") || (isA(node, "Identifier") && node.name === "undefined");
}

function optionIn(module: Module, options: Node | undefined, name: string): Node | undefined {
  const object = module.objectOf(options);
  return object === undefined ? undefined : optionOf(object, name, module);
}

function* checkKoa(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, /^koa-websocket$/, /^$/)) {
    const [app, wsOptions] = call.arguments;
    const options = module.objectOf(wsOptions);
    if (options !== undefined && optionOf(options, "verifyClient", module) !== undefined) continue;
    if (project.guards(module, app === undefined ? [call] : [call, app]) || hasChecks(module, project)) continue;
    const route = module.calls.find((each) => writtenAs(each.callee, module, "").endsWith(".ws.use"));
    const path = route === undefined ? undefined : pathIn(route, module);
    yield { rule: "koaWebsocket", module, node: route ?? call, fix: koaFix(originsIn(module), path ?? "/chat") };
    yield* corsBeside(module, /^@koa\/cors$/, (from) => corsFix(originsIn(module), from));
  }
  for (const call of made(module, /^koa-easy-ws$/, /^$/)) {
    const use = module.parent(call);
    const app = isCall(use) ? methodOf(use)?.object : undefined;
    if (project.guards(module, app === undefined ? [] : [app])) continue;
    if (hasChecks(module, project) || corsThrows(module)) continue;
    const handler = module.nodes.find(
      (node) => isCall(node) && nameOf(node.callee) === "ws" && isMember(bare(node.callee)),
    );
    const fn = handler === undefined ? undefined : module.enclosing(handler);
    const path = fn === undefined ? undefined : pathIn(fn, module);
    yield { rule: "koaEasyWs", module, node: call, fix: koaFix(originsIn(module), path ?? "/chat") };
    yield* corsBeside(module, /^@koa\/cors$/, (from) => corsFix(originsIn(module), from));
  }
}

function* checkFastify(module: Module, project: Project): Iterable<Raw> {
  const registering = module.calls.find(
    (call) => methodOf(call)?.name === "register" && module.exported(call.arguments[0])?.from === "@fastify/websocket",
  );
  const app = registering === undefined ? undefined : methodOf(registering)?.object;
  if (registering === undefined || app === undefined || project.guards(module, [app])) return;
  const options = module.objectOf(optionIn(module, registering.arguments[1], "options"));
  if (options !== undefined && optionOf(options, "verifyClient", module) !== undefined) return;
  const loaded = project.uses(module, /^@fastify\/autoload$/);
  const around = loaded ? project.siblings(module) : project.withImports(module);
  if (around.some((each) => hasChecks(each, project) || corsThrows(each))) return;
  const routes = module.calls.filter((call) =>
    call.arguments.some((each) => isA(each, "ObjectExpression") && isTrue(optionOf(each, "websocket", module), module)),
  );
  const [route, ...others] = routes;
  const fix = fastifyFix(originsIn(module), writtenAs(app, module, "app"));
  yield { rule: "fastifyWebsocket", module, node: route ?? registering, also: others, fix };
  yield* corsBeside(module, /^@fastify\/cors$/, (from) => corsFix(originsIn(module), from));
}

function* checkSocketIo(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, /^socket\.io$/, /^(?:Server)?$/)) {
    if (isA(module.parent(call), "MemberExpression") && !isA(call, "NewExpression") && call.arguments.length === 0)
      continue;
    const [first, second] = call.arguments;
    const options = module.objectOf(second) ?? module.objectOf(first);
    // Options that are made elsewhere cannot be judged.
    if (second !== undefined && options === undefined) continue;
    if (
      options !== undefined &&
      (hasHidden(options, module) || optionOf(options, "allowRequest", module) !== undefined)
    )
      continue;
    const server =
      first === undefined || module.objectOf(first) !== undefined || isA(first, "NumericLiteral") ? undefined : first;
    if (project.guards(module, server === undefined ? [] : [server])) continue;
    if (hasChecks(module, project) || corsThrows(module)) continue;
    const fix = socketIoFix(originsIn(module), writtenAs(server, module, "server"));
    // A token that page code hands over is none that the browser sends by itself.
    const token = project.withImports(module).some(({ source }) => /\bhandshake\s*\.\s*auth\b/.test(source));
    yield { rule: "socketIo", module, node: call, fix, severity: token ? "warning" : undefined };
  }
}

function* checkNest(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, /^@nestjs\/websockets$/, /^WebSocketGateway$/)) {
    if (!isA(module.parent(call), "Decorator")) continue;
    const options = module.objectOf(call.arguments.at(-1));
    if (options === undefined || hasHidden(options, module)) continue;
    const cors = optionOf(options, "cors", module);
    if (cors === undefined || (isA(cors, "BooleanLiteral") && !cors.value)) continue;
    if (["allowRequest", "verifyClient"].some((name) => optionOf(options, name, module) !== undefined)) continue;
    if (project.guarded(module) || project.siblings(module).some((each) => isAdapter(each))) continue;
    if (hasChecks(module, project)) continue;
    yield { rule: "nest", module, node: call, fix: nestFix(originsIn(module)) };
  }
}

/** An adapter of the project's own that decides who may connect. */
function isAdapter(module: Module): boolean {
  if (!/\bextends\s+(?:IoAdapter|WsAdapter|AbstractWsAdapter)\b/.test(module.source)) return false;
  return /\b(?:allowRequest|verifyClient)\b/.test(module.source) || originChecks(module).length > 0;
}

function* checkWebsocketNode(module: Module, project: Project): Iterable<Raw> {
  for (const call of made(module, /^websocket$/, /^server$/)) {
    const options = module.objectOf(call.arguments[0]);
    if (options === undefined) continue;
    const server = optionOf(options, "httpServer", module);
    if (server === undefined || project.guards(module, [server])) continue;
    const requests = listeners(module, /^request$/).filter(({ object }) => module.trace(object).root === call);
    const accepting = requests.filter(({ listener }) => {
      const fn = module.functionOf(listener);
      return fn !== undefined && accepts(fn, module) && !decides(fn, module, project);
    });
    const automatic = isTrue(optionOf(options, "autoAcceptConnections", module), module);
    if (!automatic && accepting.length === 0) continue;
    const node = automatic ? call : (accepting[0]?.call ?? call);
    yield { rule: "websocketNode", module, node, fix: nodeFix(originsIn(module), writtenAs(server, module, "server")) };
  }
}

function accepts(fn: FunctionNode, module: Module): boolean {
  return module.calls.some((call) => within(call, fn) && methodOf(call)?.name === "accept");
}

function* checkUws(module: Module, project: Project): Iterable<Raw> {
  for (const call of module.calls) {
    if (methodOf(call)?.name !== "ws" || !startsAtUws(call, module)) continue;
    const options = module.objectOf(call.arguments[1]);
    if (options === undefined || hasHidden(options, module)) continue;
    const fn = module.functionOf(optionOf(options, "upgrade", module));
    if (fn === undefined && optionOf(options, "upgrade", module) !== undefined) continue;
    if (fn !== undefined && decides(fn, module, project)) continue;
    yield { rule: "uws", module, node: methodNode(call) ?? call, fix: uwsFix(originsIn(module)) };
  }
}

/** The name of the method, which stands on the line that matters in a chain of calls. */
function methodNode(call: CallNode): Node | undefined {
  const callee = bare(call.callee);
  return isMember(callee) ? callee.property : undefined;
}

function startsAtUws(call: CallNode, module: Module): boolean {
  let at: Node = call;
  for (let depth = 0; depth < 50; depth += 1) {
    const { root } = module.trace(at);
    if (!isCall(root)) return false;
    if (module.exported(root.callee)?.from === "uWebSockets.js") return true;
    const object = methodOf(root)?.object;
    if (object === undefined) return false;
    at = object;
  }
  return false;
}

function* checkVerifiers(module: Module, project: Project): Iterable<Raw> {
  if (
    ![...module.packages].some((name) =>
      /^(?:ws|isomorphic-ws|express-ws|koa-websocket|@fastify\/websocket|@nestjs\/websockets|socket\.io)$/.test(name),
    )
  )
    return;
  if (project.guarded(module)) return;
  for (const node of module.nodes) {
    if (!isA(node, "ObjectProperty", "ObjectMethod")) continue;
    const name = keyOf(node.key, node.computed);
    if (name !== "verifyClient" && name !== "allowRequest") continue;
    const fn = module.functionOf(isA(node, "ObjectMethod") ? node : node.value);
    if (fn === undefined) continue;
    const fix = name === "allowRequest" ? socketIoFix(originsIn(module), "server") : nodeFix(originsIn(module));
    if (name === "verifyClient" && fn.params.length < 2 && isPromised(fn, module))
      yield { rule: "verifyPromise", module, node, fix };
    else if (name === "verifyClient" && letsAll(fn, module)) yield { rule: "verifyOpen", module, node, fix };
    yield* missing(fn, module, fix);
  }
  for (const { fn, object } of upgrades(module))
    yield* missing(fn, module, nodeFix(originsIn(module), writtenAs(object, module, "server")));
}

function isPromised(fn: FunctionNode, module: Module): boolean {
  if (fn.async === true) return true;
  const results = module.results(fn);
  return results.some((each) => isCall(each) && /^(?:then|catch|finally)$/.test(methodOf(each)?.name ?? ""));
}

function letsAll(fn: FunctionNode, module: Module): boolean {
  if (decidesWithin(fn, module)) return false;
  const [, callback] = fn.params;
  const answers =
    callback === undefined
      ? module.results(fn)
      : module.calls
          .filter((call) => within(call, fn) && nameOf(call.callee) === nameOf(callback))
          .flatMap((call) => call.arguments[0] ?? []);
  return answers.length > 0 && answers.every((each) => isTrue(each, module));
}

/** `!origin || ...`, in a function that decides, or in one that it calls. */
function* missing(fn: FunctionNode, module: Module, fix: readonly string[]): Iterable<Raw> {
  const functions = [fn];
  for (const call of module.calls) {
    const local = within(call, fn) ? module.functionOf(call.callee) : undefined;
    if (local !== undefined && local !== fn) functions.push(local);
  }
  for (const node of module.nodes) {
    if (!isAbsence(node, module) || !functions.some((each) => within(node, each))) continue;
    if (allowsWhenTrue(node, module)) yield { rule: "missingAllowed", module, node, fix };
  }
}

function isAbsence(node: Node, module: Module): boolean {
  if (isA(node, "UnaryExpression") && node.operator === "!") return comparedBy(node.argument, module) === "origin";
  if (!isA(node, "BinaryExpression") || !/^===?$/.test(node.operator) || comparedBy(node.left, module) !== "origin")
    return false;
  return isA(node.right, "NullLiteral") || textOf(node.right) === "" || nameOf(node.right) === "undefined";
}

function* checkProtocols(module: Module, project: Project): Iterable<Raw> {
  if (project.guarded(module)) return;
  for (const node of module.nodes) {
    if (!isA(node, "ObjectProperty", "ObjectMethod") || keyOf(node.key, node.computed) !== "handleProtocols") continue;
    const fn = module.functionOf(isA(node, "ObjectMethod") ? node : node.value);
    const [offered] = fn?.params ?? [];
    if (fn === undefined || offered === undefined) continue;
    const text = module.source.slice(fn.start ?? 0, fn.end ?? 0);
    if (/\.(?:has|includes|indexOf)\(|===?\s*["'`]|["'`]\s*===?/.test(text)) continue;
    if (module.results(fn).some((each) => isFirst(each, offered, module)))
      yield { rule: "protocolEchoed", module, node, fix: protocolFix(originsIn(module)) };
  }
}

/** `[...offered][0]` and its like. */
function isFirst(node: Node, offered: Node, module: Module): boolean {
  const inner = bare(node);
  if (isA(inner, "ConditionalExpression"))
    return isFirst(inner.consequent, offered, module) || isFirst(inner.alternate, offered, module);
  if (isA(inner, "LogicalExpression"))
    return isFirst(inner.left, offered, module) || isFirst(inner.right, offered, module);
  const { root, members } = module.trace(inner);
  const isOffered = (each: Node | undefined): boolean => each !== undefined && module.trace(each).root === offered;
  if (members.at(-1) === "[0]") {
    if (root === offered) return true;
    if (isA(root, "ArrayExpression")) {
      const [first] = root.elements;
      return isA(first, "SpreadElement") && isOffered(first.argument);
    }
    return isCall(root) && methodOf(root)?.name === "from" && isOffered(root.arguments[0]);
  }
  if (members.at(-1) !== "value" || !isCall(root) || methodOf(root)?.name !== "next") return false;
  const values = methodOf(root)?.object;
  const of = values === undefined ? undefined : module.trace(values).root;
  return of !== undefined && isCall(of) && isOffered(methodOf(of)?.object);
}

interface Owner {
  readonly node: Node;
  readonly key: string;
  readonly server: Node;
  /** Takes every upgrade, or answers those that it does not take. */
  readonly all: boolean;
  readonly fn: FunctionNode | undefined;
}

function* checkOwners(module: Module): Iterable<Raw> {
  const owners: Owner[] = [];
  for (const { call, options } of wsServers(module)) {
    const server = options === undefined ? undefined : optionOf(options, "server", module);
    if (server !== undefined) owners.push(ownerOf(call, server, true, module));
  }
  for (const { call, object, fn } of upgrades(module)) {
    const filtered = /\burl\b|pathname|\bpath\b/.test(module.source.slice(fn.start ?? 0, fn.end ?? 0));
    owners.push(ownerOf(call, object, !filtered, module));
  }
  const sorted = owners
    .filter(({ node }) => isPlain(node, module))
    .toSorted((a, b) => (a.node.start ?? 0) - (b.node.start ?? 0));
  for (const [index, second] of sorted.entries()) {
    const first = sorted
      .slice(0, index)
      .find(({ key, fn, all }) => key === second.key && fn === second.fn && (all || second.all));
    if (first === undefined) continue;
    const paths = [first, second].map(({ node }, at) => pathIn(node, module) ?? `/${at + 1}`);
    const fix = gateFix(originsIn(module), writtenAs(second.server, module, "server"), [...new Set(paths)]);
    yield { rule: "twoOwners", module, node: second.node, also: [first.node], fix };
  }
}

function ownerOf(node: Node, server: Node, all: boolean, module: Module): Owner {
  return { node, server, key: module.identity(server).key, all, fn: module.enclosing(node) };
}

/** Whether it is sure to run with what else the function does. */
function isPlain(node: Node, module: Module): boolean {
  const fn = module.enclosing(node);
  for (let outer = module.parent(node); outer !== undefined && outer !== fn; outer = module.parent(outer))
    if (isA(outer, "IfStatement", "ConditionalExpression", "SwitchStatement", "LogicalExpression", "TryStatement"))
      return false;
  return true;
}

function* checkCorsInUpgrade(module: Module): Iterable<Raw> {
  const fix = (): string[] => nodeFix(originsIn(module));
  for (const { fn } of upgrades(module).length > 0 ? upgrades(module) : rawUpgrades(module)) {
    const call = module.calls.find((each) => within(each, fn) && isCorsMiddleware(each.callee, module));
    if (call !== undefined) yield { rule: "corsInUpgrade", module, node: call, fix: fix() };
  }
  for (const call of module.calls) {
    const exported = module.exported(call.callee);
    if (exported?.from.startsWith("@wsorigin/") === true && exported.name === "guard") {
      const before = optionIn(module, call.arguments[1], "before");
      const list = before === undefined ? undefined : module.trace(before).root;
      const middleware = isA(list, "ArrayExpression")
        ? list.elements.find((each) => each !== null && isCorsMiddleware(each, module))
        : undefined;
      if (middleware !== undefined && middleware !== null)
        yield { rule: "corsInUpgrade", module, node: middleware, fix: fix() };
    }
    const method = methodOf(call);
    const [first] = call.arguments;
    if (method?.name !== "use" || first === undefined || !isCorsMiddleware(first, module)) continue;
    const object = bare(method.object);
    if (isMember(object) && keyOf(object.property, object.computed) === "engine")
      yield { rule: "corsInUpgrade", module, node: call, fix: fix() };
  }
}

function rawUpgrades(module: Module): { fn: FunctionNode }[] {
  return listeners(module, /^upgrade$/).flatMap(({ listener }) => {
    const fn = module.functionOf(listener);
    return fn === undefined ? [] : [{ fn }];
  });
}

function isCorsMiddleware(node: Node, module: Module): boolean {
  const { root } = module.trace(node);
  return isCall(root) && isCorsPackage(module.exported(root.callee)?.from);
}
