import type { Server as HttpServer } from "node:http";
// #region guide
import { Server } from "@hocuspocus/server";
import { createPolicy, guard, identityOf } from "@wsorigin/node";

const server = new Server({
  async onConnect({ request }) {
    const identity = identityOf(request);
    if (identity === undefined) throw new Error("No gate has decided.");
    return { page: identity.origin };
  },
  async onAuthenticate({ requestHeaders }) {
    if (!requestHeaders.cookie?.includes("user=ann")) throw new Error("Sign in");
    return { user: "ann" };
  },
});

const policy = createPolicy({ origins: ["https://app.example.com"], hosts: ["api.example.com", "127.0.0.1"] });
guard(server.httpServer, { policy });
// #endregion

export const listen = (port: number): HttpServer => server.httpServer.listen(port, "127.0.0.1");
