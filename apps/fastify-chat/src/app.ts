import cors from "@fastify/cors";
import files from "@fastify/static";
import { corsOptions, type Policy } from "@wsorigin/fastify";
import { type Chat, chatFolders, pageHeaders, type Visitors } from "chat-kit";
import type {
  FastifyError,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  onRequestAsyncHookHandler,
} from "fastify";

export interface AppOptions {
  readonly policy: Policy;
  readonly visitors: Visitors;
  readonly chat: Chat;
  /** Where the page opens its sockets: `ws://localhost:3000`. */
  readonly socketOrigin: string;
}

/** The whole app: pages, sessions, an HTTP API with CORS, and the rooms. Whoever registers it says first what takes its sockets. */
export const chatApp: FastifyPluginAsync<AppOptions> = async (app, options) => {
  const { visitors, chat, socketOrigin } = options;
  const headers = pageHeaders([socketOrigin]);
  app.setErrorHandler(failed);
  app.addHook("onRequest", async (_request, reply) => void reply.headers(headers));
  await app.register(api, { prefix: "/api", ...options });
  await app.register(files, { root: [chatFolders.own, chatFolders.common], index: false });
  app.get("/", (request, reply) => {
    reply.header("Cache-Control", "no-store");
    if (visitors.find(request) === undefined) reply.header("Set-Cookie", visitors.admit());
    return reply.sendFile("index.html", { cacheControl: false });
  });
  app.get<{ Params: { room: string } }>(
    "/chat/:room",
    { websocket: true, onRequest: requireVisitor(visitors) },
    (socket, request) => chat.join(socket, request.params.room, visitors.of(request)),
  );
};

const api: FastifyPluginAsync<AppOptions> = async (app, { policy, visitors, chat }) => {
  // A form of another site can post text without asking first, but not JSON: for that, its browser sends a preflight, which CORS answers.
  app.removeContentTypeParser("text/plain");
  await app.register(cors, { ...corsOptions(policy), credentials: true });
  app.addHook("onRequest", async (_request, reply) => void reply.header("Cache-Control", "no-store"));
  app.addHook("onRequest", requireVisitor(visitors));
  app.get("/me", (request) => ({ name: visitors.of(request).name }));
  app.get("/rooms", () => ({ rooms: chat.rooms() }));
  app.get<{ Querystring: { room?: unknown } }>("/messages", (request) => ({
    messages: chat.history(request.query.room),
  }));
  app.post<{ Body: { room?: unknown; text?: unknown } }>(
    "/messages",
    { bodyLimit: 4096, schema: { body: { type: "object" } } },
    (request, reply) => {
      const said = chat.say(visitors.of(request), request.body.room, request.body.text);
      reply.code("message" in said ? 201 : said.problem === "too-fast" ? 429 : 400);
      return said;
    },
  );
};

/** Lets those in who have a session: HTTP requests, and handshakes before their socket opens. */
function requireVisitor(visitors: Visitors): onRequestAsyncHookHandler {
  return async function requireVisitor(request, reply) {
    if (visitors.find(request) === undefined) await reply.code(401).send({ problem: "no-session" });
  };
}

/** What is wrong with a request is told by its status alone; a stack trace is nobody's business. */
function failed({ statusCode = 500 }: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const problem = statusCode === 415 ? "not-json" : "not-understood";
  reply.code(statusCode >= 400 && statusCode < 500 ? statusCode : 500).send({ problem });
}
