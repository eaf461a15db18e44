import type { Server } from "node:http";
// #region guide
import cors from "cors";
import express from "express";
import expressWs from "express-ws";

const { app } = expressWs(express());
app.use(cors({ origin: ["https://app.example.com"], credentials: true }));
app.get("/", (_request, response) => response.send("Hello"));

app.ws("/chat/:room", (socket, request) => {
  socket.send(`Hello, ${request.get("Cookie")}, in ${String(request.params["room"])}`);
  socket.on("message", (data) => socket.send(data));
});
// #endregion

export const listen = (port: number): Server => app.listen(port, "127.0.0.1");
