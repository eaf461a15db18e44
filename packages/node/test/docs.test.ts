import { createServer, type Server } from "node:http";
import { Module, UseGuards } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { WsAdapter } from "@nestjs/platform-ws";
import { SubscribeMessage, WebSocketGateway } from "@nestjs/websockets";
import { type Frames, handshake, type Target, TimeoutError } from "@wsorigin/testing";
import { Server as SocketIo, type ServerOptions as SocketIoOptions } from "socket.io";
import { describe, expect, test } from "vitest";
import { type ServerOptions, WebSocketServer } from "ws";
import { describeGuide, evil, openAs, page, started } from "../../testing/test/guides.ts";
import { running } from "../../testing/test/program.ts";
import * as graphqlAfter from "../docs/graphql-ws/after.ts";
import * as graphqlBefore from "../docs/graphql-ws/before.ts";
import * as nestAfter from "../docs/nestjs/after.ts";
import * as nestBefore from "../docs/nestjs/before.ts";
import * as socketIoAfter from "../docs/socket-io/after.ts";
import * as socketIoBefore from "../docs/socket-io/before.ts";
import * as listenerAfter from "../docs/upgrade-listener/after.ts";
import * as listenerBefore from "../docs/upgrade-listener/before.ts";
import * as verifyAfter from "../docs/verify-client/after.ts";
import * as verifyBefore from "../docs/verify-client/before.ts";

const guideOf = (name: string): URL => new URL(`../docs/${name}.md`, import.meta.url);
const cookie = ["Cookie", "user=ann"] as const;
/** How long to wait where nothing is expected to come, in milliseconds. */
const briefly = 200;

async function chats(frames: Frames): Promise<void> {
  expect((await frames.next()).text).toBe("Hello, user=ann");
  frames.send("over");
  expect((await frames.next()).text).toBe("over");
}

function listen(server: Server): Promise<Target> {
  return started(running(server.listen(0, "127.0.0.1")));
}

const listener = {
  file: guideOf("upgrade-listener"),
  before: listenerBefore,
  after: listenerAfter,
  request: { path: "/chat", headers: [cookie] },
  use: chats,
};

describeGuide("a hand-written upgrade listener", listener, (before, after) => {
  const elsewhere = { path: "/other", origin: page, timeout: briefly };

  test("before: another path is never answered", async () => {
    await expect(handshake(before(), elsewhere)).rejects.toThrow(TimeoutError);
  });

  test("after: another path is answered by the app", async () => {
    expect((await handshake(after(), elsewhere)).status).toBe(200);
  });
});

test("Node hands out the socket of an upgrade without an error listener", async () => {
  const server = createServer();
  const counted: number[] = [];
  server.on("upgrade", (_request, socket) => {
    counted.push(socket.listenerCount("error"));
    socket.destroy();
  });
  await handshake(await listen(server), { origin: page });
  expect(counted).toEqual([0]);
});

const verifying = {
  file: guideOf("verify-client"),
  before: verifyBefore,
  after: verifyAfter,
  request: { path: "/chat", headers: [cookie] },
  use: chats,
  stranger: `${page}.evil.test`,
};

describeGuide("verifyClient", verifying, (before) => {
  test("before: what it does refuse gets 401", async () => {
    expect((await handshake(before(), { path: "/chat", origin: evil })).status).toBe(401);
  });
});

describe("verifyClient, as the guide says", () => {
  function serving(verifyClient: unknown): Promise<Target> {
    const server = createServer();
    const sockets = new WebSocketServer({ server, ...({ verifyClient } as ServerOptions) });
    sockets.on("connection", (client) => client.send("Hello"));
    return listen(server);
  }

  test("a promise of no counts as yes", async () => {
    const frames = await openAs(evil, await serving(async (_info: unknown) => false), {});
    expect((await frames.next()).text).toBe("Hello");
  });

  test("what it throws is caught by nobody, and a client without an Origin makes startsWith throw", async () => {
    const server = createServer();
    const verifyClient = ({ origin }: { origin: string }): boolean => origin.startsWith(page);
    const thrown: unknown[] = [];
    const sockets = new WebSocketServer({ noServer: true, verifyClient });
    server.on("upgrade", (request, socket, head) => {
      try {
        sockets.handleUpgrade(request, socket, head, () => {});
      } catch (error) {
        thrown.push(error);
        socket.destroy();
      }
    });
    await handshake(await listen(server), {});
    expect(thrown).toEqual([expect.any(TypeError)]);
  });

  test("a callback that is never called leaves the client waiting", async () => {
    const target = await serving((_info: unknown, _callback: unknown) => {});
    await expect(handshake(target, { origin: page, timeout: briefly })).rejects.toThrow(TimeoutError);
  });
});

