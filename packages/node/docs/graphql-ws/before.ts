import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import cors from "cors";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";

const handleCors = cors({ origin: ["https://app.example.com"], credentials: true });
const server = createServer((request, response) => handleCors(request, response, () => response.end("Hello")));

const sockets = new WebSocketServer({ server, path: "/graphql" });
useServer({ schema: buildSchema("type Query { hello: String }"), roots: { query: { hello: () => "Hello" } } }, sockets);
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
