import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import { handshake, until } from "@wsorigin/testing";
import { createPolicy, grant, type Policy, queryParam, type TokenOptions } from "@wsorigin/core";
import { Server, type Socket as ServerSocket } from "socket.io";
import { describe, expect, test } from "vitest";
import { identityOf } from "../src/index.ts";
import {
  connected,
  moved,
  poll,
  refusalOf,
  sidOf,
  statusIn,
  type SocketIo,
  startSocketIo,
  ticketPolicy,
  type Transports,
} from "./socket-io-support.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { evil, page } from "./support.ts";

const ways: readonly Transports[] = [["websocket"], ["polling"], ["polling", "websocket"]];
const site = { origins: [page] };
const open = (more: object = {}): Policy<string> => createPolicy<string>({ ...site, ...more });
const codes = ({ events }: SocketIo): readonly string[] => events.map(({ decision }) => decision.code);

/** The server's side of the next connection. */
async function accepted({ io }: SocketIo, namespace = "/"): Promise<ServerSocket> {
  const [socket]: ServerSocket[] = await once(io.of(namespace), "connection");
  if (socket === undefined) throw new Error("There is no socket.");
  return socket;
}

describe.each(ways)("Socket.IO's client over %s, then %s", (...transports) => {
  const isUpgraded = transports.length > 1;

  test("exchanges messages; a ticket is redeemed once, and there is one event for each handshake", async () => {
    const { policy, issue } = ticketPolicy();
    const chat = await startSocketIo(policy);
    const arrived = accepted(chat);
    const client = await connected(chat.client(transports, { query: issue("ada") }));
    const socket = await arrived;
    if (isUpgraded) await moved(chat);
    socket.on("ask", (text: string, answer: (text: string) => void) => answer(`you said ${text}`));
    expect(await client.timeout(2000).emitWithAck("ask", "hello")).toBe("you said hello");
    expect(codes(chat)).toEqual(isUpgraded ? ["origin-listed", "origin-listed"] : ["origin-listed"]);
    expect(chat.events.map(({ route, ip, mode }) => [route, ip, mode])).toContainEqual([
      undefined,
      "127.0.0.1",
      "enforce",
    ]);
    expect(chat.logged).toEqual([]);
    expect(chat.errors).toEqual([]);
    // The token is neither in the URL nor in the query that Socket.IO hands to the app.
    expect(JSON.stringify([socket.request.url, socket.handshake])).not.toContain("ada");
  });

  test("is known in middleware and in namespaces", async () => {
    const { policy, issue } = ticketPolicy();
    const chat = await startSocketIo(policy);
    const seen: unknown[] = [];
    for (const namespace of ["/", "/chat"])
      chat.io.of(namespace).use((socket, next) => {
        seen.push([namespace, identityOf(socket.request)?.principal, identityOf(socket.request)?.origin]);
        next();
      });
    const arrived = accepted(chat, "/chat");
    const client = await connected(chat.client(transports, { query: issue("ada") }));
    await connected(client.io.socket("/chat"));
    expect(identityOf((await arrived).request)).toMatchObject({ principal: "ada", ip: "127.0.0.1" });
    expect(seen).toEqual([
      ["/", "ada", page],
      ["/chat", "ada", page],
    ]);
  });

  test("is one of the connections, until it leaves", async () => {
    const { policy, issue } = ticketPolicy();
    const chat = await startSocketIo(policy);
    const client = await connected(chat.client(transports, { query: issue("ada") }));
    if (isUpgraded) await moved(chat);
    expect([...chat.gate.connections].map(({ principal, origin, route }) => [principal, origin, route])).toEqual([
      ["ada", page, undefined],
    ]);
    client.disconnect();
    await until(() => chat.gate.connections.size === 0, "it is gone");
  });

  test.each([
    ["a revocation", (chat: SocketIo) => chat.revoke({ subject: "ada" })],
    ["disconnect()", (chat: SocketIo) => void chat.gate.disconnect(({ principal }) => principal === "ada", 4401)],
    ["close() of its connection", (chat: SocketIo) => [...chat.gate.connections][0]?.close(4401)],
  ])("is ended by %s, and no other client is", async (_name, end) => {
    const { policy, issue } = ticketPolicy();
    const chat = await startSocketIo(policy);
    const arrived = accepted(chat);
    const ada = await connected(chat.client(transports, { query: issue("ada") }));
    const socket = await arrived;
    const bob = await connected(chat.client(transports, { query: issue("bob") }));
    if (isUpgraded) await moved(chat);
    const ended = [once(socket, "disconnect"), new Promise((resolve) => void ada.once("disconnect", resolve))];
    end(chat);
    await Promise.all(ended);
    expect([...chat.gate.connections].map(({ principal }) => principal)).toEqual(["bob"]);
    expect(bob.connected).toBe(true);
  });

  test("is ended when its grant expires", async () => {
    const { policy, issue } = ticketPolicy({}, 400);
    const chat = await startSocketIo(policy);
    const arrived = accepted(chat);
    const client = await connected(chat.client(transports, { query: issue("ada") }));
    const ended = new Promise((resolve) => void client.once("disconnect", resolve));
    await Promise.all([once(await arrived, "disconnect"), ended]);
    expect(chat.gate.connections.size).toBe(0);
  });

  test("is refused from another origin, with a log entry and before Socket.IO makes a session", async () => {
    const chat = await startSocketIo(open());
    const client = chat.client(transports, { extraHeaders: { Origin: evil } });
    expect(statusIn(await refusalOf(client), transports)).toBe(403);
    expect(codes(chat)).toEqual(["origin-not-listed"]);
    expect(chat.logged.join()).toContain("origin-not-listed");
    expect(chat.io.engine.clientsCount).toBe(0);
    expect(chat.gate.connections.size).toBe(0);
  });

  test("is refused with a ticket that was redeemed", async () => {
    const { policy, issue } = ticketPolicy();
    const chat = await startSocketIo(policy);
    const query = issue("ada");
    await connected(chat.client(transports, { query }));
    expect(statusIn(await refusalOf(chat.client(transports, { query })), transports)).toBe(401);
    expect(codes(chat)).toContain("token-invalid");
  });

  test("is let in by a policy that only reports, with an event that says so", async () => {
    const chat = await startSocketIo(open({ mode: "report" }));
    await connected(chat.client(transports, { extraHeaders: { Origin: evil } }));
    if (isUpgraded) await moved(chat);
    expect(chat.events[0]).toMatchObject({ mode: "report", decision: { code: "origin-not-listed" } });
  });
});

