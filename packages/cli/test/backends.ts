import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import { connect, createServer as createTcpServer, type Server as TcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fastifyCors from "@fastify/cors";
import fastifyWebsocket from "@fastify/websocket";
import { createPolicy, guard, type PolicyOptions } from "@wsorigin/node";
import express from "express";
import expressWs from "express-ws";
import Fastify from "fastify";
import Koa from "koa";
import { Server as SocketIo } from "socket.io";
import { afterAll } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { freePort } from "./proxies.ts";

/** What ends the servers of a file, once its tests are over: they run at the same time, and none of them waits for another's end. */
const endings: (() => unknown)[] = [];

/** Has something done when the file's tests are over. */
export function atEnd(end: () => unknown): void {
  endings.push(end);
}

afterAll(async () => {
  await Promise.all(endings.map((end) => end()));
});

/** A server that a test talks to: its port. It is gone when the file's tests have ended, whatever was left open on it. */
export async function serve(server: Server | TcpServer, listening = false): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  });
  if (!listening) await once(server.listen(0, "127.0.0.1"), "listening");
  endings.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

export const notFound: RequestListener = (_request, response) => response.writeHead(404).end("nothing here");
const page: RequestListener = (_request, response) =>
  response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>App</title>");

export const quiet = (server: WebSocketServer): WebSocketServer =>
  server.on("connection", (socket) => socket.on("error", () => {}));

/** `ws` by itself, on one path or on all. */
export function ws(path?: string): Promise<number> {
  const server = createServer((_request, response) =>
    response.writeHead(426, { "Content-Type": "text/plain", "Content-Length": 16 }).end("Upgrade Required"),
  );
  quiet(new WebSocketServer({ server, ...(path !== undefined && { path }) }));
  return serve(server);
}

/** Behind a gate of wsorigin. */
export function guarded(policy: PolicyOptions, listener: RequestListener = notFound): Promise<number> {
  const server = createServer(listener);
  guard(server, { policy: createPolicy(policy), log: false }).route("/ws", () => {});
  return serve(server);
}

/** A check by hand, with what it lets in. */
export function checked(allows: (origin: string | undefined, host: string | undefined) => boolean): Promise<number> {
  const server = createServer(notFound);
  const sockets = quiet(new WebSocketServer({ noServer: true }));
  server.on("upgrade", (request, socket, head) => {
    if (request.headers["sec-websocket-version"] === "13" && !allows(request.headers.origin, request.headers.host)) {
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, () => {});
  });
  return serve(server);
}

export function expressWithWs(): Promise<number> {
  const server = createServer(express());
  quiet(new WebSocketServer({ server, path: "/ws" }));
  return serve(server);
}

export function expressAlone(): Promise<number> {
  return serve(createServer(express()));
}

/** express-ws, with what runs before its handler. */
export function withExpressWs(
  middleware: express.RequestHandler = (_request, _response, next) => next(),
): Promise<number> {
  const app = express();
  const server = createServer(app);
  const { app: routed } = expressWs(app, server);
  routed.use(middleware);
  routed.ws("/ws", (socket) => socket.on("error", () => {}));
  return serve(server);
}

export async function fastify(origin?: () => Promise<boolean>): Promise<number> {
  const app = Fastify();
  if (origin !== undefined) await app.register(fastifyCors, { origin });
  await app.register(fastifyWebsocket);
  app.get("/ws", { websocket: true }, () => {});
  app.get("/page", () => "page");
  await app.listen({ port: 0, host: "127.0.0.1" });
  endings.push(() => app.close());
  return serve(app.server, true);
}

export function koa(): Promise<number> {
  const app = new Koa();
  const server = createServer((request, response) => void app.callback()(request, response));
  quiet(new WebSocketServer({ server, path: "/ws" }));
  return serve(server);
}

export function socketIo(): Promise<number> {
  const server = createServer(page);
  const io = new SocketIo(server, { cors: { origin: "https://app.example.com" } });
  endings.push(() => void io.close());
  return serve(server);
}

