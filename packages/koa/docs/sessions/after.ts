import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { createPolicy, guard, requestGuard } from "@wsorigin/koa";
import Koa from "koa";
import session from "koa-session";
import { findUser } from "./users.ts";
import { store } from "./store.ts";

const policy = createPolicy({ origins: ["https://app.example.com"] });
const app = new Koa();
app.keys = ["a secret"];
app.proxy = true; // a proxy ends TLS
const sessions = session({ key: "__Host-sid", secure: true, httpOnly: true, sameSite: "lax", store }, app);
const requireUser: Koa.Middleware = (ctx, next) => (ctx.session.user === undefined ? ctx.throw(401) : next());

const guarded = requestGuard(policy);
app.use((ctx, next) => (ctx.method === "POST" ? guarded(ctx, next) : next()));
app.use(sessions);

app.use(async (ctx, next) => {
  if (ctx.method !== "POST") {
    await next();
    return;
  }
  const form = new URLSearchParams(await text(ctx.req));
  if (ctx.path === "/login") {
    ctx.session.user = findUser(form.get("username"), form.get("password")) ?? ctx.throw(401);
    await ctx.session.regenerate();
  }
  if (ctx.path === "/logout") {
    const { externalKey } = ctx.session;
    await store.destroy(externalKey);
    ctx.session = null;
    gate.disconnect(({ request }) => request.session.externalKey === externalKey, 4401, "Signed out");
  }
  ctx.status = 204;
});

const server = createServer(app.callback());
const gate = guard(server, { app, policy, before: [sessions, requireUser] });
gate.route("/chat", (socket, ctx) => {
  socket.send(JSON.stringify(ctx.session.user));
  socket.on("message", (data) => socket.send(data));
});
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
