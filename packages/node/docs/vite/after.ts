import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { createPolicy, guard } from "@wsorigin/node";
import { createServer as createViteServer } from "vite";

const server = createServer((request, response) => vite.middlewares(request, response));
const policy = createPolicy({
  origins: ["https://app.example.com"],
  sameHost: true,
  hosts: ["app.example.com", "localhost", "127.0.0.1"],
});
const gate = guard(server, { policy });
gate.route("/chat", (client) => {
  client.on("message", (data) => client.send(data));
});

const vite = await createViteServer({
  root: import.meta.dirname,
  appType: "custom",
  server: { middlewareMode: true, ws: { server } },
});
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
export const close = (): Promise<void> => vite.close();
