import { createServer } from "node:http";
import { guard } from "@wsorigin/koa";
import Koa from "koa";
import { policy, type Running } from "./app.js";
import { listen } from "./listen.js";

export async function start(): Promise<Running> {
  const app = new Koa();
  const handle = app.callback();
  const server = createServer((request, response) => void handle(request, response));
  const gate = guard(server, { app, policy, log: false });
  gate.route("/chat/:room", (socket, { params, principal }) => {
    socket.send(`${principal ?? "a guest"} in ${params.room}`);
  });
  return listen(server, () => gate.close());
}
