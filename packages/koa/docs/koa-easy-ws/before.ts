import type { Server } from "node:http";
// #region guide
import cors from "@koa/cors";
import Koa from "koa";
import websocket from "koa-easy-ws";

const origins = ["https://app.example.com"];
const app = new Koa();
app
  .use(cors({ origin: (ctx) => origins.find((origin) => origin === ctx.get("Origin")) ?? "", credentials: true }))
  .use(websocket())
  .use(async (ctx) => {
    if (ctx.path !== "/chat" || ctx.ws === undefined) {
      ctx.body = "Hello";
      return;
    }
    const socket = await ctx.ws();
    socket.send(`Hello, ${ctx.cookies.get("user")}`);
    socket.on("message", (data) => socket.send(data));
  });
// #endregion

export const listen = (port: number): Server => app.listen(port, "127.0.0.1");
