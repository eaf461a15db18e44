import { createServer } from "node:http";
import { once } from "node:events";
import { io } from "socket.io-client";
import { Server } from "socket.io";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { explainText } from "../src/explain/explain.ts";
import * as backends from "./backends.ts";

/** What `ws` prints of a socket that does not open. */
async function failureAt(url: string): Promise<string> {
  const socket = new WebSocket(url, { handshakeTimeout: 300 });
  const [error] = await once(socket, "error");
  return String(error);
}

function answering(text: string): Promise<number> {
  return backends.tcp((socket) => void socket.once("data", () => socket.end(text)));
}

test.each([
  ["403 Forbidden", "status-forbidden"],
  ["404 Not Found", "status-not-found"],
  ["401 Unauthorized", "status-unauthorized"],
  ["502 Bad Gateway", "status-bad-gateway"],
  ["200 OK", "status-ok"],
  ["101 Switching Protocols", "upgrade-answer-damaged"],
])("what ws prints of an answer of %s is known", async (status, name) => {
  const port = await answering(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  expect(explainText(await failureAt(`ws://127.0.0.1:${port}/ws`)).findings[0]?.rule.name).toBe(name);
});

test("what ws prints of no answer, of another protocol, and of TLS where none is, is known", async () => {
  const silent = await backends.tcp(() => {});
  const closing = await answering("");
  const other = await answering("SSH-2.0-OpenSSH_9.2\r\n");
  const lines = await Promise.all([
    failureAt(`ws://127.0.0.1:${silent}/`),
    failureAt(`ws://127.0.0.1:${closing}/`),
    failureAt(`ws://127.0.0.1:${other}/`),
    failureAt(`wss://127.0.0.1:${other}/`),
  ]);
  const names = lines.map((line) => explainText(line).findings[0]?.rule.name);
  expect(names).toEqual(["handshake-timed-out", "closed-without-answer", "not-http", "tls-failed"]);
});

/** What Socket.IO's client prints when it cannot connect. */
async function connectError(port: number, transports: readonly ("polling" | "websocket")[]): Promise<string> {
  const socket = io(`http://127.0.0.1:${port}`, { transports: [...transports], reconnection: false });
  onTestFinished(() => void socket.close());
  const error = await new Promise<Error>((resolve) => socket.once("connect_error", resolve));
  return `connect_error ${String(error)}`;
}

test("what Socket.IO's client prints of refusals is known", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const sockets = new Server(server);
  onTestFinished(() => void sockets.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  sockets.use((_socket, next) => next(new Error("unauthorized")));
  const middleware = await connectError(port, ["websocket"]);
  const refusing = await answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  const polling = await connectError(refusing, ["polling"]);
  const upgrade = await connectError(refusing, ["websocket"]);
  const names = [middleware, polling, upgrade].map((line) => explainText(line).findings[0]?.rule.name);
  expect(names).toEqual(["socketio-middleware", "socketio-transport", "socketio-transport"]);
});
