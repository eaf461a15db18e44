import type { Server } from "node:http";
// #region guide
import { text } from "node:stream/consumers";
import Koa from "koa";
import websocket from "koa-easy-ws";
import session from "koa-session";
import { findUser } from "./users.ts";

const app = new Koa();
app.keys = ["a secret"];
app.use(session(app));

app.use(async (ctx, next) => {
  if (ctx.method !== "POST") {
    await next();
    return;
  }
  const form = new URLSearchParams(await text(ctx.req));
  const user = findUser(form.get("username"), form.get("password"));
  if (ctx.path === "/login") ctx.session.user = user ?? ctx.throw(401);
  if (ctx.path === "/logout") ctx.session = null;
  ctx.status = 204;
});

app.use(websocket()).use(async (ctx) => {
  const { user } = ctx.session;
  if (ctx.ws === undefined || user === undefined) {
    ctx.status = 401;
    return;
  }
  const socket = await ctx.ws();
  socket.send(JSON.stringify(user));
  socket.on("message", (data) => socket.send(data));
});
// #endregion

export const listen = (port: number): Server => app.listen(port, "127.0.0.1");
