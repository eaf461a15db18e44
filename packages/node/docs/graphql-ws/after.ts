import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { createPolicy, guard, identityOf } from "@wsorigin/node";
import cors from "cors";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const policy = createPolicy({ origins: ["https://app.example.com"], hosts: ["api.example.com", "127.0.0.1"] });
const handleCors = cors({
  origin: (origin, callback) => callback(null, policy.allowsOrigin(origin) || []),
  credentials: true,
});
const server = createServer((request, response) => handleCors(request, response, () => response.end("Hello")));
guard(server, { policy });

const sockets = new WebSocketServer({ server, path: "/graphql" });
const page = (_arguments: unknown, context: { page?: string }) => context.page;
useServer(
  {
    schema: buildSchema("type Query { hello: String, page: String }"),
    roots: { query: { hello: () => "Hello", page } },
    context: ({ extra }) => ({ page: identityOf(extra.request)?.origin }),
  },
  sockets,
);
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
