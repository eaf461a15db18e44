import { createServer } from "node:http";
import { guard } from "@wsorigin/express";
import express from "express";
import { policy, type Running } from "./app.js";
import { listen } from "./listen.js";

export async function start(): Promise<Running> {
  const app = express();
  const server = createServer(app);
  const gate = guard(server, { app, policy, log: false });
  gate.route("/chat/:room", (socket, { params, principal }) => {
    socket.send(`${principal ?? "a guest"} in ${params.room}`);
  });
  return listen(server, () => gate.close());
}