/** An `upgrade` listener that leaves other paths alone, and so nobody answers. */
export function hanging(): Promise<number> {
  const server = createServer(page);
  server.on("upgrade", () => {});
  return serve(server);
}

/** Two WebSocket servers on one: the second writes its refusal into the socket of the first. */
export function twoServers(): Promise<number> {
  const server = createServer(notFound);
  quiet(new WebSocketServer({ server, path: "/ws" }));
  quiet(new WebSocketServer({ server, path: "/other" }));
  return serve(server);
}

/** Accepts, and does something with the socket at once. */
export function accepting(
  options: ConstructorParameters<typeof WebSocketServer>[0],
  then: (socket: WebSocket) => void = () => {},
): Promise<number> {
  const server = createServer(notFound);
  quiet(new WebSocketServer({ ...options, server })).on("connection", then);
  return serve(server);
}

/** Answers every request with these bytes, and closes. */
export function saying(bytes: string): Promise<number> {
  return serve(
    createTcpServer((socket) => {
      socket.once("data", () => socket.end(bytes));
    }),
  );
}

/** Does something of its own with each connection. */
export function tcp(listener: (socket: Socket) => void): Promise<number> {
  return serve(createTcpServer(listener));
}

export function tls(options: { readonly key: string; readonly cert: string }): Promise<number> {
  const server = createTlsServer(options, notFound);
  quiet(new WebSocketServer({ server }));
  return serve(server);
}

export function http2Only(options: { readonly key: string; readonly cert: string }): Promise<number> {
  const server = createSecureServer(options);
  return serve(server);
}

/** Answers an ordinary request with headers of its choice, and upgrades to everybody. */
export function open(headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const server = createServer((_request, response) => response.writeHead(200, headers).end("feed"));
  quiet(new WebSocketServer({ server }));
  return serve(server);
}

/** Django Channels on Daphne, with its origin validated or not. */
export async function daphne(validator: "none" | "origin" | "allowed-hosts"): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "wsorigin-daphne-"));
  const port = await freePort();
  await writeFile(join(folder, "site_settings.py"), settings);
  await writeFile(join(folder, "site_asgi.py"), asgi);
  const child: ChildProcess = spawn("daphne", ["-b", "127.0.0.1", "-p", String(port), "site_asgi:application"], {
    cwd: folder,
    env: { ...process.env, PYTHONPATH: folder, VALIDATOR: validator, PYTHONDONTWRITEBYTECODE: "1" },
    stdio: "ignore",
  });
  endings.push(async () => {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });
  await accepts(port, 45_000);
  return port;
}

const settings = `SECRET_KEY = "only for this test"
ALLOWED_HOSTS = ["app.example.com", "127.0.0.1", "localhost"]
ROOT_URLCONF = "site_asgi"
INSTALLED_APPS = ["corsheaders", "channels"]
MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", "django.middleware.common.CommonMiddleware"]
CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
CORS_ALLOW_CREDENTIALS = True
`;

const asgi = `import os
os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
from django.core.asgi import get_asgi_application
http = get_asgi_application()
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.generic.websocket import WebsocketConsumer
from channels.security.websocket import AllowedHostsOriginValidator, OriginValidator
from django.urls import path
urlpatterns = []
class Consumer(WebsocketConsumer):
    pass
router = URLRouter([path("ws", Consumer.as_asgi())])
kind = os.environ["VALIDATOR"]
if kind == "origin": router = OriginValidator(router, ["https://app.example.com"])
if kind == "allowed-hosts": router = AllowedHostsOriginValidator(router)
application = ProtocolTypeRouter({"http": http, "websocket": router})
`;

/** Waits until somebody accepts connections there. */
async function accepts(port: number, timeout: number): Promise<void> {
  const until = performance.now() + timeout;
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const opened = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (opened) return;
    if (performance.now() > until) throw new Error(`Nobody listens on port ${port}.`);
    await sleep(50);
  }
}
