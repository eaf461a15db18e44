import { setImmediate as turn } from "node:timers/promises";
import type { AdapterContext, AdapterRoute } from "./adapter.ts";

/** The first message of the echoing route: what its handler was given. */
export interface Greeting {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, string>>;
  readonly cookies: Readonly<Record<string, string>>;
  readonly origin?: string;
  readonly ip: string;
  readonly protocol: string;
}

/** The routes of the suite. `opened` is told of every handler that runs. */
export function suiteRoutes(opened: (context: AdapterContext) => void): readonly AdapterRoute[] {
  return [
    {
      path: "/chat/:room",
      handler(socket, context) {
        opened(context);
        const { params, query, cookies, origin, ip, protocol } = context;
        socket.send(JSON.stringify({ params, query: Object.fromEntries(query), cookies, origin, ip, protocol }));
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
