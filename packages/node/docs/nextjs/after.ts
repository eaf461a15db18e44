import { until } from "@wsorigin/testing";
import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { createPolicy, guard } from "@wsorigin/node";
import next from "next";

const app = next({ dev: process.env["NODE_ENV"] !== "production", dir: import.meta.dirname });
await app.prepare();
const handle = app.getRequestHandler();
const server = createServer((request, response) => handle(request, response));

const policy = createPolicy({
  origins: ["https://app.example.com"],
  sameHost: true,
  hosts: ["app.example.com", "localhost", "127.0.0.1"],
});
const gate = guard(server, { policy });
gate.route("/chat", (client) => {
  client.on("message", (data) => client.send(data));
});

// Next listens to upgrades from its first request on. This one is for pages that are open during a restart.
server.once("listening", async () => {
  const address = server.address();
  if (address !== null && typeof address === "object")
    await fetch(`http://localhost:${address.port}/_next/static/none`);
});
// #endregion

export const listen = async (port: number): Promise<Server> => {
  const listeners = server.listenerCount("upgrade");
  server.listen(port, "127.0.0.1");
  await until(() => server.listenerCount("upgrade") > listeners, "Next listens to upgrades");
  return server;
};
export const close = (): Promise<void> => app.close();
