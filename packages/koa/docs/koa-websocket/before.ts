import type { Server } from "node:http";
// #region guide
import cors from "@koa/cors";
import Koa from "koa";
import websockify from "koa-websocket";

const app = websockify(new Koa());
app.use(
  cors({
    origin: (ctx) => (ctx.get("Origin") === "https://app.example.com" ? "https://app.example.com" : ctx.throw(403)),
    credentials: true,
  }),
);
app.use((ctx) => void (ctx.body = "Hello"));

app.ws.use((ctx) => {
  ctx.websocket.send(`Hello, ${ctx.cookies.get("user")}`);
  ctx.websocket.on("message", (data) => ctx.websocket.send(data));
});
// #endregion

export const listen = (port: number): Server => app.listen(port, "127.0.0.1");
