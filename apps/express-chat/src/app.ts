import { corsOptions, type Policy } from "@wsorigin/express";
import { type Chat, chatFolders, pageHeaders, type Visitors } from "chat-kit";
import cors from "cors";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";

export interface AppOptions {
  readonly policy: Policy;
  readonly visitors: Visitors;
  readonly chat: Chat;
  /** Where the page opens its sockets: `ws://localhost:3000`. */
  readonly socketOrigin: string;
}

/** The app as it would be without any WebSocket: pages, sessions, an HTTP API with CORS. */
export function createApp({ policy, visitors, chat, socketOrigin }: AppOptions): Express {
  const app = express();
  const headers = pageHeaders([socketOrigin]);
  app.disable("x-powered-by");
  app.use((_request, response, next) => {
    response.set(headers);
    next();
  });
  app.use("/api", cors({ ...corsOptions(policy), credentials: true }), api(visitors, chat));
  app.get("/", (request, response, next) => {
    response.set("Cache-Control", "no-store");
    if (visitors.find(request) === undefined) response.append("Set-Cookie", visitors.admit());
    next();
  });
  app.use(express.static(chatFolders.own), express.static(chatFolders.common));
  app.use(failed);
  return app;
}

/** Lets those in who have a session: HTTP requests, and handshakes before their socket opens. */
export function requireVisitor(visitors: Visitors): RequestHandler {
  return function requireVisitor(request, response, next) {
    if (visitors.find(request) !== undefined) return next();
    response.status(401).json({ problem: "no-session" });
  };
}

function api(visitors: Visitors, chat: Chat): express.Router {
  const router = express.Router();
  router.use((_request, response, next) => {
    response.set("Cache-Control", "no-store");
    next();
  });
  router.use(requireVisitor(visitors));
  router.get("/me", (request, response) => {
    response.json({ name: visitors.of(request).name });
  });
  router.get("/rooms", (_request, response) => {
    response.json({ rooms: chat.rooms() });
  });
  router.get("/messages", (request, response) => {
    response.json({ messages: chat.history(request.query["room"]) });
  });
  router.post("/messages", jsonOnly, express.json({ limit: "4kb" }), (request, response) => {
    const { room, text } = bodyOf(request.body);
    const said = chat.say(visitors.of(request), room, text);
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

function bodyOf(body: unknown): { readonly room?: unknown; readonly text?: unknown } {
  return typeof body === "object" && body !== null ? body : {};
}
