import type { Server } from "node:http";
// #region guide
import cookie from "@fastify/cookie";
import session from "@fastify/session";
import { createPolicy, requestGuard, wsorigin } from "@wsorigin/fastify";
import Fastify from "fastify";
import { findUser } from "./users.ts";

const policy = createPolicy({ origins: ["https://app.example.com"] });
const app = Fastify({ trustProxy: "127.0.0.1" }); // a proxy on this machine ends TLS
await app.register(wsorigin, { policy });
await app.register(cookie);
await app.register(session, {
  secret: "a secret of at least 32 characters",
  saveUninitialized: false,
  cookieName: "__Host-sid",
  cookie: { path: "/", secure: true, httpOnly: true, sameSite: "lax" },
});

const onRequest = requestGuard(policy);
app.post<{ Body: { username: string; password: string } }>("/login", { onRequest }, async (request, reply) => {
  const user = findUser(request.body.username, request.body.password);
  if (user === undefined) return reply.code(401).send();
  await request.session.regenerate();
  request.session.user = user;
  return reply.code(204).send();
});
app.post("/logout", { onRequest }, async (request, reply) => {
  const { sessionId } = request.session;
  await request.session.destroy();
  app.wsorigin.disconnect((connection) => connection.request.session.sessionId === sessionId, 4401, "Signed out");
  return reply.code(204).send();
});

app.get(
  "/chat",
  {
    websocket: true,
    preValidation: async ({ session }, reply) => {
      if (session.user === undefined) await reply.code(401).send();
    },
  },
  (socket, { session }) => {
    socket.send(JSON.stringify(session.user));
    socket.on("message", (data) => socket.send(data));
  },
);
// #endregion

export const listen = async (port: number): Promise<Server> => {
  await app.listen({ port, host: "127.0.0.1" });
  return app.server;
};
export const close = async (): Promise<void> => app.close();
