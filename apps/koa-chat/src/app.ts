import { bodyParser } from "@koa/bodyparser";
import cors from "@koa/cors";
import Router from "@koa/router";
import { corsOptions, type Policy } from "@wsorigin/koa";
import type { Tickets } from "@wsorigin/tickets";
import {
  type Chat,
  chatFolders,
  clientFolder,
  pageHeaders,
  revocationOf,
  ticketFor,
  type Visitor,
  type Visitors,
} from "chat-kit";
import Koa from "koa";
import mount from "koa-mount";
import serve from "koa-static";

export interface AppOptions {
  readonly policy: Policy<Visitor>;
  readonly tickets: Tickets<Visitor>;
  /** How long a ticket lets a socket stay, in milliseconds. */
  readonly stay: number;
  readonly visitors: Visitors;
  readonly chat: Chat;
  /** Where the page opens its sockets: `ws://localhost:3000`. */
  readonly socketOrigin: string;
}

/** The app as it would be without any WebSocket: pages, sessions, an HTTP API with CORS. */
export function createApp(options: AppOptions): Koa {
  const app = new Koa();
  const headers = pageHeaders([options.socketOrigin]);
  app.use(failed);
  app.use((ctx, next) => {
    ctx.set({ ...headers });
    return next();
  });
  app.use(mount("/api", api(options)));
  app.use(serve(chatFolders.own));
  app.use(serve(chatFolders.common));
  app.use(mount("/client", serve(clientFolder)));
  return app;
}

function api({ policy, tickets, stay, visitors, chat }: AppOptions): Koa {
  const router = new Router();
  router.post("/login", jsonOnly, json, async (ctx) => {
    const { name, password } = bodyOf(ctx.request.body);
    const result = await visitors.login(name, password);
    if ("cookie" in result) {
      ctx.append("Set-Cookie", result.cookie);
      ctx.status = 204;
    } else {
      ctx.status = result.problem === "wrong-password" ? 401 : 400;
      ctx.body = result;
    }
  });

  router.use(requireVisitor(visitors));
  router.post("/logout", jsonOnly, json, async (ctx) => {
    const session = visitors.of(ctx);
    const everywhere = bodyOf(ctx.request.body).everywhere === true;
    visitors.logout(session, everywhere);
    await tickets.revoke(revocationOf(session, everywhere));
    ctx.status = 204;
  });
  router.post("/ticket", async (ctx) => {
    const origin = ctx.get("Origin");
    if (policy.allowsOrigin(origin))
      ctx.body = { ticket: await tickets.issue(ticketFor(visitors.of(ctx), origin, stay)) };
    else {
      ctx.status = 403;
      ctx.body = { problem: "not-for-this-page" };
    }
  });
  router.get("/me", (ctx) => {
    ctx.body = { name: visitors.of(ctx).visitor.name };
  });
  router.get("/rooms", (ctx) => {
    ctx.body = { rooms: chat.rooms() };
  });
  router.get("/messages", (ctx) => {
    ctx.body = { messages: chat.history(ctx.query["room"]) };
  });
  router.post("/messages", jsonOnly, json, (ctx) => {
    const { room, text } = bodyOf(ctx.request.body);
    const said = chat.say(visitors.of(ctx).visitor, room, text);
    ctx.status = "message" in said ? 201 : said.problem === "too-fast" ? 429 : 400;
    ctx.body = said;
  });
  const api = new Koa();
  api.use(cors({ ...corsOptions(policy), credentials: true }));
  api.use((ctx, next) => {
    ctx.set("Cache-Control", "no-store");
    return next();
  });
  api.use(router.routes());
  return api;
}

/** Lets those in who have logged in. */
function requireVisitor(visitors: Visitors): Koa.Middleware {
  return async function requireVisitor(ctx, next) {
    if (visitors.find(ctx) !== undefined) await next();
    else {
      ctx.status = 401;
      ctx.body = { problem: "no-session" };
    }
  };
}

const json = bodyParser({ enableTypes: ["json"], jsonLimit: "4kb" });

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

type Field = "name" | "password" | "everywhere" | "room" | "text";

function bodyOf(body: unknown): { readonly [Name in Field]?: unknown } {
  return typeof body === "object" && body !== null ? body : {};
}
