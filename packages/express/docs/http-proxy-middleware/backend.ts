import { once } from "node:events";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const server = createServer((request, response) => response.end(`HTTP ${request.url}`));
new WebSocketServer({ server }).on("connection", (socket, { url, headers }) => {
  socket.send(JSON.stringify({ url, ...headers }));
  socket.on("message", (data) => socket.send(data, { binary: false }));
});
await once(server.listen(0, "127.0.0.1").unref(), "listening");
const address = server.address();

/** A server behind the proxy: it says what it sees of a handshake, and echoes. */
export const target: string = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
