import { setImmediate as turn } from "node:timers/promises";
import type { AdapterContext, AdapterRoute } from "./adapter.ts";

/** The routes of the suite: one sends its context and then echoes, two fail. `opened` is called with the context of every handler that runs. */
export function suiteRoutes(opened: (context: AdapterContext) => void): readonly AdapterRoute[] {
  return [
    {
      path: "/chat/:room",
      handler(socket, context) {
        opened(context);
        const { params, query, cookies, origin, ip, protocol, principal } = context;
        const greeting = { params, query: Object.fromEntries(query), cookies, origin, ip, protocol, principal };
        socket.send(JSON.stringify(greeting), { binary: false });
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
      },
    },
    {
      path: "/throws",
      handler(_socket, context) {
        opened(context);
        throw new Error("thrown on purpose");
      },
    },
    {
      path: "/rejects",
      async handler(_socket, context) {
        opened(context);
        await turn();
        throw new Error("rejected on purpose");
      },
    },
  ];
}
