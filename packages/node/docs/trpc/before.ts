import type { Server } from "node:http";
// #region guide
import { createServer, type IncomingMessage } from "node:http";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import cors from "cors";
import { WebSocketServer } from "ws";

const createContext = ({ req }: { req: IncomingMessage }) => ({ cookie: req.headers.cookie });
const t = initTRPC.context<typeof createContext>().create();
const router = t.router({
  hello: t.procedure.query(({ ctx }) => `Hello, ${ctx.cookie}`),
});

const middleware = cors({ origin: ["https://app.example.com"], credentials: true });
const server = createServer(createHTTPHandler({ router, createContext, middleware }));
applyWSSHandler({ wss: new WebSocketServer({ server }), router, createContext });
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
