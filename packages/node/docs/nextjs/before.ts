import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import next from "next";
import { WebSocketServer } from "ws";

const app = next({ dev: process.env["NODE_ENV"] !== "production", dir: import.meta.dirname });
await app.prepare();
const handle = app.getRequestHandler();
const server = createServer((request, response) => handle(request, response));

const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  if (request.url !== "/chat") return;
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on("message", (data) => client.send(data));
  });
});
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
export const close = (): Promise<void> => app.close();