describe("a polling request", () => {
  test("has the status, and the fields, of the gate's refusals", async () => {
    const { policy, issue } = ticketPolicy();
    const chat = await startSocketIo(policy, { maxFailures: { count: 2, seconds: 60 } });
    const missing = await poll(chat.port, "", { Origin: page });
    expect([missing.status, missing.header("WWW-Authenticate")]).toEqual([401, "Bearer"]);
    expect(JSON.parse(missing.body)).toEqual({ code: 4, message: "Unauthorized" });
    expect((await poll(chat.port, "&ticket=guess", { Origin: page })).status).toBe(401);
    const limited = await poll(chat.port, `&ticket=${issue("ada").ticket}`, { Origin: page });
    expect([limited.status, limited.header("Retry-After")]).toEqual([429, "60"]);
    expect(codes(chat)).toEqual(["token-missing", "token-invalid", "too-many-failures"]);
  });

  test("without an Origin passes from the server's own page, if the policy has hosts", async () => {
    const own = { "Sec-Fetch-Site": "same-origin" };
    const chat = await startSocketIo(open({ hosts: ["127.0.0.1"] }));
    expect((await poll(chat.port, "", own)).status).toBe(200);
    for (const headers of [{}, { "Sec-Fetch-Site": "cross-site" }, { "Sec-Fetch-Site": "same-site" }])
      expect((await poll(chat.port, "", headers)).status).toBe(403);
    // DNS rebinding: the browser says "same-origin" of a name that the attacker chose.
    expect((await poll(chat.port, "", { ...own, Host: "attacker.test" })).status).toBe(403);
    expect(codes(chat).at(-1)).toBe("host-not-listed");
    const any = await startSocketIo(open());
    expect((await poll(any.port, "", own)).status).toBe(403);
  });

  test("without an Origin still needs the token, and its session goes on", async () => {
    const { policy, issue } = ticketPolicy({ hosts: ["127.0.0.1"] });
    const chat = await startSocketIo(policy);
    const own = { "Sec-Fetch-Site": "same-origin" };
    expect((await poll(chat.port, "", own)).status).toBe(401);
    const sid = sidOf(await poll(chat.port, `&ticket=${issue("ada").ticket}`, own));
    expect((await poll(chat.port, `&sid=${sid}`, { ...own, Origin: page }, "40")).body).toBe("ok");
    expect((await poll(chat.port, `&sid=${sid}`, own)).body).toContain("40{");
    const [connection] = chat.gate.connections;
    issue("ada");
    expect(await connection?.refresh("ada")).toMatchObject({ allowed: true, principal: "ada" });
    // The browser sends an Origin with the upgrade.
    const upgrade = { path: `/socket.io/?EIO=4&transport=websocket&sid=${sid}`, origin: page };
    const { status, frames } = await handshake({ port: chat.port }, upgrade);
    expect(status).toBe(101);
    frames?.destroy();
    const other = await poll(chat.port, `&sid=${sid}`, { "Sec-Fetch-Site": "cross-site" });
    expect(other.status).toBe(403);
  });

  test("without an Origin uses a ticket of the server's own page, also to renew it", async () => {
    const pages: (string | undefined)[] = [];
    const verify: TokenOptions<string>["verify"] = (_ticket, { origin }) => {
      pages.push(origin);
      return grant({ principal: "ada" });
    };
    const chat = await startSocketIo(
      createPolicy({ ...site, hosts: ["127.0.0.1"], token: { from: [queryParam("ticket")], verify } }),
    );
    expect((await poll(chat.port, "&ticket=x", { "Sec-Fetch-Site": "same-origin" })).status).toBe(200);
    await [...chat.gate.connections][0]?.refresh("y");
    const own = `http://127.0.0.1:${chat.port}`;
    expect(pages).toEqual([own, own]);
  });

  test("of a session is refused from another origin, another Host, and after its end", async () => {
    const { policy, issue } = ticketPolicy({ origins: [page, "https://other.example"], hosts: ["127.0.0.1"] });
    const chat = await startSocketIo(policy);
    const sid = sidOf(await poll(chat.port, `&ticket=${issue("ada").ticket}`, { Origin: page }));
    const status = async (headers: Record<string, string>, more = ""): Promise<number | undefined> =>
      (await poll(chat.port, `&sid=${sid}${more}`, headers, "40")).status;
    expect(await status({ Origin: evil })).toBe(403);
    expect(await status({ Origin: "https://other.example" })).toBe(403);
    expect(await status({ Origin: page, Host: "attacker.test" })).toBe(403);
    expect(await status({})).toBe(403);
    expect(await status({ Origin: page }, "&sid=x")).toBe(400);
    expect(await status({ Origin: page })).toBe(200);
    expect(codes(chat).slice(1)).toEqual([
      "origin-not-listed",
      "token-origin-mismatch",
      "host-not-listed",
      "origin-missing",
      "handshake-malformed",
    ]);
    chat.revoke({ subject: "ada" });
    expect(await status({ Origin: page })).toBe(401);
    expect(codes(chat).at(-1)).toBe("token-revoked");
    expect(chat.gate.connections.size).toBe(0);
  });

  test("of a session needs no token, also from an origin of the directory, which is asked once", async () => {
    const asked: string[] = [];
    const directory = { has: async (origin: string) => asked.push(origin) > 0 };
    const { policy, issue } = ticketPolicy({ origins: [], directory });
    const chat = await startSocketIo(policy);
    await connected(chat.client(["polling", "websocket"], { query: issue("ada") }));
    await moved(chat);
    expect(asked).toEqual([page]);
  });

  test("waits for the verifier no longer than the deadline, and its place is given back", async () => {
    const waiting: AbortSignal[] = [];
    const policy = createPolicy<string>({
      ...site,
      directory: { has: (_origin, signal) => new Promise<boolean>(() => void waiting.push(signal)) },
    });
    const chat = await startSocketIo(policy, { deadline: 50, maxConnections: 1 });
    const answer = await poll(chat.port, "", { Origin: "https://tenant.example" });
    expect([answer.status, answer.header("Retry-After")]).toEqual([503, "5"]);
    expect(codes(chat)).toEqual(["timed-out"]);
    expect(waiting[0]?.aborted).toBe(true);
    expect((await poll(chat.port, "", { Origin: page })).status).toBe(200);
    expect((await poll(chat.port, "", { Origin: page })).status).toBe(429);
  });

  test("whose client leaves aborts what it waits for", async () => {
    const waiting: AbortSignal[] = [];
    const policy = createPolicy<string>({
      ...site,
      directory: { has: (_origin, signal) => new Promise<boolean>(() => void waiting.push(signal)) },
    });
    const chat = await startSocketIo(policy);
    const path = "/socket.io/?EIO=4&transport=polling";
    const pending = get({ port: chat.port, host: "127.0.0.1", path, headers: { Origin: "https://tenant.example" } });
    pending.on("error", () => {});
    await until(() => waiting.length > 0, "the directory is asked");
    pending.destroy();
    await until(() => chat.events.length > 0, "it is decided");
    expect(codes(chat)).toEqual(["client-gone"]);
    await until(() => waiting[0]?.aborted === true, "the directory knows");
  });

  test("that Engine.IO itself refuses gives its place back", async () => {
    const chat = await startSocketIo(open(), { maxConnections: 1 });
    const old = { Origin: page };
    // Version 3 of the protocol.
    expect((await poll(chat.port, "&EIO=3", old)).status).toBe(400);
    await until(async () => (await poll(chat.port, "", old)).status === 200, "there is a place");
  });

  test("opens a session that the gate can follow, also where responses are compressed", async () => {
    const { policy, issue } = ticketPolicy();
    const chat = await startSocketIo(policy, {}, { httpCompression: { threshold: 0 } });
    const headers = { Origin: page, "Accept-Encoding": "gzip, deflate" };
    const first = await poll(chat.port, `&ticket=${issue("ada").ticket}`, headers);
    expect([first.status, first.header("Content-Encoding")]).toEqual([200, undefined]);
    const sid = sidOf(first);
    expect([...chat.gate.connections].map(({ principal }) => principal)).toEqual(["ada"]);
    await poll(chat.port, `&sid=${sid}`, headers, "40");
    expect((await poll(chat.port, `&sid=${sid}`, headers)).header("Content-Encoding")).toBe("gzip");
    // The upgrade inherits the session's grant.
    const upgrade = { path: `/socket.io/?EIO=4&transport=websocket&sid=${sid}`, origin: page };
    const { status, frames } = await handshake({ port: chat.port }, upgrade);
    expect(status).toBe(101);
    frames?.destroy();
    expect(chat.logged).toEqual([]);
  });

  test("whose response cannot be read is logged, and its session is not listed", async () => {
    const chat = await startSocketIo(open());
    chat.io.engine.generateId = () => '"';
    expect((await poll(chat.port, "", { Origin: page })).status).toBe(200);
    await until(() => chat.logged.length > 0, "it is logged");
    expect(chat.logged.join()).toContain("generateId");
    expect(chat.gate.connections.size).toBe(0);
  });

  test("whose client leaves is not listed any more", async () => {
    const chat = await startSocketIo(open());
    const sid = sidOf(await poll(chat.port, "", { Origin: page }));
    expect(chat.gate.connections.size).toBe(1);
    const pending = get({
      port: chat.port,
      host: "127.0.0.1",
      path: `/socket.io/?EIO=4&transport=polling&sid=${sid}`,
      headers: { Origin: page },
    });
    pending.on("error", () => {});
    await once(chat.server, "request");
    pending.destroy();
    await until(() => chat.gate.connections.size === 0, "it is gone");
  });

  test("is remembered for at most 256 sessions that clients have left", async () => {
    const chat = await startSocketIo(open());
    const polled = new Set<string>();
    chat.server.on("request", ({ method, url }: IncomingMessage) => {
      if (method === "GET") polled.add(url?.split("sid=")[1] ?? "");
    });
    const leave = async (): Promise<string> => {
      const sid = sidOf(await poll(chat.port, "", { Origin: page }));
      const last = poll(chat.port, `&sid=${sid}`, { Origin: page });
      await until(() => polled.has(sid), "it polls");
      // A close packet: Engine.IO ends the session, and answers its pending poll with a noop.
      await poll(chat.port, `&sid=${sid}`, { Origin: page }, "1");
      expect((await last).body).toBe("6");
      return sid;
    };
    const first = await leave();
    expect((await poll(chat.port, `&sid=${first}`, { Origin: evil })).status).toBe(403);
    for (let count = 0; count < 256; count += 32) await Promise.all(Array.from({ length: 32 }, leave));
    // The gate has forgotten it too, and Engine.IO answers.
    expect((await poll(chat.port, `&sid=${first}`, { Origin: evil })).status).toBe(400);
    expect(chat.gate.connections.size).toBe(0);
  });

  test("is refused with 503 when the gate closes, and no session is left", async () => {
    const chat = await startSocketIo(open());
    const client = await connected(chat.client(["polling"]));
    const sid = sidOf(await poll(chat.port, "", { Origin: page }));
    const ended = new Promise((resolve) => void client.once("disconnect", resolve));
    await Promise.all([chat.gate.close(), ended]);
    expect((await poll(chat.port, `&sid=${sid}`, { Origin: page })).status).toBe(503);
    expect(chat.gate.connections.size).toBe(0);
    expect((await poll(chat.port, "", { Origin: page })).status).toBe(503);
  });
});

