import type { Server } from "node:http";
// #region guide
import { createServer, type IncomingMessage } from "node:http";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { createPolicy, guard, identityOf } from "@wsorigin/node";
import cors from "cors";
import { WebSocketServer } from "ws";

const createContext = ({ req }: { req: IncomingMessage }) => ({
  cookie: req.headers.cookie,
  identity: identityOf(req),
});
const t = initTRPC.context<typeof createContext>().create();
const router = t.router({
  hello: t.procedure.query(({ ctx }) => `Hello, ${ctx.cookie}`),
  page: t.procedure.query(({ ctx }) => ctx.identity?.origin),
});

const policy = createPolicy({ origins: ["https://app.example.com"], hosts: ["api.example.com", "127.0.0.1"] });
const middleware = cors({
  origin: (origin, callback) => callback(null, policy.allowsOrigin(origin)),
  credentials: true,
});
const server = createServer(createHTTPHandler({ router, createContext, middleware }));
guard(server, { policy });
applyWSSHandler({ wss: new WebSocketServer({ server }), router, createContext });
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
