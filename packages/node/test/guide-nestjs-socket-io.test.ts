import "reflect-metadata";
import type { IncomingMessage } from "node:http";
import { type INestApplication, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { IoAdapter } from "@nestjs/platform-socket.io";
import { WsAdapter } from "@nestjs/platform-ws";
import { type OnGatewayConnection, type OnGatewayDisconnect, WebSocketGateway } from "@nestjs/websockets";
import { type Frames, type Target, until } from "@wsorigin/testing";
import type { Socket as ServerSocket } from "socket.io";
import { io, type Socket } from "socket.io-client";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeGuide, evil, openAs, page, started } from "../../testing/test/guides.ts";
import { running } from "../../testing/test/program.ts";
import * as after from "../docs/nestjs-socket-io/after.ts";
import * as before from "../docs/nestjs-socket-io/before.ts";
import { createPolicy, type Gate, guard, identityOf, type Revocation } from "../src/index.ts";
import { connected, poll, refusalOf, statusIn, ticketPolicy, type Transports } from "./socket-io-support.ts";
import { page as otherPage } from "./support.ts";

const ways: readonly Transports[] = [["websocket"], ["polling"], ["polling", "websocket"]];

async function says(frames: Frames): Promise<void> {
  expect((await frames.next()).text).toMatch(/^0\{/);
  frames.send("40");
  expect((await frames.next()).text).toMatch(/^40\{/);
  frames.send('42["say","over"]');
  expect((await frames.next()).text).toBe('42["said","over"]');
}

/** Socket.IO's own client, as a page of this origin. It ends with the test. */
function clientOf({ port }: Target, transports: Transports, options: Parameters<typeof io>[1] = {}): Socket {
  const client = io(`http://127.0.0.1:${port}`, {
    transports: [...transports],
    forceNew: true,
    reconnection: false,
    extraHeaders: { Origin: page },
    ...options,
  });
  onTestFinished(() => void client.disconnect());
  return client;
}

function ask(client: Socket, question: string, answer: string, text?: string): Promise<unknown> {
  return new Promise((resolve) => {
    client.once(answer, resolve);
    client.emit(question, text);
  });
}

const guide = {
  file: new URL("../docs/nestjs-socket-io.md", import.meta.url),
  before,
  after,
  request: { path: "/socket.io/?EIO=4&transport=websocket" },
  use: says,
};

describeGuide("Socket.IO inside NestJS without a gate", guide, (before, after) => {
  test("before: polling begins a session for any origin", async () => {
    const { status, body } = await poll(before().port, "", { Origin: evil });
    expect(status).toBe(200);
    expect(body).toContain('"sid"');
  });

  test.each(ways)("after: over %s, then %s: the listed page is known to the gateway", async (...transports) => {
    const client = await connected(clientOf(after(), transports));
    expect(await ask(client, "say", "said", "over")).toBe("over");
    expect(await ask(client, "page", "page")).toBe(page);
  });

  test.each(ways)("after: over %s, then %s: another page is refused with 403", async (...transports) => {
    const client = clientOf(after(), transports, { extraHeaders: { Origin: evil } });
    expect(statusIn(await refusalOf(client), transports)).toBe(403);
  });
});

test("WsAdapter hands the request to handleConnection, and identityOf knows it", async () => {
  const origins: unknown[] = [];

  @WebSocketGateway()
  class Gateway implements OnGatewayConnection {
    handleConnection(_client: unknown, request: IncomingMessage): void {
      origins.push(identityOf(request)?.origin);
    }
  }

  @Module({ providers: [Gateway] })
  class App {}

  const app: INestApplication = await NestFactory.create(App, { logger: false });
  app.useWebSocketAdapter(new WsAdapter(app));
  guard(app.getHttpServer(), { policy: createPolicy({ origins: [page] }), log: false });
  const target = await started(running(await app.listen(0, "127.0.0.1"), () => app.close()));
  await openAs(page, target, {});
  await until(() => origins.length > 0, "the gateway has it");
  expect(origins).toEqual([page]);
});

interface Nest {
  readonly target: Target;
  readonly gate: Gate<string>;
  readonly revoke: (revocation: Revocation) => void;
  readonly issue: (name: string) => { readonly ticket: string };
  /** Who came, and who left. */
  readonly log: readonly string[];
  /** Whether this transport of the gateway's client has nothing to wait for. */
  readonly isIdle: (transport: string | undefined) => boolean;
}

/** A Nest app with a gateway in a namespace, and tickets. */
async function startNest(): Promise<Nest> {
  const log: string[] = [];
  let conn: ServerSocket["conn"] | undefined;

  @WebSocketGateway({ namespace: "/rooms" })
  class Gateway implements OnGatewayConnection, OnGatewayDisconnect {
    handleConnection(client: ServerSocket): void {
      log.push(`came: ${String(identityOf(client.request)?.principal)}`);
      ({ conn } = client);
    }
    handleDisconnect(client: ServerSocket): void {
      log.push(`left: ${String(identityOf(client.request)?.principal)}`);
    }
  }

  @Module({ providers: [Gateway] })
  class App {}

  const app: INestApplication = await NestFactory.create(App, { logger: false });
  const { policy, issue } = ticketPolicy({ origins: [page, otherPage] });
  let revoke: Nest["revoke"] = () => {};
  const gate = guard<string>(app.getHttpServer(), {
    policy,
    log: false,
    revocations: {
      subscribe(listener) {
        revoke = listener;
        return () => {};
      },
    },
  });

  class GuardedIoAdapter extends IoAdapter {
    override createIOServer(...[port, options]: Parameters<IoAdapter["createIOServer"]>) {
      return super.createIOServer(port, Object.assign({}, options, { allowRequest: gate.allowRequest }));
    }
  }
  app.useWebSocketAdapter(new GuardedIoAdapter(app));
  const target = await started(running(await app.listen(0, "127.0.0.1"), () => app.close()));
  return {
    target,
    gate,
    revoke: (revocation) => revoke(revocation),
    issue,
    log,
    isIdle: (transport) => conn?.transport.name === transport && conn?.transport.writable === true,
  };
}

describe.each(ways)("Socket.IO's client inside NestJS, over %s, then %s", (...transports) => {
  test("is ended by a revocation, and comes back with the query that it has then", async () => {
    const { target, gate, revoke, issue, log, isIdle } = await startNest();
    const client = clientOf(target, transports, {
      query: issue("ada"),
      reconnection: true,
      reconnectionDelay: 10,
      randomizationFactor: 0,
    });
    client.io.on("reconnect_attempt", () => void (client.io.opts.query = { ...issue("ada-again") }));
    const rooms = client.io.socket("/rooms");
    await connected(rooms);
    await until(() => isIdle(transports.at(-1)), "the gateway has it, on its last transport");
    expect([...gate.connections].map(({ principal }) => principal)).toEqual(["ada"]);
    revoke({ subject: "ada" });
    await until(() => log.includes("came: ada-again"), "it is back");
    expect(log).toEqual(["came: ada", "left: ada", "came: ada-again"]);
  });
});
