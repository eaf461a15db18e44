import { attach, type AttachOptions, Server as Engine, type ServerOptions } from "engine.io";
import { closeBytes, until } from "@wsorigin/testing";
import { WebSocketServer } from "ws";
import { base, plain, session, startEngine, upgrade } from "./engine-io-support.ts";
import { fetchFrom, finish, type Row, told } from "./stage.ts";

const refused = (name: string, query: string, websocket = false, options: ServerOptions & AttachOptions = {}): Row => ({
  name,
  async run(stage) {
    const { port, poll, events } = await startEngine(stage, options);
    const answer = websocket ? told(await stage.ask(port, { path: `/engine.io/?${query}` })) : await poll(query);
    return [answer, events];
  },
});

export const engineIo: readonly Row[] = [
  {
    name: "opens a session by polling, and echoes over it",
    async run(stage) {
      const { port, poll, events } = await startEngine(stage);
      const open = await poll();
      const sid = await session(port);
      const post = await poll(`&sid=${sid}`, "4hello");
      const get = await poll(`&sid=${sid}`);
      return [open, post, get, events];
    },
  },
  {
    name: "opens a WebSocket session, and echoes text and binary over it",
    async run(stage) {
      const { port, events } = await startEngine(stage);
      const frames = await stage.open(port, { path: `${base}&transport=websocket` });
      const { text } = await frames.next();
      frames.send("4hello");
      const echoed = (await frames.next()).text;
      frames.send(Buffer.from([1, 2, 3]));
      const binary = [...(await frames.next()).data];
      frames.send("41");
      frames.write(closeBytes(1000, "bye"));
      const end = await finish(frames);
      await until(() => events.length > 3, "the session is closed");
      return [text.replace(/"sid":"[^"]+"/, ""), echoed, binary, end, events];
    },
  },
  {
    name: "upgrades a session from polling to a WebSocket",
    async run(stage) {
      const { port, events } = await startEngine(stage);
      const sid = await session(port);
      const frames = await upgrade(stage, port, sid);
      frames.send("4over the socket");
      const { text } = await frames.next();
      const late = await fetchFrom(port, { path: `${base}&transport=polling&sid=${sid}` });
      return [text, late.status, late.body, events];
    },
  },
  {
    name: "rejects a second WebSocket of a session that was upgraded",
    async run(stage) {
      const { port, events } = await startEngine(stage);
      const sid = await session(port);
      await upgrade(stage, port, sid);
      await until(() => events.length > 1, "the session is upgraded");
      const second = await stage.open(port, { path: `${base}&transport=websocket&sid=${sid}` });
      return [await finish(second), events];
    },
  },
  refused("rejects an unknown transport", "&transport=other&x"),
  refused("rejects an unknown transport of a handshake", "EIO=4&transport=constructor", true),
  refused("rejects an unknown session", "&sid=nobody"),
  refused("rejects a handshake of an unknown session", "EIO=4&transport=websocket&sid=nobody", true),
  refused("rejects a handshake for polling", "EIO=4&transport=polling", true),
  refused("rejects protocol 3 unless it is allowed", "EIO=3&transport=websocket", true),
  refused("accepts protocol 3 where it is allowed", "EIO=3&transport=websocket&sid=none", true, { allowEIO3: true }),
  refused("rejects a transport that is switched off", "EIO=4&transport=websocket", true, { transports: ["polling"] }),
  refused("rejects polling where it is switched off", "", false, { transports: ["websocket"] }),
  {
    name: "asks allowRequest about both transports, and refuses with its code",
    async run(stage) {
      const asked: unknown[] = [];
      const { port, poll, events } = await startEngine(stage, {
        allowRequest({ url, headers }, decide) {
          asked.push([url, headers.origin]);
          decide("no", false);
        },
      });
      return [await poll(), told(await stage.ask(port, { path: `${base}&transport=websocket` })), asked, events];
    },
  },
  {
    name: "sends the cookie, CORS fields, and what initial_headers and headers add",
    async run(stage) {
      const { port, poll, engine } = await startEngine(stage, {
        cookie: { name: "io", httpOnly: true, sameSite: "lax" },
        cors: { origin: true, credentials: true, methods: ["GET"] },
      });
      engine.on("initial_headers", (headers) => (headers["x-first"] = "1"));
      engine.on("headers", (headers) => (headers["x-every"] = "2"));
      const preflight = await fetchFrom(port, { path: `${base}&transport=polling`, method: "OPTIONS" });
      const answer = await stage.ask(port, { path: `${base}&transport=websocket` });
      const headers = answer.headers.map(([name, value]) => [name, value.replace(/io=[\w-]+/, "io=sid")]);
      return [await poll(), preflight, answer.statusLine, headers];
    },
  },
  {
    name: "runs its middleware for requests and for handshakes",
    async run(stage) {
      const seen: unknown[] = [];
      const { port, poll, engine } = await startEngine(stage);
      engine.use(
        (
          request: { url: string; method: string },
          response: { setHeader(name: string, value: string): void },
          next: () => void,
        ) => {
          seen.push([request.method, request.url]);
          response.setHeader("x-middleware", "ran");
          next();
        },
      );
      return [await poll(), (await stage.ask(port, { path: `${base}&transport=websocket` })).statusLine, seen];
    },
  },
  {
    name: "refuses in its middleware with the middleware's own response",
    async run(stage) {
      const { port, poll, engine } = await startEngine(stage);
      engine.use((_request: unknown, response: { writeHead(status: number): void; end(): void }) => {
        response.writeHead(503);
        response.end();
      });
      return [(await poll()).status, (await stage.ask(port, { path: `${base}&transport=websocket` })).statusLine];
    },
  },
  {
    name: "ends a session whose message is above maxHttpBufferSize",
    async run(stage) {
      const { port, poll, events } = await startEngine(stage, { maxHttpBufferSize: 10 });
      const sid = await session(port);
      const { status } = await poll(`&sid=${sid}`, "4".padEnd(50, "x"));
      const frames = await stage.open(port, { path: `${base}&transport=websocket` });
      frames.send("4".padEnd(50, "x"));
      const end = await finish(frames);
      await until(() => events.length > 2, "the session is closed");
      return [status, end, events];
    },
  },
  {
    name: "sends pings, and ends sessions that do not answer",
    async run(stage) {
      const { port, events } = await startEngine(stage, { pingInterval: 20, pingTimeout: 20 });
      const frames = await stage.open(port, { path: `${base}&transport=websocket` });
      const seen = [(await frames.next()).text.slice(0, 1), (await frames.next()).text];
      const end = await finish(frames);
      await until(() => events.length > 1, "the session is closed");
      return [seen, end, events];
    },
  },
  {
    name: "ends upgrades of others that nothing answers, after destroyUpgradeTimeout",
    async run(stage) {
      const { port } = await startEngine(stage, { destroyUpgradeTimeout: 50 });
      return told(await stage.ask(port, { path: "/elsewhere" }));
    },
  },
  {
    name: "ends upgrades to other protocols after destroyUpgradeTimeout",
    async run(stage) {
      const server = stage.plain();
      server.on("request", (_request, response) => response.writeHead(404, { Connection: "close" }).end());
      attach(server, { destroyUpgradeTimeout: 50 });
      const headers = [["Upgrade", "IRC/6.9"]] as const;
      return told(await stage.ask(await stage.listen(server), { path: "/elsewhere", omit: ["upgrade"], headers }));
    },
    differs:
      'An upgrade to another protocol is an ordinary request (RFC 9110 section 7.8). It goes to `upgrade` listeners with `unrouted: "pass"`.',
  },
  {
    name: "leaves upgrades of others alone with destroyUpgrade: false",
    async run(stage) {
      const server = stage.plain();
      const ws = new WebSocketServer({ noServer: true });
      attach(server, { destroyUpgrade: false });
      server.on("upgrade", (request, socket, head) => {
        if (request.url === "/late") setTimeout(() => ws.handleUpgrade(request, socket, head, () => {}), 100);
      });
      const port = await stage.listen(server);
      return [told(await stage.ask(port, { path: "/late" }))];
    },
  },
  {
    name: "shares a server with ws and another engine, each on its path",
    async run(stage) {
      const server = stage.plain();
      const engines = ["/one", "/two"].map((path) => attach(server, { path }));
      const ws = new WebSocketServer({ noServer: true });
      server.on("upgrade", (request, socket, head) => {
        if (request.url === "/ws") ws.handleUpgrade(request, socket, head, (opened) => opened.send("ws"));
      });
      const port = await stage.listen(server);
      stage.defer(() => engines.map((engine) => engine.close()));
      const paths = ["/one/?EIO=4&transport=websocket", "/two/?EIO=4&transport=websocket", "/ws"];
      const first = async (path: string): Promise<string> =>
        (await (await stage.open(port, { path })).next()).text.slice(0, 8);
      return Promise.all(paths.map(first));
    },
  },
  {
    name: "is attached by hand with handleRequest and handleUpgrade",
    async run(stage) {
      const server = stage.plain();
      const engine = new Engine();
      server.on("request", (request, response) => engine.handleRequest(request, response));
      server.on("upgrade", (request, socket, head) => engine.handleUpgrade(request, socket, head));
      stage.defer(() => engine.close());
      const port = await stage.listen(server);
      const frames = await stage.open(port, { path: "/?EIO=4&transport=websocket" });
      const polled = plain(await fetchFrom(port, { path: "/?EIO=4&transport=polling" }));
      return [(await frames.next()).text.slice(0, 8), polled];
    },
  },
  {
    name: "closes its sessions when it closes",
    async run(stage) {
      const { port, engine, events } = await startEngine(stage);
      const frames = await stage.open(port, { path: `${base}&transport=websocket` });
      engine.close();
      return [await finish(frames), events];
    },
  },
];
