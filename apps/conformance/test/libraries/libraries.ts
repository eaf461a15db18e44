import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import { Hocuspocus } from "@hocuspocus/server";
import { until } from "@wsorigin/testing";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { buildSchema } from "graphql";
import { createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { Server as SocketIo } from "socket.io";
import { io } from "socket.io-client";
import { WebSocket, WebSocketServer } from "ws";
import { onLastTransport } from "../../../../packages/node/test/socket-io-support.ts";
import type { GuardedGate } from "../../../../packages/testing/test/guarded.ts";

export const page = "https://app.example";

/** A library that opens sockets on a guarded server. */
export interface Library {
  readonly name: string;
  /** Attaches its server, and calls `arrived` with the request that it hands out for each of its sockets. Returns what ends it. */
  attach(server: Server, gate: GuardedGate<unknown>, arrived: (request: IncomingMessage) => void): () => unknown;
  /** Opens a socket with its own client, as a page of `https://app.example`. */
  connect(port: number, ticket: string): Client;
  /** The close code that its client sees when the gate closes the socket with this one. A polling request has none. */
  code(code: number): number | undefined;
}

export interface Client {
  /** Uses the socket once, as soon as it is open. Returns "hello". */
  readonly use: () => Promise<unknown>;
  /** The close code. */
  readonly closed: Promise<number | undefined>;
  readonly end: () => void;
}

const same = (code: number): number => code;

/** `ws`, with the Origin that a page would have. */
class FromPage extends WebSocket {
  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols, { origin: page });
  }
}

/** A promise, with what settles it. */
function closing(): { readonly closed: Client["closed"]; readonly close: (code: number | undefined) => void } {
  let close: (code: number | undefined) => void = () => {};
  const closed = new Promise<number | undefined>((resolve) => (close = resolve));
  return { closed, close: (code) => close(code) };
}

const urlOf = (port: number, ticket: string): string => `ws://127.0.0.1:${port}/library?ticket=${ticket}`;

const ws: Library = {
  name: "ws",
  attach(server, _gate, arrived) {
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket, request) => {
      arrived(request);
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    });
    return () => sockets.close();
  },
  connect(port, ticket) {
    const socket = new FromPage(urlOf(port, ticket));
    return {
      async use() {
        if (socket.readyState === WebSocket.CONNECTING) await once(socket, "open");
        socket.send("hello");
        const [data] = await once(socket, "message");
        return String(data);
      },
      closed: new Promise((resolve) => void socket.once("close", (code) => resolve(code))),
      end: () => socket.terminate(),
    };
  },
  code: same,
};

const socketIo = (...transports: readonly ("polling" | "websocket")[]): Library => ({
  name: `Socket.IO over ${transports.join(", then ")}`,
  attach(server, { allowRequest }, arrived) {
    const own = new SocketIo(server, { allowRequest });
    own.on("connection", (socket) => {
      arrived(socket.request);
      socket.on("ask", (text, answer) => answer(text));
    });
    return () => own.engine.close();
  },
  connect(port, ticket) {
    const options = { transports: [...transports], reconnection: false, forceNew: true, query: { ticket } };
    const socket = io(`http://127.0.0.1:${port}`, { ...options, extraHeaders: { Origin: page } });
    const upgraded = onLastTransport(socket);
    const { closed, close } = closing();
    socket.io.on("close", (_reason, details) => {
      const code: unknown = Reflect.get(Object(Reflect.get(Object(details), "context")), "code");
      close(typeof code === "number" ? code : undefined);
    });
    return {
      async use() {
        await upgraded;
        return socket.emitWithAck("ask", "hello");
      },
      closed,
      end: () => socket.disconnect(),
    };
  },
  code: transports.includes("websocket") ? same : () => undefined,
});

const graphql: Library = {
  name: "graphql-ws",
  attach(server, _gate, arrived) {
    const sockets = new WebSocketServer({ server });
    const schema = buildSchema("type Query { hello: String }");
    const disposable = useServer(
      { schema, roots: { query: { hello: () => "hello" } }, onConnect: ({ extra }) => arrived(extra.request) },
      sockets,
    );
    return () => disposable.dispose();
  },
  connect(port, ticket) {
    const { closed, close } = closing();
    const client = createClient({
      url: urlOf(port, ticket),
      webSocketImpl: FromPage,
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => {},
    });
    client.on("closed", (event) => close(Number(Reflect.get(Object(event), "code"))));
    return {
      async use() {
        for await (const { data } of client.iterate({ query: "{ hello }" })) return data?.["hello"];
        return undefined;
      },
      closed,
      end: () => void client.dispose(),
    };
  },
  code: same,
};

const { router, procedure } = initTRPC.context<object>().create();
const appRouter = router({ hello: procedure.query(() => "hello") });

const trpc: Library = {
  name: "tRPC",
  attach(server, _gate, arrived) {
    const sockets = new WebSocketServer({ server });
    applyWSSHandler({
      wss: sockets,
      router: appRouter,
      createContext({ req }) {
        arrived(req);
        return {};
      },
    });
    return () => sockets.close();
  },
  connect(port, ticket) {
    const { closed, close } = closing();
    const client = createWSClient({
      url: urlOf(port, ticket),
      WebSocket: FromPage as never,
      retryDelayMs: () => 60_000,
      onClose: (cause) => close(cause?.code),
    });
    const proxy = createTRPCClient<typeof appRouter>({ links: [wsLink({ client })] });
    return { use: () => proxy.hello.query(), closed, end: () => void client.close() };
  },
  code: same,
};

const hocuspocus: Library = {
  name: "Hocuspocus",
  attach(server, _gate, arrived) {
    const sockets = new WebSocketServer({ server });
    const own = new Hocuspocus({ quiet: true, onConnect: async ({ request }) => arrived(request) });
    sockets.on("connection", (socket, request) => own.handleConnection(socket, request));
    return () => {
      own.closeConnections();
      sockets.close();
    };
  },
  connect(port, ticket) {
    const { closed, close } = closing();
    const websocketProvider = new HocuspocusProviderWebsocket({
      url: urlOf(port, ticket),
      WebSocketPolyfill: FromPage,
      onClose: ({ event }) => close(event.code),
      delay: 60_000,
      minDelay: 60_000,
    });
    const provider = new HocuspocusProvider({ websocketProvider, name: "document" });
    const synced = new Promise<void>((resolve) => provider.on("synced", () => resolve()));
    provider.attach();
    return {
      async use() {
        await synced;
        const map = provider.document.getMap("map");
        map.set("text", "hello");
        await until(() => !provider.hasUnsyncedChanges, "the server has the change");
        return map.get("text");
      },
      closed,
      end() {
        provider.destroy();
        websocketProvider.destroy();
      },
    };
  },
  code: same,
};

export const libraries: readonly Library[] = [
  ws,
  socketIo("websocket"),
  socketIo("polling"),
  socketIo("polling", "websocket"),
  graphql,
  trpc,
  hocuspocus,
];
