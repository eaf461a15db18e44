import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type Frames, handshake, until } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { describeGuide, evil, openAs, page, started } from "../../testing/test/guides.ts";
import { running } from "../../testing/test/program.ts";
import * as after from "../docs/ws/after.ts";
import * as before from "../docs/ws/before.ts";
import { createPolicy, guard, identityOf } from "../src/index.ts";
import { type Library, type LibraryOptions, PageSocket, startLibrary } from "./guide-support.ts";

async function chats(frames: Frames): Promise<void> {
  expect((await frames.next()).text).toBe("Hello, user=ann");
  frames.send("over");
  expect((await frames.next()).text).toBe("over");
}

const guide = {
  file: new URL("../docs/ws.md", import.meta.url),
  before,
  after,
  request: { headers: [["Cookie", "user=ann"]] },
  use: chats,
} as const;

describeGuide("new WebSocketServer({ server })", guide, (_before, after) => {
  test("after: a Host that is not listed is refused", async () => {
    expect((await handshake(after(), { origin: page, hostHeader: "attacker.test" })).status).toBe(403);
  });
});

describe("new WebSocketServer({ port })", () => {
  test("lets every page in, and its server is not yours to guard", async () => {
    const sockets = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    sockets.on("connection", (client, request) => client.send(`Hello, ${identityOf(request)?.origin}`));
    await once(sockets, "listening");
    const address = sockets.address();
    const target = { port: typeof address === "object" && address !== null ? address.port : 0 };
    const frames = await openAs(evil, target, {});
    expect((await frames.next()).text).toBe("Hello, undefined");
    frames.destroy();
    await new Promise((resolve) => sockets.close(resolve));
  });

  test("becomes a server of your own, which answers other requests itself", async () => {
    const server = createServer((_request, response) => response.writeHead(426).end());
    guard(server, { policy: createPolicy({ origins: [page] }), log: false });
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (client) => client.send("Hello"));
    const target = await started(running(server.listen(0, "127.0.0.1")));
    expect((await (await openAs(page, target, {})).next()).text).toBe("Hello");
    expect((await handshake(target, { origin: evil })).status).toBe(403);
  });
});

describe("a client of ws behind the gate", () => {
  const endOf = (socket: WebSocket): Promise<readonly unknown[]> =>
    new Promise((resolve) => socket.once("close", (code, reason) => resolve([code, String(reason)])));

  interface Own extends Library {
    readonly arrivals: readonly { readonly request: IncomingMessage; readonly end: ReturnType<typeof endOf> }[];
  }

  async function start(options: LibraryOptions = {}): Promise<Own> {
    const arrivals: Own["arrivals"][number][] = [];
    const library = await startLibrary((server) => {
      new WebSocketServer({ server }).on(
        "connection",
        (socket, request) => void arrivals.push({ request, end: endOf(socket) }),
      );
    }, options);
    return { ...library, arrivals };
  }

  test("is known: identityOf(request) is who gate.connections lists", async () => {
    const { url, gate, arrivals } = await start();
    await once(new PageSocket(url("ada")), "open");
    await until(() => arrivals.length === 1, "it has arrived");
    const request = arrivals[0]?.request;
    expect(identityOf(request)).toMatchObject({ principal: "ada", origin: "https://app.example", ip: "127.0.0.1" });
    expect(request?.url).toBe("/");
    expect([...gate.connections].map(({ principal }) => principal)).toEqual(["ada"]);
  });

  test.each([
    ["a revocation", "Token revoked", {}, ({ revoke }: Library) => revoke({ subject: "ada" })],
    ["the end of its grant", "Token expired", { expires: 300 }, () => {}],
    ["disconnect()", "bye", {}, ({ gate }: Library) => void gate.disconnect(() => true, 4401, "bye")],
  ])("is told of %s with 4401, and the listener's socket closes with 1006", async (_name, reason, options, end) => {
    const library = await start(options);
    const client = new PageSocket(library.url("ada"));
    const ended = endOf(client);
    await until(() => library.arrivals.length === 1, "it has arrived");
    end(library);
    expect(await ended).toEqual([4401, reason]);
    expect(await library.arrivals[0]?.end).toEqual([1006, ""]);
    await until(() => library.gate.connections.size === 0, "it is gone");
  });

  test("cannot be let in twice by one ticket", async () => {
    const { url, events } = await start();
    const used = url("ada");
    await once(new PageSocket(used), "open");
    const [error]: unknown[] = await once(new PageSocket(used), "error");
    expect(String(error)).toContain("401");
    expect(events.map(({ decision }) => decision.code)).toEqual(["origin-listed", "token-invalid"]);
  });
});
