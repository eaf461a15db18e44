import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const server = createServer((_request, response) => response.end("Hello"));
const sockets = new WebSocketServer({ server });

sockets.on("connection", (client, request) => {
  client.send(`Hello, ${request.headers.cookie}`);
  client.on("message", (data) => client.send(data));
});
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
