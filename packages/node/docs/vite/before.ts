import type { Server } from "node:http";
// #region guide
import { createServer } from "node:http";
import { createServer as createViteServer } from "vite";
import { WebSocketServer } from "ws";

const server = createServer((request, response) => vite.middlewares(request, response));
const vite = await createViteServer({
  root: import.meta.dirname,
  appType: "custom",
  server: { middlewareMode: true, ws: { server } },
});

const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  if (request.url !== "/chat") return;
  sockets.handleUpgrade(request, socket, head, (client) => {
    client.on("message", (data) => client.send(data));
  });
});
// #endregion

export const listen = (port: number): Server => server.listen(port, "127.0.0.1");
export const close = (): Promise<void> => vite.close();