const engine = "/socket.io/?EIO=4&transport=";

async function chatsOverSocketIo(frames: Frames): Promise<void> {
  expect((await frames.next()).text).toMatch(/^0\{/);
  frames.send("40");
  expect((await frames.next()).text).toMatch(/^40\{/);
  expect((await frames.next()).text).toBe('42["hello","user=ann"]');
  frames.send('42["say","over"]');
  expect((await frames.next()).text).toBe('42["said","over"]');
}

function poll(target: Target, origin: string | null): ReturnType<typeof handshake> {
  const omit = ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"];
  return handshake(target, { path: `${engine}polling`, origin, omit, headers: [["Connection", "close"]] });
}

const socketIo = {
  file: guideOf("socket-io"),
  before: socketIoBefore,
  after: socketIoAfter,
  request: { path: `${engine}websocket`, headers: [cookie] },
  use: chatsOverSocketIo,
};

describeGuide("Socket.IO's cors", socketIo, (before, after) => {
  test("before: polling begins a session for any origin, and only hides the answer from its page", async () => {
    const answer = await poll(before(), evil);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('"sid"');
    expect(answer.header("Access-Control-Allow-Origin")).toBeUndefined();
  });

  test("after: polling is for the listed page only", async () => {
    expect((await poll(after(), evil)).status).toBe(403);
    expect((await poll(after(), null)).status).toBe(403);
    const answer = await poll(after(), page);
    expect(answer.status).toBe(200);
    expect(answer.header("Access-Control-Allow-Origin")).toBe(page);
  });
});

describe("Socket.IO, as the guide says", () => {
  function serving(options: Partial<SocketIoOptions>): Promise<Target> {
    const server = createServer();
    const io = new SocketIo(server, options);
    return started(running(server.listen(0, "127.0.0.1"), () => io.close()));
  }
  const allowRequest: SocketIoOptions["allowRequest"] = (request, callback) =>
    callback(null, request.headers.origin === page);

  test("allowRequest by itself answers a refused upgrade with 400", async () => {
    const answer = await handshake(await serving({ allowRequest }), { path: `${engine}websocket`, origin: evil });
    expect(answer.status).toBe(400);
  });

  test("allowRequest by itself is not asked again when a session upgrades", async () => {
    const target = await serving({ allowRequest });
    const [, sid] = /"sid":"([^"]+)"/.exec((await poll(target, page)).body) ?? [];
    const frames = await openAs(evil, target, { path: `${engine}websocket&sid=${sid}` });
    frames.send("2probe");
    expect((await frames.next()).text).toBe("3probe");
  });
});

async function asksGraphql(frames: Frames): Promise<void> {
  frames.send('{"type":"connection_init"}');
  expect((await frames.next()).text).toBe('{"type":"connection_ack"}');
  frames.send('{"id":"1","type":"subscribe","payload":{"query":"{ hello }"}}');
  expect((await frames.next()).text).toBe('{"id":"1","type":"next","payload":{"data":{"hello":"Hello"}}}');
}

describeGuide("graphql-ws without a gate", {
  file: guideOf("graphql-ws"),
  before: graphqlBefore,
  after: graphqlAfter,
  request: { path: "/graphql", headers: [["Sec-WebSocket-Protocol", "graphql-transport-ws"]] },
  use: asksGraphql,
});

async function saysToNest(frames: Frames): Promise<void> {
  frames.send('{"event":"say","data":"over"}');
  expect((await frames.next()).text).toBe('{"event":"said","data":"over"}');
}

describeGuide("NestJS's WsAdapter without a gate", {
  file: guideOf("nestjs"),
  before: nestBefore,
  after: nestAfter,
  request: { path: "/chat" },
  use: saysToNest,
});

test("a guard of NestJS is not asked about a connection", async () => {
  let asked = 0;
  class Nobody {
    canActivate(): boolean {
      asked++;
      return false;
    }
  }

  @UseGuards(Nobody)
  @WebSocketGateway({ path: "/chat" })
  class Gateway {
    @SubscribeMessage("say")
    say(): { readonly event: string } {
      return { event: "said" };
    }
  }

  @Module({ providers: [Gateway] })
  class App {}

  const app = await NestFactory.create(App, { logger: false });
  app.useWebSocketAdapter(new WsAdapter(app));
  await app.listen(0, "127.0.0.1");
  const target = await started(running(app.getHttpServer(), () => app.close()));
  const frames = await openAs(evil, target, { path: "/chat" });
  expect(asked).toBe(0);
  frames.send('{"event":"say"}');
  expect(JSON.parse((await frames.next()).text)).toMatchObject({ event: "exception" });
  expect(asked).toBe(1);
});
