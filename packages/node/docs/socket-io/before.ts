import type { Server as HttpServer } from "node:http";
// #region guide
import { createServer } from "node:http";
import { Server } from "socket.io";

const server = createServer();
const io = new Server(server, {
  cors: { origin: ["https://app.example.com"], credentials: true },
});

io.on("connection", (socket) => {
  socket.emit("hello", socket.handshake.headers.cookie);
  socket.on("say", (text: string) => socket.emit("said", text));
});
// #endregion

export const listen = (port: number): HttpServer => server.listen(port, "127.0.0.1");
export const close = (): Promise<void> => io.close();
