// A consumer's file, type-checked against the packed tarballs in a project outside the workspace: see check-pack.mjs.
import { createServer } from "node:http";
import { createPolicy, guard } from "@wsorigin/koa";
import Koa from "koa";

const app = new Koa();
const policy = createPolicy({ origins: ["https://app.example.com"] });
guard(createServer(app.callback()), { app, policy }).route("/chat/:room", (socket, ctx) => {
  socket.send(`Welcome to ${ctx.params.room}, ${ctx.ip}`);
});
