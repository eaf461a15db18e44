import { Adapter, type BroadcastOptions } from "socket.io-adapter";
import { Server, type ServerOptions, type Socket as ServerSocket } from "socket.io";
import { io as connect, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { fetchFrom, page, type Row, type Stage } from "./stage.ts";

interface Started {
  readonly io: Server;
  readonly port: number;
  readonly client: (namespace?: string, options?: Partial<ManagerOptions & SocketOptions>) => Socket;
}

type Transports = readonly ("polling" | "websocket")[];

/** A server of Socket.IO, and its own client as a page has it. */
async function start(stage: Stage, transports: Transports, options: Partial<ServerOptions> = {}): Promise<Started> {
  const server = stage.plain();
  const io = new Server(server, options);
  const port = await stage.listen(server);
  stage.defer(() => io.close());
  const client: Started["client"] = (namespace = "/", given = {}) => {
    const made = connect(`http://127.0.0.1:${port}${namespace}`, {
      transports: [...transports],
      forceNew: true,
      reconnection: false,
      extraHeaders: { Origin: page },
      ...given,
    });
    stage.defer(() => made.disconnect());
    return made;
  };
  return { io, port, client };
}

function next(socket: Socket | ServerSocket, event: string): Promise<unknown[]> {
  return new Promise((resolve) => void socket.once(event, (...values: unknown[]) => resolve(values)));
}

async function connected(socket: Socket): Promise<Socket> {
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  return socket;
}

/** A row for each way of connecting: each transport by itself, and the upgrade from one to the other. */
function overEach(name: string, run: (stage: Stage, transports: Transports) => Promise<unknown>): readonly Row[] {
  const ways: readonly Transports[] = [["polling"], ["websocket"], ["polling", "websocket"]];
  return ways.map((transports) => ({
    name: `${name}, over ${transports.join(" and then ")}`,
    run: (stage) => run(stage, transports),
  }));
}

export const socketIo: readonly Row[] = [
  ...overEach("connects, acknowledges, sends binary and disconnects", async (stage, transports) => {
    const { io, client } = await start(stage, transports);
    const reasons: unknown[] = [];
    io.on("connection", (socket) => {
      socket.on("ask", (value, answer) => answer("heard", value));
      socket.on("disconnect", (reason) => reasons.push(reason));
    });
    const gone = new Promise<ServerSocket>((resolve) => io.on("connection", resolve));
    const socket = await connected(client());
    if (transports.length > 1) await new Promise((resolve) => socket.io.engine.once("upgrade", resolve));
    const answer: unknown = await socket
      .timeout(20_000)
      .emitWithAck("ask", { bytes: Buffer.from([1, 2, 3]), nested: [Buffer.alloc(2)] });
    const { name } = socket.io.engine.transport;
    const server = await gone;
    const left = next(server, "disconnect");
    socket.disconnect();
    return [answer, name, await left, reasons];
  }),
  ...overEach("has rooms, broadcasts and acknowledgements of a room", async (stage, transports) => {
    const { io, client } = await start(stage, transports);
    io.on("connection", (socket) => {
      socket.on("join", async (room: string, done: () => void) => {
        await socket.join(room);
        done();
      });
    });
    const [one, two, three] = await Promise.all([client(), client(), client()].map(connected));
    if (one === undefined || two === undefined || three === undefined) return "not connected";
    await Promise.all([one.emitWithAck("join", "a"), two.emitWithAck("join", "a"), three.emitWithAck("join", "b")]);
    for (const socket of [one, two]) socket.on("asked", (answer) => answer("yes"));
    const answers: unknown = await io.to("a").timeout(20_000).emitWithAck("asked");
    const heard = [next(one, "all"), next(two, "all"), next(three, "all")];
    io.except("none").emit("all", 1, Buffer.from("two"));
    return [answers, await Promise.all(heard), [...(io.sockets.adapter.rooms.get("a") ?? [])].length];
  }),
  ...overEach("has namespaces, dynamic ones too, and middleware that refuses", async (stage, transports) => {
    const { io, client } = await start(stage, transports);
    io.of("/plain").on("connection", (socket) => socket.emit("hello", socket.nsp.name));
    io.of(/^\/room-\d+$/).on("connection", (socket) => socket.emit("hello", socket.nsp.name));
    io.of("/closed").use((_socket, go) => go(Object.assign(new Error("no entry"), { data: { code: 7 } })));
    const plain = await next(client("/plain"), "hello");
    const dynamic = await next(client("/room-12"), "hello");
    const refusals = [client("/closed"), client("/unknown")].map((socket) => next(socket, "connect_error"));
    const errors = (await Promise.all(refusals)).map(([error]) => [String(error), Reflect.get(Object(error), "data")]);
    return [plain, dynamic, errors];
  }),
  ...overEach("hands out the handshake: url, query, auth, headers and address", async (stage, transports) => {
    const { io, client } = await start(stage, transports);
    const seen = new Promise<ServerSocket["handshake"]>((resolve) =>
      io.on("connection", ({ handshake }) => resolve(handshake)),
    );
    await connected(client("/", { query: { a: "b" }, auth: { token: "t" } }));
    const { query, auth, headers, address, secure, xdomain } = await seen;
    const { t: _time, ...rest } = query;
    return [rest, auth, headers.origin, Object.keys(headers), address, secure, xdomain];
  }),
  ...overEach("recovers the state of a connection that was cut", async (stage, transports) => {
    const { io, client } = await start(stage, transports, { connectionStateRecovery: {} });
    const sockets: ServerSocket[] = [];
    io.on("connection", (socket) => {
      sockets.push(socket);
      if (!socket.recovered) void socket.join("room");
    });
    const socket = client("/", { reconnection: true, reconnectionDelay: 1, reconnectionDelayMax: 1 });
    const first = next(socket, "first");
    await connected(socket);
    io.to("room").emit("first");
    await first;
    const id = socket.id;
    // The second value is the message's offset.
    const missed = next(socket, "missed").then(([text]) => text);
    const gone = sockets[0] === undefined ? undefined : next(sockets[0], "disconnect");
    socket.io.engine.close();
    const reason = await gone;
    io.to("room").emit("missed", "while away");
    return [reason, await missed, socket.recovered, socket.id === id, sockets.map(({ recovered }) => recovered)];
  }),
  ...overEach(
    "reports the reason when the server disconnects a socket, and when it closes",
    async (stage, transports) => {
      const { io, client } = await start(stage, transports);
      io.on("connection", (socket) => socket.on("leave", () => socket.disconnect(true)));
      const [one, two] = await Promise.all([client(), client()].map(connected));
      if (one === undefined || two === undefined) return "not connected";
      const reasons = [next(one, "disconnect"), next(two, "disconnect")];
      one.emit("leave");
      const [[first]] = [(await reasons[0]) ?? []];
      await io.close();
      const [second] = (await reasons[1]) ?? [];
      return [first, second];
    },
  ),
  ...overEach("is refused by allowRequest", async (stage, transports) => {
    const { client } = await start(stage, transports, {
      allowRequest: (_request, decide) => decide("not you", false),
    });
    const [error] = await next(client(), "connect_error");
    const description: unknown = Reflect.get(Object(error), "description");
    return [String(error), typeof description === "number" ? description : Reflect.get(Object(description), "message")];
  }),
  ...overEach("works with an adapter of the app, and manages sockets through it", async (stage, transports) => {
    const calls: string[] = [];
    class Counting extends Adapter {
      override broadcast(packet: unknown, options: BroadcastOptions): void {
        calls.push("broadcast");
        super.broadcast(packet, options);
      }
    }
    const { io, client } = await start(stage, transports, { adapter: Counting });
    const [one, two] = await Promise.all([client(), client()].map(connected));
    if (one === undefined || two === undefined) return "not connected";
    const heard = next(one, "to all");
    io.in(one.id ?? "").socketsJoin(["a", "b"]);
    io.to("a").emit("to all", 1);
    const values = await heard;
    const fetched = await io.in("b").fetchSockets();
    const reasons = [one, two].map((socket) => next(socket, "disconnect"));
    io.disconnectSockets(true);
    return [
      values,
      calls,
      fetched.length,
      fetched[0]?.handshake.headers.origin,
      (await Promise.all(reasons)).map(([reason]) => reason),
    ];
  }),
  {
    name: "serves its client, and leaves other requests to the app",
    async run(stage) {
      const server = stage.plain();
      server.on("request", (_request, response) => response.end("the app"));
      const io = new Server(server);
      stage.defer(() => io.close());
      const port = await stage.listen(server);
      const paths = ["/socket.io/socket.io.js", "/other"];
      const answers = await Promise.all(paths.map((path) => fetchFrom(port, { path })));
      return answers.map(({ status, headers, body }) => [status, headers, body.length]);
    },
  },
];
