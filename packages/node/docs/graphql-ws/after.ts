import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { createPolicy, guard } from "@wsorigin/node";
import cors from "cors";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const policy = createPolicy({ origins: ["https://app.example.com"] });
const handleCors = cors({
  origin: (origin, callback) => callback(null, policy.allowsOrigin(origin) || []),
  credentials: true,
});
const server = createServer((request, response) => handleCors(request, response, () => response.end("Hello")));
guard(server, { policy });

const sockets = new WebSocketServer({ server, path: "/graphql" });
useServer({ schema: buildSchema("type Query { hello: String }"), roots: { query: { hello: () => "Hello" } } }, sockets);
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
