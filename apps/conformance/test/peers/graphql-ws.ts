import { closeBytes, type Frames } from "@wsorigin/testing";
import { buildSchema } from "graphql";
import { createClient, type ServerOptions } from "graphql-ws";
import { type Extra, useServer } from "graphql-ws/use/ws";
import { WebSocket, WebSocketServer } from "ws";
import { finish, page, type Row, type Stage, told } from "./stage.ts";

type Options = Partial<ServerOptions<Record<string, unknown>, Extra>>;

const schema = buildSchema("type Query { hello: String } type Subscription { ticks: Int, forever: Int }");

async function* ticks(): AsyncGenerator<{ ticks: number }> {
  for (let count = 0; count < 3; count++) yield { ticks: count };
}

async function* forever(): AsyncGenerator<{ forever: number }> {
  yield { forever: 1 };
  await new Promise(() => {});
}

async function start(stage: Stage, options: Options = {}): Promise<number> {
  const server = stage.plain();
  const sockets = new WebSocketServer({ server, path: "/graphql" });
  const disposable = useServer(
    { schema, roots: { query: { hello: () => "Hello" }, subscription: { ticks, forever } }, ...options },
    sockets,
  );
  stage.defer(() => disposable.dispose());
  return stage.listen(server);
}

function open(stage: Stage, port: number): Promise<Frames> {
  return stage.open(port, { path: "/graphql", headers: [["Sec-WebSocket-Protocol", "graphql-transport-ws"]] });
}

/** Sends messages one by one, and reads as many as `count` says. */
async function exchange(frames: Frames, messages: readonly unknown[], count: number): Promise<readonly unknown[]> {
  for (const message of messages) frames.send(typeof message === "string" ? message : JSON.stringify(message));
  const seen: unknown[] = [];
  while (seen.length < count) seen.push((await frames.next()).text);
  return seen;
}

/** Messages that end the connection, with a close code of graphql-ws. */
function ends(name: string, messages: readonly unknown[], count: number, options: Options = {}): Row {
  return {
    name,
    async run(stage) {
      const frames = await open(stage, await start(stage, options));
      return [await exchange(frames, messages, count), await finish(frames)];
    },
  };
}

const init = { type: "connection_init" };
const subscribe = (id: string, query: string): object => ({ id, type: "subscribe", payload: { query } });

export const graphqlWs: readonly Row[] = [
  {
    name: "negotiates graphql-transport-ws, and closes with 4406 without it",
    async run(stage) {
      const port = await start(stage);
      const headers = (value: string) => [["Sec-WebSocket-Protocol", value]] as const;
      const path = "/graphql";
      const good = await stage.ask(port, { path, headers: headers("other, graphql-transport-ws") });
      const bad = await stage.ask(port, { path, headers: headers("graphql-ws") });
      return [told(good), told(bad), bad.frames && (await finish(bad.frames))];
    },
  },
  {
    name: "answers a query, a subscription and pings in their order",
    async run(stage) {
      const frames = await open(stage, await start(stage));
      const acknowledged = await exchange(frames, [init, { type: "ping", payload: { n: 1 } }], 2);
      const query = await exchange(frames, [subscribe("q", "{ hello }")], 2);
      const ticking = await exchange(frames, [subscribe("s", "subscription { ticks }")], 4);
      const errors = await exchange(frames, [subscribe("e", "{ nothing }")], 1);
      frames.write(closeBytes(1000, "bye"));
      return [acknowledged, query, ticking, errors, await finish(frames)];
    },
  },
  ends("closes with 4408 without connection_init in time", [], 0, { connectionInitWaitTimeout: 30 }),
  ends("closes with 4400 for what is not a message", ["nonsense"], 0),
  ends("closes with 4400 for a message of an unknown type", [{ type: "other" }], 0),
  ends("closes with 4401 for a subscription before connection_init", [subscribe("1", "{ hello }")], 0),
  ends("closes with 4403 when onConnect refuses", [init], 0, { onConnect: () => false }),
  ends("closes with 4500 when onConnect throws", [init], 0, {
    onConnect: () => {
      // It is logged with its stack.
      throw Object.assign(new Error("no database"), { stack: "no database" });
    },
  }),
  ends("closes with 4429 for a second connection_init", [init, init], 0),
  {
    name: "closes with 4409 for a second subscription of one id",
    async run(stage) {
      const frames = await open(stage, await start(stage));
      const first = await exchange(frames, [init], 1);
      const second = await exchange(frames, [subscribe("1", "subscription { forever }")], 1);
      await exchange(frames, [subscribe("1", "subscription { forever }")], 0);
      return [first, second, await finish(frames)];
    },
  },
  {
    name: "hands out extra.request and connectionParams, and calls its hooks in their order",
    async run(stage) {
      const seen: unknown[] = [];
      let closed: () => void = () => {};
      const isClosed = new Promise<void>((resolve) => (closed = resolve));
      const port = await start(stage, {
        onConnect: ({ extra, connectionParams }) =>
          void seen.push(["connect", extra.request.url, extra.request.headers, connectionParams]),
        onSubscribe: ({ extra }, id) => void seen.push(["subscribe", id, extra.socket.protocol]),
        onComplete: (_context, id) => void seen.push(["complete", id]),
        onDisconnect: (_context, code, reason) => void seen.push(["disconnect", code, reason]),
        onClose: (_context, code, reason) => {
          seen.push(["close", code, reason]);
          closed();
        },
      });
      const frames = await open(stage, port);
      await exchange(frames, [{ ...init, payload: { token: "t" } }], 1);
      await exchange(frames, [subscribe("1", "{ hello }")], 2);
      frames.write(closeBytes(4000, "enough"));
      await finish(frames);
      await isClosed;
      return seen;
    },
  },
  {
    name: "serves its own client, which completes a subscription early",
    async run(stage) {
      const port = await start(stage);
      class FromPage extends WebSocket {
        constructor(url: string, protocols: string) {
          super(url, protocols, { origin: page });
        }
      }
      const client = createClient({ url: `ws://127.0.0.1:${port}/graphql`, webSocketImpl: FromPage, retryAttempts: 0 });
      const seen: unknown[] = [];
      for await (const { data } of client.iterate({ query: "subscription { ticks }" })) {
        seen.push(data);
        if (seen.length === 2) break;
      }
      for await (const { data } of client.iterate({ query: "{ hello }" })) seen.push(data);
      await client.dispose();
      return seen;
    },
  },
  {
    name: "closes its clients with 1001 when it is disposed",
    async run(stage) {
      const server = stage.plain();
      const sockets = new WebSocketServer({ server, path: "/graphql" });
      const disposable = useServer({ schema }, sockets);
      const frames = await open(stage, await stage.listen(server));
      await exchange(frames, [init], 1);
      const disposed = disposable.dispose();
      const end = await finish(frames);
      await disposed;
      return end;
    },
  },
];
