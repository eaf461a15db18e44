import type { Server as HttpServer } from "node:http";
// #region guide
import { createServer } from "node:http";
import { createPolicy, guard } from "@wsorigin/node";
import { Server } from "socket.io";

const server = createServer();
const policy = createPolicy({
  origins: ["https://app.example.com"],
  hosts: ["api.example.com", "127.0.0.1"],
});
const gate = guard(server, { policy });
const io = new Server(server, {
  allowRequest: gate.allowRequest,
  cors: { origin: (origin, callback) => callback(null, policy.allowsOrigin(origin)), credentials: true },
});

io.on("connection", (socket) => {
  socket.emit("hello", socket.handshake.headers.cookie);
  socket.on("say", (text: string) => socket.emit("said", text));
});
// #endregion

export const listen = (port: number): HttpServer => server.listen(port, "127.0.0.1");
export const close = (): Promise<void> => io.close();
