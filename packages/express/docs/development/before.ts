import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import cors from "cors";
import express from "express";
import { WebSocketServer } from "ws";

const development = process.env["NODE_ENV"] !== "production";
const origins = (process.env["ALLOWED_ORIGINS"] ?? "http://localhost:5173").split(",");

const app = express();
app.use(cors({ origin: development || origins }));
app.get("/hello", (_request, response) => void response.json({ hello: "from the API" }));

const server = createServer(app);
const sockets = new WebSocketServer({
  server,
  path: "/chat",
  verifyClient: ({ origin }: { origin: string }) =>
    development || origins.includes(origin) || /my-app-.*\.vercel\.app/.test(origin),
});
sockets.on("connection", (socket) => socket.on("message", (data) => socket.send(data, { binary: false })));
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
