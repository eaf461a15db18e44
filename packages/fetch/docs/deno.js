import { createPolicy } from "@wsorigin/core";
import { upgradeGuard } from "@wsorigin/fetch";

const policy = createPolicy({ origins: ["https://app.example.com"] });
const guard = upgradeGuard({ policy, protocols: ["chat.v1"] });

Deno.serve({ port: Number(Deno.env.get("PORT") ?? 3000) }, async (request, info) => {
  if (!request.headers.has("upgrade")) return new Response("page");
  const result = await guard(request, { ip: info.remoteAddr.hostname });
  if (!result.allowed) return result.response;
  const { socket, response } = Deno.upgradeWebSocket(request, { protocol: result.protocol });
  result.attach(socket, { onMessage: (message) => socket.send(message) });
  return response;
});
