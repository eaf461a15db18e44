import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import fastifyWebsocket from "@fastify/websocket";
import { createPolicy, grant, guard, queryParam, refuse } from "@wsorigin/express";
import cors from "cors";
import express from "express";
import expressWs from "express-ws";
import Fastify from "fastify";
import { Server as SocketIo } from "socket.io";
import { WebSocketServer } from "ws";

export const page = "https://app.example.com";

/** Makes a server for an app, on which other code may listen first. */
type MakeServer = (app?: RequestListener) => Server;

/** One way in which people check who opens a socket, set up as its own documentation shows. */
export interface Contender {
  readonly name: string;
  /** The path of its socket. */
  readonly path: string;
  /** What it does well, and what its figures do not say. */
  readonly remark: string;
  readonly start: (make: MakeServer) => Promise<Server> | Server;
}

const echo = (socket: {
  on(event: "message", listener: (data: Buffer) => void): unknown;
  send(data: string): void;
}): void => void socket.on("message", (data) => socket.send(String(data)));

/** The end of the token, which stands in the URL: `?exp=<milliseconds>`. */
const expiryOf = (request: Pick<IncomingMessage, "url">): number =>
  Number(new URL(request.url ?? "", "http://localhost").searchParams.get("exp"));

/** The check that people write by hand: the Origin is in a list, and the token has not expired. */
const mayEnter = (request: Pick<IncomingMessage, "headers" | "url">): boolean =>
  request.headers.origin === page && expiryOf(request) > Date.now();

/** `verifyClient` of ws with a check of its own. */
function verifyClient(isAllowed: (origin: string) => boolean): Contender["start"] {
  return (make) => {
    const server = make();
    const sockets = new WebSocketServer({
      server,
      path: "/chat",
      verifyClient: ({ origin = "", req }: { origin?: string; req: IncomingMessage }) =>
        isAllowed(origin) && expiryOf(req) > Date.now(),
    });
    sockets.on("connection", echo);
    return server;
  };
}

/** ws, README: "External HTTP/S server". */
function bareWs(make: MakeServer): Server {
  const server = make();
  new WebSocketServer({ server, path: "/chat" }).on("connection", echo);
  return server;
}

/** ws, README: "Client authentication". */
function handWritten(make: MakeServer): Server {
  const server = make();
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on("connection", echo);
  server.on("upgrade", (request, socket, head) => {
    if (!request.url?.startsWith("/chat")) return;
    if (!mayEnter(request)) {
      socket.write("HTTP/1.1 401 Unauthorized\r\n\r\n");
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened, request));
  });
  return server;
}

/** Socket.IO, "Handling CORS". */
function socketIoCors(make: MakeServer): Server {
  const server = make();
  return new SocketIo(server, { cors: { origin: page } }).httpServer as Server;
}

/** Socket.IO, "Server options": `allowRequest`. */
function socketIoAllowRequest(make: MakeServer): Server {
  const server = make();
  const io = new SocketIo(server, {
    cors: { origin: page },
    allowRequest: (request, callback) => callback(null, mayEnter(request)),
  });
  return io.httpServer as Server;
}

/** cors, README: "Enable CORS for a single route", in front of ws on the same server. */
function corsAlone(make: MakeServer): Server {
  const app = express();
  app.use(cors({ origin: page }));
  const server = make(app);
  new WebSocketServer({ server, path: "/chat" }).on("connection", echo);
  return server;
}

/** express-ws, README, behind cors(). */
function expressWsCors(make: MakeServer): Server {
  const plain = express();
  const server = make(plain);
  const { app } = expressWs(plain, server);
  app.use(cors({ origin: page }));
  app.ws("/chat", echo);
  return server;
}

/** @fastify/websocket, README: "Using hooks". */
async function fastifyHook(make: MakeServer): Promise<Server> {
  const app = Fastify({ serverFactory: (handler) => make(handler) });
  await app.register(fastifyWebsocket);
  app.addHook("preValidation", async (request, reply) => {
    if (!mayEnter(request.raw)) await reply.code(401).send("not authenticated");
  });
  app.get("/chat", { websocket: true }, echo);
  await app.ready();
  return app.server;
}

function guarded(make: MakeServer): Server {
  const app = express();
  const server = make(app);
  const policy = createPolicy({
    origins: [page],
    token: {
      from: [queryParam("exp")],
      verify: (exp) =>
        Number(exp) > Date.now() ? grant({ principal: "ann", expiresAt: Number(exp) }) : refuse("expired"),
    },
  });
  guard(server, { app, policy, log: false }).route("/chat", echo);
  return server;
}

const socketIoPath = "/socket.io/?EIO=4&transport=websocket";

export const contenders: readonly Contender[] = [
  { name: "`ws` alone", path: "/chat", start: bareWs, remark: "for servers whose clients are programs" },
  {
    name: "`ws`, `cors()` on the app",
    path: "/chat",
    start: corsAlone,
    remark: "`cors()` protects HTTP responses, and never runs on a handshake",
  },
  {
    name: "`ws`, `verifyClient` with `endsWith()`",
    path: "/chat",
    start: verifyClient((origin) => origin.endsWith("app.example.com")),
    remark: "also lets `https://evilapp.example.com` in",
  },
  {
    name: "`ws`, `verifyClient` with a regular expression",
    path: "/chat",
    start: verifyClient((origin) => /^https:\/\/app.example.com/.test(origin)),
    remark: "without `$` and `\\.`, as it is often written",
  },
  {
    name: "`ws`, `verifyClient` with `===`",
    path: "/chat",
    start: verifyClient((origin) => origin === page),
    remark: "right about the Origin of its own sockets; ws discourages `verifyClient`",
  },
  {
    name: "`ws`, a check in `upgrade`",
    path: "/chat",
    start: handWritten,
    remark: "right about the Origin of its own sockets, and small",
  },
  {
    name: "Socket.IO, `cors`",
    path: socketIoPath,
    start: socketIoCors,
    remark: "`cors` protects its polling transport",
  },
  {
    name: "Socket.IO, `allowRequest`",
    path: socketIoPath,
    start: socketIoAllowRequest,
    remark: "the same function checks polling and WebSocket",
  },
  { name: "express-ws, `cors()`", path: "/chat", start: expressWsCors, remark: "middleware runs, but after the `101`" },
  {
    name: "@fastify/websocket, `preValidation`",
    path: "/chat",
    start: fastifyHook,
    remark: "the hook runs before the `101`, with Fastify's request",
  },
  { name: "**wsorigin**", path: "/chat", start: guarded, remark: "one policy for every listener of the server" },
];

/** Makes a server on which other code opens sockets too: an `upgrade` listener at `/debug`, and a request handler at `/proxy`. */
export function serverWithOthers(app?: RequestListener): Server {
  const others = new WebSocketServer({ noServer: true });
  const server = createServer((request, response) => {
    if (request.url === "/proxy" && request.headers.upgrade !== undefined)
      others.handleUpgrade(request, request.socket, Buffer.alloc(0), () => {});
    else if (app === undefined) response.writeHead(404).end();
    else app(request, response);
  });
  server.on("upgrade", (request, socket, head) => {
    if (request.url === "/debug") others.handleUpgrade(request, socket, head, () => {});
  });
  return server;
}