describe("the upgrade of a session", () => {
  const path = (sid: string, at = "/socket.io/"): string => `${at}?EIO=4&transport=websocket&sid=${sid}`;

  test("is refused from another origin, and once the session was revoked", async () => {
    const { policy, issue } = ticketPolicy({ origins: [page, "https://other.example"] });
    const chat = await startSocketIo(policy);
    const sid = sidOf(await poll(chat.port, `&ticket=${issue("ada").ticket}`, { Origin: page }));
    const status = async (origin: string): Promise<number | undefined> => {
      const answer = await handshake({ port: chat.port }, { path: path(sid), origin });
      answer.frames?.destroy();
      return answer.status;
    };
    expect(await status(evil)).toBe(403);
    expect(await status("https://other.example")).toBe(403);
    expect(await status(page)).toBe(101);
    chat.revoke({ subject: "ada" });
    expect(await status(page)).toBe(401);
  });

  test("gets the grant on the session's own path only", async () => {
    const { policy, issue } = ticketPolicy();
    const chat = await startSocketIo(policy);
    const sid = sidOf(await poll(chat.port, `&ticket=${issue("ada").ticket}`, { Origin: page }));
    for (const target of [path(sid, "/other/"), path("unknown")])
      expect((await handshake({ port: chat.port }, { path: target, origin: page })).status).toBe(401);
  });

  test("shares a renewed grant", async () => {
    const { policy, issue } = ticketPolicy();
    const chat = await startSocketIo(policy);
    const arrived = accepted(chat);
    await connected(chat.client(["polling", "websocket"], { query: issue("ada") }));
    await moved(chat);
    const before = [...chat.gate.connections][0]?.decision;
    issue("ada");
    await identityOf((await arrived).request)?.refresh("ada");
    expect([...chat.gate.connections][0]?.decision).not.toBe(before);
  });
});

test("a WebSocket handshake that the gate has not decided is refused", async () => {
  const chat = await startSocketIo(open());
  const elsewhere = createServer();
  const io = new Server(elsewhere, { allowRequest: chat.gate.allowRequest });
  await once(elsewhere.listen(0, "127.0.0.1"), "listening");
  afterwards(() => io.close());
  const address = elsewhere.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const answer = await handshake({ port }, { path: "/socket.io/?EIO=4&transport=websocket", origin: page });
  expect(answer.status).not.toBe(101);
  expect(chat.errors.join()).toContain("Guard the server that Socket.IO uses");
});
