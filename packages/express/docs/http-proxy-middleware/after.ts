import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { createPolicy, guard } from "@wsorigin/express";
import express from "express";
import { createProxyMiddleware } from "http-proxy-middleware";
import { target } from "./backend.ts";

const app = express();
const proxy = createProxyMiddleware({ target, pathFilter: "/live", changeOrigin: true, xfwd: true });
app.use(proxy);

const server = createServer(app);
const policy = createPolicy({ origins: ["https://app.example.com"] });
guard(server, { app, policy });
server.on("upgrade", proxy.upgrade);
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
