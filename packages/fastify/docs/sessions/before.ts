import type { Server } from "node:http";
// #region guide
import cookie from "@fastify/cookie";
import session from "@fastify/session";
import websocket from "@fastify/websocket";
import Fastify from "fastify";
import { findUser } from "./users.ts";

const app = Fastify();
await app.register(websocket);
await app.register(cookie);
await app.register(session, {
  secret: "a secret of at least 32 characters",
  saveUninitialized: false,
  cookie: { secure: "auto" },
});

app.post<{ Body: { username: string; password: string } }>("/login", async (request, reply) => {
  const user = findUser(request.body.username, request.body.password);
  if (user === undefined) return reply.code(401).send();
  await request.session.regenerate();
  request.session.user = user;
  return reply.code(204).send();
});
app.post("/logout", async (request, reply) => {
  await request.session.destroy();
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
