import type { Server } from "node:http";
// #region guide
import cors from "@fastify/cors";
import { corsOptions, createPolicy, wsorigin } from "@wsorigin/fastify";
import Fastify from "fastify";

const policy = createPolicy({ origins: ["https://app.example.com"] });
const app = Fastify();
await app.register(wsorigin, { policy });
await app.register(cors, { ...corsOptions(policy), credentials: true });

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
