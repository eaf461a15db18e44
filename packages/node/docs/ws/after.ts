import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { createPolicy, guard, identityOf } from "@wsorigin/node";
import { WebSocketServer } from "ws";

const policy = createPolicy({ origins: ["https://app.example.com"], hosts: ["api.example.com", "127.0.0.1"] });
const server = createServer((_request, response) => response.end("Hello"));
guard(server, { policy });
const sockets = new WebSocketServer({ server });

sockets.on("connection", (client, request) => {
  if (identityOf(request) === undefined) return client.terminate(); // No gate has decided.
  client.send(`Hello, ${request.headers.cookie}`);
  client.on("message", (data) => client.send(data));
});
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
