import { wsorigin } from "@wsorigin/fastify";
import Fastify from "fastify";
import { policy, type Running } from "./app.js";

export async function start(): Promise<Running> {
  const app = Fastify();
  await app.register(wsorigin, { policy, log: false });
  app.get<{ Params: { room: string } }>("/chat/:room", { websocket: true }, (socket, request) => {
    socket.send(`${String(request.wsorigin?.principal ?? "a guest")} in ${request.params.room}`);
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const address = app.server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: () => app.close(),
  };
}
