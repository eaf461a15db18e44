import { isTrue, made, optionOf } from "../source/calls.ts";
import type { Module } from "../source/module.ts";
import { type CallNode, isA, isCall, methodOf, type Node, type ObjectNode, textOf } from "../source/nodes.ts";
import type { Project } from "../source/project.ts";
import { pathIn, upgrades, wsServers } from "../source/servers.ts";
import { numberOf } from "./dev-server.ts";

/** The guide of each kind of server, below the repository's `packages`. */
export const guides = {
  ws: "node/docs/ws.md",
  upgrade: "node/docs/upgrade-listener.md",
  socketIo: "node/docs/socket-io.md",
  nest: "node/docs/nestjs.md",
  nestSocketIo: "node/docs/nestjs-socket-io.md",
  next: "node/docs/nextjs.md",
  expressWs: "express/docs/express-ws.md",
  koaWebsocket: "koa/docs/koa-websocket.md",
  koaEasyWs: "koa/docs/koa-easy-ws.md",
  fastify: "fastify/docs/fastify-websocket.md",
} as const;

export type Guide = keyof typeof guides;

/** What opens WebSockets in a project. */
export interface Socket {
  /** The library, as people call it. */
  readonly what: string;
  readonly guide: Guide;
  readonly module: Module;
  /** Where it is attached. */
  readonly call: CallNode;
  /** Where its sockets are opened, if that is written down. */
  readonly path: string | undefined;
  readonly on:
    | { readonly kind: "server"; readonly server: Node }
    | { readonly kind: "port"; readonly options: ObjectNode | undefined }
    | { readonly kind: "app"; readonly app: Node }
    | { readonly kind: "fastify"; readonly app: Node }
    | { readonly kind: "nest" }
    /** What it is attached to cannot be seen. */
    | { readonly kind: "unknown"; readonly reason: string };
}

/** Every place where a module opens WebSockets to clients. */
export function socketsOf(module: Module, project: Project): Socket[] {
  return [
    ...wsSockets(module),
    ...upgradeSockets(module),
    ...wrapped(module, "express-ws", "expressWs"),
    ...wrapped(module, "koa-websocket", "koaWebsocket"),
    ...easy(module),
    ...socketIo(module),
    ...fastify(module, project),
    ...nest(module, project),
    ...websocketNode(module),
  ];
}

function wsSockets(module: Module): Socket[] {
  return wsServers(module).flatMap(({ call, options }): Socket[] => {
    const path = options === undefined ? undefined : textOf(optionOf(options, "path", module));
    const socket = { what: "ws", guide: "ws", module, call, path } as const;
    if (options === undefined)
      return [{ ...socket, on: { kind: "unknown", reason: "its options are not written where it is created" } }];
    if (isTrue(optionOf(options, "noServer", module), module)) return [];
    const server = optionOf(options, "server", module);
    if (server !== undefined) return [{ ...socket, on: { kind: "server", server } }];
    if (optionOf(options, "port", module) !== undefined) return [{ ...socket, on: { kind: "port", options } }];
    return [{ ...socket, on: { kind: "unknown", reason: "its options name neither a server nor a port" } }];
  });
}

function upgradeSockets(module: Module): Socket[] {
  return upgrades(module).map(({ call, object, fn }) => ({
    what: "an upgrade listener",
    guide: "upgrade",
    module,
    call,
    path: pathIn(fn, module),
    on: { kind: "server", server: object },
  }));
}

/** Libraries that open sockets for an app: `expressWs(app)`, `websockify(new Koa())`. */
function wrapped(module: Module, name: "express-ws" | "koa-websocket", guide: Guide): Socket[] {
  return made(module, new RegExp(`^${name}$`), /^$/).map((call) => {
    const [app, server] = call.arguments;
    const route = module.calls.find((each) => methodOf(each)?.name === "ws" && textOf(each.arguments[0]) !== undefined);
    const path = textOf(route?.arguments[0]);
    const given = name === "express-ws" && server !== undefined && !isNothing(server) ? server : undefined;
    return {
      what: name,
      guide,
      module,
      call,
      path,
      on:
        given !== undefined
          ? { kind: "server", server: given }
          : app === undefined
            ? { kind: "unknown", reason: "it gets no app" }
            : { kind: "app", app: call },
    };
  });
}

function isNothing(node: Node): boolean {
  return isA(node, "NullLiteral") || (isA(node, "Identifier") && node.name === "undefined");
}

