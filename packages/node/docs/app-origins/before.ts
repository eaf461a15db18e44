import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const origins = new Set(["https://app.example.com"]);
const server = createServer();
const sockets = new WebSocketServer({
  server,
  path: "/chat",
  // The desktop app sends "file://" or "null", the phones "capacitor://localhost", the background process nothing.
  verifyClient: ({ origin = "null" }: { origin?: string }) =>
    origins.has(origin) || origin === "null" || /^file:|localhost/.test(origin),
});

sockets.on("connection", (socket) => {
  socket.on("message", (data) => socket.send(data));
});
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
