import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { createPolicy, guard } from "@wsorigin/node";

const server = createServer((_request, response) => response.end("Hello"));
const policy = createPolicy({ origins: ["https://app.example.com"] });
const gate = guard(server, { policy });

gate.route("/chat", (client, { request }) => {
  client.send(`Hello, ${request.headers.cookie}`);
  client.on("message", (data) => client.send(data));
});
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
