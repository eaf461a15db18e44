import { running, type Running } from "../../../testing/test/program.ts";
// #region guide
import { createServer } from "node:http";
import { join } from "node:path";
import express from "express";
import { Server } from "socket.io";

const app = express();
const server = createServer(app);
const io = new Server(server);

app.get("/", (_request, response) => {
  response.sendFile(join(import.meta.dirname, "index.html"));
});

io.on("connection", (socket) => {
  socket.on("chat message", (text) => {
    io.emit("chat message", text);
  });
});
// #endregion

export const start = (port = 0): Promise<Running> => running(server.listen(port, "127.0.0.1"), () => io.close());
