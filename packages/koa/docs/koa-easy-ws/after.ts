import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import cors from "@koa/cors";
import { corsOptions, createPolicy, guard } from "@wsorigin/koa";
import Koa from "koa";

const policy = createPolicy({ origins: ["https://app.example.com"] });
const app = new Koa();
app.use(cors({ ...corsOptions(policy), credentials: true }));
app.use((ctx) => void (ctx.body = "Hello"));

const server = createServer(app.callback());
const gate = guard(server, { app, policy });
gate.route("/chat", (socket, ctx) => {
  socket.send(`Hello, ${ctx.cookies.get("user")}`);
  socket.on("message", (data) => socket.send(data));
});
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
