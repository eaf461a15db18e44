import cors from "@fastify/cors";
import files from "@fastify/static";
import { corsOptions, type Policy } from "@wsorigin/fastify";
import type { Tickets } from "@wsorigin/tickets";
import {
  type Chat,
  chatFolders,
  clientFolder,
  type Door,
  pageHeaders,
  revocationOf,
  ticketFor,
  type Visitor,
  type Visitors,
} from "chat-kit";
import type { FastifyError, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { WebSocket } from "@fastify/websocket";

export interface AppOptions {
  readonly policy: Policy<Visitor>;
  readonly tickets: Tickets<Visitor>;
  /** How long a ticket lets a socket stay, in milliseconds. */
  readonly stay: number;
  readonly visitors: Visitors;
  readonly chat: Chat;
  /** Where the page opens its sockets: `ws://localhost:3000`. */
  readonly socketOrigin: string;
  /** Other ways into the rooms. */
  readonly doors: readonly Door[];
}

interface RoomRoute {
  readonly Params: { readonly room: string };
}

/** The whole app: pages, sessions, an HTTP API with CORS, and the rooms. Whoever registers it says first what takes its sockets. */
export const chatApp: FastifyPluginAsync<AppOptions> = async (app, options) => {
  const { visitors, chat, socketOrigin, doors } = options;
  const headers = pageHeaders([socketOrigin]);
  app.setErrorHandler(failed);
  app.addHook("onRequest", async (_request, reply) => void reply.headers(headers));
  await app.register(api, { prefix: "/api", ...options });
  await app.register(files, { root: [chatFolders.own, chatFolders.common], index: false });
  app.get("/", (_request, reply) => reply.sendFile("index.html"));
  await app.register(files, { root: clientFolder, prefix: "/client/", decorateReply: false });
  app.get<RoomRoute>("/chat/:room", { websocket: true }, join);
  for (const { path, ...door } of doors)
    app.get<RoomRoute>(path, { websocket: true, config: { wsorigin: door } }, join);

  function join(socket: WebSocket, request: FastifyRequest<RoomRoute>): void {
    const { wsorigin, params } = request;
    // Without the guard there is nothing but the session's cookie.
    const visitor = wsorigin === null ? visitors.find(request)?.visitor : visitors.named(wsorigin.principal);
    if (visitor === undefined) return socket.close(4401, "Unauthorized");
    chat.join(socket, params.room, visitor, wsorigin);
  }
};

declare module "@wsorigin/fastify" {
  interface Register {
    policy: Policy<Visitor>;
  }
}

const api: FastifyPluginAsync<AppOptions> = async (app, options) => {
  const { policy, visitors } = options;
  // A form of another site can post text without asking first, but not JSON: for that, its browser sends a preflight, which CORS answers.
  app.removeContentTypeParser("text/plain");
  await app.register(cors, { ...corsOptions(policy), credentials: true });
  app.addHook("onRequest", async (_request, reply) => void reply.header("Cache-Control", "no-store"));
  app.post<{ Body: { name?: unknown; password?: unknown } }>("/login", json, async (request, reply) => {
    const result = await visitors.login(request.body.name, request.body.password);
    if ("cookie" in result) return reply.code(204).header("Set-Cookie", result.cookie).send();
    return reply.code(result.problem === "wrong-password" ? 401 : 400).send(result);
  });
  await app.register(members, { ...options, prefix: "" });
};

/** What is for those alone who have logged in. */
const members: FastifyPluginAsync<AppOptions> = async (app, { policy, tickets, stay, visitors, chat }) => {
  app.addHook("onRequest", async (request, reply) => {
    if (visitors.find(request) === undefined) await reply.code(401).send({ problem: "no-session" });
  });
  app.post<{ Body: { everywhere?: unknown } }>("/logout", json, async (request, reply) => {
    const session = visitors.of(request);
    const everywhere = request.body.everywhere === true;
    visitors.logout(session, everywhere);
    await tickets.revoke(revocationOf(session, everywhere));
    return reply.code(204).send();
  });
  app.post("/ticket", async (request, reply) => {
    const { origin } = request.headers;
    if (origin === undefined || !policy.allowsOrigin(origin))
      return reply.code(403).send({ problem: "not-for-this-page" });
    return { ticket: await tickets.issue(ticketFor(visitors.of(request), origin, stay)) };
  });
  app.get("/me", (request) => ({ name: visitors.of(request).visitor.name }));
  app.get("/rooms", () => ({ rooms: chat.rooms() }));
  app.get<{ Querystring: { room?: unknown } }>("/messages", (request) => ({
    messages: chat.history(request.query.room),
  }));
  app.post<{ Body: { room?: unknown; text?: unknown } }>("/messages", json, (request, reply) => {
    const said = chat.say(visitors.of(request).visitor, request.body.room, request.body.text);
    reply.code("message" in said ? 201 : said.problem === "too-fast" ? 429 : 400);
    return said;
  });
};

const json = { bodyLimit: 4096, schema: { body: { type: "object" } } } as const;

/** What is wrong with a request is told by its status alone; a stack trace is nobody's business. */
function failed({ statusCode = 500 }: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const problem = statusCode === 415 ? "not-json" : "not-understood";
  reply.code(statusCode >= 400 && statusCode < 500 ? statusCode : 500).send({ problem });
}
