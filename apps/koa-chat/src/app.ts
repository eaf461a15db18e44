import { bodyParser } from "@koa/bodyparser";
import cors from "@koa/cors";
import Router from "@koa/router";
import { corsOptions, type Policy } from "@wsorigin/koa";
import { type Chat, chatFolders, pageHeaders, type Visitors } from "chat-kit";
import Koa from "koa";
import mount from "koa-mount";
import serve from "koa-static";

export interface AppOptions {
  readonly policy: Policy;
  readonly visitors: Visitors;
  readonly chat: Chat;
  /** Where the page opens its sockets: `ws://localhost:3000`. */
  readonly socketOrigin: string;
}

/** The app as it would be without any WebSocket: pages, sessions, an HTTP API with CORS. */
export function createApp({ policy, visitors, chat, socketOrigin }: AppOptions): Koa {
  const app = new Koa();
  const headers = pageHeaders([socketOrigin]);
  app.use(failed);
  app.use((ctx, next) => {
    ctx.set({ ...headers });
    return next();
  });
  app.use(mount("/api", api(policy, visitors, chat)));
  app.use((ctx, next) => {
    if (ctx.path !== "/") return next();
    ctx.set("Cache-Control", "no-store");
    if (visitors.find(ctx) === undefined) ctx.append("Set-Cookie", visitors.admit());
    return next();
  });
  app.use(serve(chatFolders.own));
  app.use(serve(chatFolders.common));
  return app;
}

/** Lets those in who have a session: HTTP requests, and handshakes before their socket opens. */
export function requireVisitor(visitors: Visitors): Koa.Middleware {
  return async function requireVisitor(ctx, next) {
    if (visitors.find(ctx) !== undefined) await next();
    else {
      ctx.status = 401;
      ctx.body = { problem: "no-session" };
    }
  };
}

function api(policy: Policy, visitors: Visitors, chat: Chat): Koa {
  const router = new Router();
  router.get("/me", (ctx) => {
    ctx.body = { name: visitors.of(ctx).name };
  });
  router.get("/rooms", (ctx) => {
    ctx.body = { rooms: chat.rooms() };
  });
  router.get("/messages", (ctx) => {
    ctx.body = { messages: chat.history(ctx.query["room"]) };
  });
  router.post("/messages", jsonOnly, bodyParser({ enableTypes: ["json"], jsonLimit: "4kb" }), (ctx) => {
    const { room, text } = bodyOf(ctx.request.body);
    const said = chat.say(visitors.of(ctx), room, text);
    ctx.status = "message" in said ? 201 : said.problem === "too-fast" ? 429 : 400;
    ctx.body = said;
  });
  const api = new Koa();
  api.use(cors({ ...corsOptions(policy), credentials: true }));
  api.use((ctx, next) => {
    ctx.set("Cache-Control", "no-store");
    return next();
  });
  api.use(requireVisitor(visitors));
  api.use(router.routes());
  return api;
}

/** A form of another site can post without asking first, but not as JSON: for that, its browser sends a preflight, which CORS answers. */
const jsonOnly: Koa.Middleware = async (ctx, next) => {
  if (ctx.is("application/json") !== false) await next();
  else {
    ctx.status = 415;
    ctx.body = { problem: "not-json" };
  }
};

/** What is wrong with a request is told by its status alone; a stack trace is nobody's business. */
const failed: Koa.Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    const status = typeof error === "object" && error !== null && "status" in error ? Number(error.status) : 500;
    ctx.status = status >= 400 && status < 500 ? status : 500;
    ctx.body = { problem: "not-understood" };
  }
};

function bodyOf(body: unknown): { readonly room?: unknown; readonly text?: unknown } {
  return typeof body === "object" && body !== null ? body : {};
}
