import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { corsOptions, createPolicy, guard } from "@wsorigin/express";
import cors from "cors";
import express from "express";

const policy = createPolicy({ origins: ["https://app.example.com"] });
const app = express();
app.use(cors({ ...corsOptions(policy), credentials: true }));
app.get("/", (_request, response) => response.send("Hello"));

const server = createServer(app);
const gate = guard(server, { app, policy });
gate.route("/chat/:room", (socket, { request, params }) => {
  socket.send(`Hello, ${request.get("Cookie")}, in ${params.room}`);
  socket.on("message", (data) => socket.send(data));
});
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
