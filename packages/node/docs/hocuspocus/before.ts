import type { Server as HttpServer } from "node:http";
// #region guide
import { Server } from "@hocuspocus/server";

const server = new Server({
  async onAuthenticate({ requestHeaders }) {
    if (!requestHeaders.cookie?.includes("user=ann")) throw new Error("Sign in");
    return { user: "ann" };
  },
});
// #endregion

export const listen = (port: number): HttpServer => server.httpServer.listen(port, "127.0.0.1");
