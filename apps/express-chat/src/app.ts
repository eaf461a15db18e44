import { corsOptions, type Policy } from "@wsorigin/express";
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
import cors from "cors";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";

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
export function createApp(options: AppOptions): Express {
  const app = express();
  const headers = pageHeaders([options.socketOrigin]);
  app.disable("x-powered-by");
  app.use((_request, response, next) => {
    response.set(headers);
    next();
  });
  app.use("/api", cors({ ...corsOptions(options.policy), credentials: true }), api(options));
  app.use(express.static(chatFolders.own), express.static(chatFolders.common));
  app.use("/client", express.static(clientFolder));
  app.use(failed);
  return app;
}

function api({ policy, tickets, stay, visitors, chat }: AppOptions): express.Router {
  const router = express.Router();
  router.use((_request, response, next) => {
    response.set("Cache-Control", "no-store");
    next();
  });
  router.post("/login", jsonOnly, json, async (request, response) => {
    const { name, password } = bodyOf(request.body);
    const result = await visitors.login(name, password);
    if ("cookie" in result) response.status(204).append("Set-Cookie", result.cookie).end();
    else response.status(result.problem === "wrong-password" ? 401 : 400).json(result);
  });

  router.use((request, response, next) => {
    if (visitors.find(request) !== undefined) return next();
    response.status(401).json({ problem: "no-session" });
  });
  router.post("/logout", jsonOnly, json, async (request, response) => {
    const session = visitors.of(request);
    const everywhere = bodyOf(request.body).everywhere === true;
    visitors.logout(session, everywhere);
    await tickets.revoke(revocationOf(session, everywhere));
    response.status(204).end();
  });
  router.post("/ticket", async (request, response) => {
    const origin = request.get("Origin");
    if (origin === undefined || !policy.allowsOrigin(origin))
      response.status(403).json({ problem: "not-for-this-page" });
    else response.json({ ticket: await tickets.issue(ticketFor(visitors.of(request), origin, stay)) });
  });
  router.get("/me", (request, response) => {
    response.json({ name: visitors.of(request).visitor.name });
  });
  router.get("/rooms", (_request, response) => {
    response.json({ rooms: chat.rooms() });
  });
  router.get("/messages", (request, response) => {
    response.json({ messages: chat.history(request.query["room"]) });
  });
  router.post("/messages", jsonOnly, json, (request, response) => {
    const { room, text } = bodyOf(request.body);
    const said = chat.say(visitors.of(request).visitor, room, text);
    if ("message" in said) response.status(201).json(said);
    else response.status(said.problem === "too-fast" ? 429 : 400).json(said);
  });
  return router;
}

/** A form of another site can post without asking first, but not as JSON: for that, its browser sends a preflight, which CORS answers. */
const jsonOnly: RequestHandler = (request, response, next) => {
  if (request.is("application/json") !== false) return next();
  response.status(415).json({ problem: "not-json" });
};

/** What is wrong with a request is told by its status alone; a stack trace is nobody's business. */
const failed: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) return next(error);
  const status = typeof error === "object" && error !== null && "status" in error ? Number(error.status) : 500;
  response.status(status >= 400 && status < 500 ? status : 500).json({ problem: "not-understood" });
};

const json = express.json({ limit: "4kb" });

type Field = "name" | "password" | "everywhere" | "room" | "text";

function bodyOf(body: unknown): { readonly [Name in Field]?: unknown } {
  return typeof body === "object" && body !== null ? body : {};
}
