import { createPolicy } from "@wsorigin/core";
import { upgradeGuard } from "@wsorigin/fetch";

const policy = createPolicy({ origins: ["https://app.example.com"] });
const guard = upgradeGuard({ policy, protocols: ["chat.v1"] });

Bun.serve({
  port: Number(process.env.PORT ?? 3000),
  async fetch(request, server) {
    if (!request.headers.has("upgrade")) return new Response("page");
    const result = await guard(request, { ip: server.requestIP(request)?.address });
    if (!result.allowed) return result.response;
    // Bun answers with the first subprotocol that the client offers, a token included, unless it is told another one.
    const headers = { "Sec-WebSocket-Protocol": result.protocol ?? "" };
    return server.upgrade(request, { headers, data: { result } }) ? undefined : new Response(null, { status: 400 });
  },
  websocket: {
    open(socket) {
      const { data } = socket;
      data.connection = data.result.attach(socket, { onMessage: (message) => socket.send(message) });
    },
    message: (socket, message) => socket.data.connection.receive(message),
    close: (socket) => socket.data.connection?.closed(),
  },
});
