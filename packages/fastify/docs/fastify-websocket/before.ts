import type { Server } from "node:http";
// #region guide
import cors from "@fastify/cors";
import websocket from "@fastify/websocket";
import Fastify from "fastify";

const app = Fastify();
await app.register(websocket);
await app.register(cors, { origin: ["https://app.example.com"], credentials: true });

app.get(
  "/chat/:room",
  {
    websocket: true,
    preValidation: async ({ headers }, reply) => {
      if (headers.cookie !== "user=ann") await reply.code(401).send("Sign in");
    },
  },
  (socket, request) => {
    socket.send(`Hello, ${request.headers.cookie}`);
    socket.on("message", (data) => socket.send(data));
  },
);
// #endregion

export const listen = async (port: number): Promise<Server> => {
  await app.listen({ port, host: "127.0.0.1" });
  return app.server;
};
export const close = async (): Promise<void> => app.close();
