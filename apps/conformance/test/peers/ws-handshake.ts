import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import { setImmediate as turn } from "node:timers/promises";
import { selfSigned } from "@wsorigin/testing";
import { type ServerOptions, WebSocket, WebSocketServer } from "ws";
import { page, type Row, type Stage, told } from "./stage.ts";

/** A server of `ws` that echoes. */
export async function echo(stage: Stage, options: ServerOptions = {}): Promise<{ port: number; ws: WebSocketServer }> {
  const server = stage.plain();
  // As the server that `new WebSocketServer({ port })` makes.
  server.on("request", (_request, response) =>
    response.writeHead(426, { "Content-Length": 0, Connection: "close" }).end(),
  );
  const ws = new WebSocketServer({ server, ...options });
  ws.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return { ws, port: await stage.listen(server) };
}

export const wsHandshake: readonly Row[] = [
  {
    name: "answers a handshake with the same head and an echo",
    async run(stage) {
      const { port } = await echo(stage);
      const answer = await stage.ask(port, { path: "/a?b=c" });
      answer.frames?.send("hello");
      return [told(answer), (await answer.frames?.next())?.text];
    },
  },
  {
    name: "negotiates a subprotocol with handleProtocols, and without",
    async run(stage) {
      const headers = [["Sec-WebSocket-Protocol", "one, two"]] as const;
      const chosen = await echo(stage, { handleProtocols: (offered) => [...offered].at(-1) ?? false });
      const first = await echo(stage);
      const none = await echo(stage, { handleProtocols: () => false });
      return Promise.all([chosen, first, none].map(async ({ port }) => told(await stage.ask(port, { headers }))));
    },
  },
  {
    name: "adds header fields in the headers event",
    async run(stage) {
      const { port, ws } = await echo(stage);
      ws.on("headers", (headers, request) => headers.push(`X-Url: ${request.url}`, "Set-Cookie: a=b"));
      return told(await stage.ask(port, { path: "/x" }));
    },
  },
  {
    name: "gives the handshake's request and origin to verifyClient and to connection",
    async run(stage) {
      const seen: unknown[] = [];
      const { port, ws } = await echo(stage, {
        verifyClient({ origin, secure, req }: { origin: string; secure: boolean; req: IncomingMessage }) {
          seen.push([origin, secure, req.url]);
          return true;
        },
      });
      ws.on("connection", (_socket, { url, rawHeaders, method, httpVersion }) =>
        seen.push([url, rawHeaders, method, httpVersion]),
      );
      return [told(await stage.ask(port, { path: "/v", headers: [["Cookie", "sid=1"]] })), seen];
    },
  },
  {
    name: "is refused by verifyClient, at once and later, with a status and header fields",
    async run(stage) {
      const sync = await echo(stage, { verifyClient: () => false });
      const late = await echo(stage, {
        verifyClient: (_info, done) => setImmediate(() => done(false, 404, "Nobody here", { "Retry-After": 120 })),
      });
      return Promise.all([sync, late].map(async ({ port }) => told(await stage.ask(port))));
    },
  },
  {
    name: "keeps frames that come with the handshake while the listener waits",
    async run(stage) {
      const server = stage.plain();
      const ws = new WebSocketServer({ noServer: true });
      server.on("upgrade", (request, socket, head) => {
        void turn().then(() =>
          ws.handleUpgrade(request, socket, head, (opened) => opened.on("message", (data) => opened.send(data))),
        );
      });
      const frames = await stage.open(await stage.listen(server), {
        // A masked text frame: "hi", with a mask of zeros.
        extra: Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]),
      });
      return (await frames.next()).data.toString();
    },
  },
  {
    name: "serves two paths of one server, and refuses a third",
    async run(stage) {
      const server = stage.plain();
      const [a, b] = [new WebSocketServer({ noServer: true }), new WebSocketServer({ noServer: true })];
      for (const [name, ws] of [["a", a] as const, ["b", b] as const])
        ws.on("connection", (socket: WebSocket) => socket.send(name));
      server.on("upgrade", (request, socket, head) => {
        const ws = request.url === "/a" ? a : request.url === "/b" ? b : undefined;
        if (ws === undefined) socket.destroy();
        else ws.handleUpgrade(request, socket, head, (opened) => ws.emit("connection", opened, request));
      });
      const port = await stage.listen(server);
      const answers = await Promise.all(["/a", "/b", "/c"].map((path) => stage.ask(port, { path })));
      return Promise.all(answers.map(async (answer) => [told(answer), (await answer.frames?.next())?.text]));
    },
  },
  {
    name: "answers 400 outside the path option",
    async run(stage) {
      const { port } = await echo(stage, { path: "/only" });
      const paths = ["/only", "/only?x", "/other"];
      return Promise.all(paths.map(async (path) => told(await stage.ask(port, { path }))));
    },
  },
  {
    name: "calls upgrade listeners in their order, with the listeners that the app added",
    async run(stage) {
      const server = stage.plain();
      const order: string[] = [];
      const ws = new WebSocketServer({ noServer: true });
      server.on("upgrade", () => order.push("second"));
      server.prependListener("upgrade", () => order.push("first"));
      server.once("upgrade", () => order.push("once"));
      server.on("upgrade", (request, socket, head) => ws.handleUpgrade(request, socket, head, () => {}));
      const port = await stage.listen(server);
      const answers = [told(await stage.ask(port)), told(await stage.ask(port))];
      return [answers, order];
    },
  },
  {
    name: "removes its upgrade, listening and error listeners when it closes",
    async run(stage) {
      const server = stage.plain();
      const ws = new WebSocketServer({ server });
      await stage.listen(server);
      await new Promise((resolve) => ws.close(resolve));
      return [server.listenerCount("upgrade"), server.listenerCount("listening"), server.listenerCount("error")];
    },
  },
  {
    name: "answers 503 once it is closing",
    async run(stage) {
      const server = stage.plain();
      const ws = new WebSocketServer({ noServer: true });
      server.on("upgrade", (request, socket, head) => ws.handleUpgrade(request, socket, head, () => {}));
      const port = await stage.listen(server);
      ws.close();
      return told(await stage.ask(port));
    },
  },
  ...[
    ["https", (stage: Stage) => stage.server(createTlsServer(selfSigned))] as const,
    [
      "http2 with allowHTTP1",
      (stage: Stage) => stage.server(createSecureServer({ ...selfSigned, allowHTTP1: true })),
    ] as const,
  ].map(([name, make]): Row => ({
    name: `opens over ${name}`,
    async run(stage) {
      const server = make(stage);
      const ws = new WebSocketServer({ noServer: true });
      server.on("upgrade", (request, socket, head) =>
        ws.handleUpgrade(request, socket, head, (opened) => opened.on("message", (data) => opened.send(data))),
      );
      const port = await stage.listen(server);
      const client = new WebSocket(`wss://127.0.0.1:${port}/`, "chat", { origin: page, rejectUnauthorized: false });
      client.on("open", () => client.send("hello"));
      const [data] = await once(client, "message");
      client.close(1000, "bye");
      const [code, reason] = await once(client, "close");
      return [String(data), client.protocol, code, String(reason)];
    },
  })),
];