function easy(module: Module): Socket[] {
  return made(module, /^koa-easy-ws$/, /^$/).map((call) => {
    const use = module.parent(call);
    const app = isCall(use) ? methodOf(use)?.object : undefined;
    return {
      what: "koa-easy-ws",
      guide: "koaEasyWs",
      module,
      call,
      path: undefined,
      on:
        app === undefined ? { kind: "unknown", reason: "it is not given to app.use() directly" } : { kind: "app", app },
    };
  });
}

function socketIo(module: Module): Socket[] {
  return made(module, /^socket\.io$/, /^(?:Server)?$/).flatMap((call): Socket[] => {
    // `require("socket.io").Server`
    if (!isA(call, "NewExpression") && call.arguments.length === 0) return [];
    const [first, second] = call.arguments;
    const options = module.objectOf(second) ?? module.objectOf(first);
    const at = options === undefined ? undefined : textOf(optionOf(options, "path", module));
    const path = `${at ?? "/socket.io"}/?EIO=4&transport=websocket`.replace("//", "/");
    const socket = { what: "Socket.IO", guide: "socketIo", module, call, path } as const;
    const attached = first === undefined || module.objectOf(first) !== undefined ? attachedTo(call, module) : first;
    if (attached === undefined && listenOf(call, module) !== undefined)
      return [{ ...socket, on: { kind: "port", options } }];
    if (attached === undefined)
      return [{ ...socket, on: { kind: "unknown", reason: "it is not attached to a server in the same file" } }];
    return [
      { ...socket, on: isPort(attached, module) ? { kind: "port", options } : { kind: "server", server: attached } },
    ];
  });
}

/** `io.listen(3000)`, `io.attach(server)`: the call. */
export function listenOf(io: CallNode, module: Module): CallNode | undefined {
  return module.calls.find((each) => {
    const method = methodOf(each);
    return method !== undefined && /^(?:attach|listen)$/.test(method.name) && module.trace(method.object).root === io;
  });
}

/** The server that Socket.IO is attached to after it was created. */
function attachedTo(io: CallNode, module: Module): Node | undefined {
  const [server] = listenOf(io, module)?.arguments ?? [];
  return server === undefined || isPort(server, module) ? undefined : server;
}

function isPort(node: Node, module: Module): boolean {
  return numberOf(node, module) !== undefined && !isCall(module.trace(node).root);
}

function fastify(module: Module, project: Project): Socket[] {
  const registrations = module.calls.filter(
    (call) => methodOf(call)?.name === "register" && module.exported(call.arguments[0])?.from === "@fastify/websocket",
  );
  return registrations.flatMap((call): Socket[] => {
    const app = methodOf(call)?.object;
    if (app === undefined) return [];
    const route = project
      .siblings(module)
      .flatMap((each) => websocketRoutes(each))
      .at(0);
    return [{ what: "@fastify/websocket", guide: "fastify", module, call, path: route, on: { kind: "fastify", app } }];
  });
}

/** The paths of `app.get("/chat", { websocket: true }, ...)`. */
function websocketRoutes(module: Module): string[] {
  return module.calls.flatMap((call) => {
    const options = call.arguments
      .map((each) => module.objectOf(each))
      .find((each) => each !== undefined && isTrue(optionOf(each, "websocket", module), module));
    if (options === undefined) return [];
    return textOf(call.arguments[0]) ?? textOf(optionOf(options, "url", module)) ?? [];
  });
}

function nest(module: Module, project: Project): Socket[] {
  const calls = made(module, /^@nestjs\/core$/, /^NestFactory\.create$/);
  const gateways = project
    .siblings(module)
    .flatMap((each) => made(each, /^@nestjs\/websockets$/, /^WebSocketGateway$/).map((call) => ({ each, call })));
  const [first] = gateways;
  if (first === undefined) return [];
  const ws = project.uses(module, /^@nestjs\/platform-ws$/);
  const options = first.each.objectOf(first.call.arguments.at(-1));
  const path = options === undefined ? undefined : textOf(optionOf(options, "path", first.each));
  return calls.map((call) => ({
    what: ws ? "NestJS gateways with WsAdapter" : "NestJS gateways with Socket.IO",
    guide: ws ? "nest" : "nestSocketIo",
    module,
    call,
    path: ws ? path : `${path ?? "/socket.io"}/?EIO=4&transport=websocket`,
    on: { kind: "nest" },
  }));
}

function websocketNode(module: Module): Socket[] {
  return made(module, /^websocket$/, /^server$/).map((call) => {
    const options = module.objectOf(call.arguments[0]);
    const server = options === undefined ? undefined : optionOf(options, "httpServer", module);
    return {
      what: "websocket",
      guide: "ws",
      module,
      call,
      path: undefined,
      on:
        server === undefined
          ? { kind: "unknown", reason: "its options do not name an httpServer" }
          : { kind: "server", server },
    };
  });
}
