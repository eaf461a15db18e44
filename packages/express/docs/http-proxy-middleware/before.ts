import type { Server } from "node:http";
// #region guide
import express from "express";
import { createProxyMiddleware } from "http-proxy-middleware";
import { target } from "./backend.ts";

const app = express();
app.use(createProxyMiddleware({ target, pathFilter: "/live", changeOrigin: true, ws: true }));
// #endregion

export const listen = (port: number): Server => app.listen(port, "127.0.0.1");
