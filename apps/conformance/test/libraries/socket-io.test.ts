import { once } from "node:events";
import type { PolicyOptions } from "@wsorigin/core";
import { handshake, until } from "@wsorigin/testing";
import { Server as SocketIo } from "socket.io";
import { io, type Socket } from "socket.io-client";
import { describe, expect, onTestFinished, test } from "vitest";
import { identityOf, type Revocation } from "../../../../packages/node/src/index.ts";
import { connected, poll, sidOf, ticketPolicy } from "../../../../packages/node/test/socket-io-support.ts";
import type { StartGuarded } from "../../../../packages/testing/test/guarded.ts";
import { adapters } from "./adapters.ts";
import { page } from "./libraries.ts";

const evil = "https://evil.test";
const ownPage = { "Sec-Fetch-Site": "same-origin" };

/** A guarded server with Socket.IO, whose tickets are the users' names. */
async function startWith(startAdapter: StartGuarded<unknown>, options: Partial<PolicyOptions<string>> = {}) {
  const { policy, issue } = ticketPolicy(options);
  let revoke: (revocation: Revocation) => void = () => {};
  let own = new SocketIo();
  const guarded = await startAdapter({
    policy,
    before: ({ headers }) => (headers["x-refuse"] === undefined ? undefined : Number(headers["x-refuse"])),
    revocations: {
      subscribe(listener) {
        revoke = listener;
        return () => {};
      },
    },
    attach: (server, { allowRequest }) => void (own = new SocketIo(server, { allowRequest })),
  });
  onTestFinished(async () => {
    await guarded.close();
    own.engine.close();
  });
  const { port, gate } = guarded;
  const client = (ticket: string): Socket => {
    const headers = { extraHeaders: { Origin: page }, query: issue(ticket) };
    const socket = io(`http://127.0.0.1:${port}`, { ...headers, reconnection: false, forceNew: true });
    onTestFinished(() => void socket.disconnect());
    return socket;
  };
  /** Opens a session with a polling request. Returns its identifier. */
  const session = async (ticket: string, headers: Readonly<Record<string, string>> = { Origin: page }) =>
    sidOf(await poll(port, `&ticket=${issue(ticket).ticket}`, headers));
  /** The statuses of a later polling request of a session and of its upgrade. */
  const later = async (sid: string, origin: string): Promise<readonly (number | undefined)[]> => {
    const { status } = await poll(port, `&sid=${sid}`, { Origin: origin }, "40");
    const path = `/socket.io/?EIO=4&transport=websocket&sid=${sid}`;
    const upgrade = await handshake({ port }, { path, origin });
    upgrade.frames?.destroy();
    return [status, upgrade.status];
  };
  return { port, gate, own, issue, client, session, later, revoke: (revocation: Revocation) => revoke(revocation) };
}

describe.each(adapters)("gate.allowRequest behind %s", (_name, startAdapter) => {
  const start = (options?: Partial<PolicyOptions<string>>): ReturnType<typeof startWith> =>
    startWith(startAdapter, options);

  test("a client polls, moves to a WebSocket, and is known in every namespace; its ticket is redeemed once", async () => {
    const { own, port, gate, client } = await start();
    const seen: unknown[] = [];
    for (const namespace of ["/", "/chat"])
      own.of(namespace).on("connection", ({ request }) => seen.push([namespace, identityOf(request)?.principal]));
    const ada = client("ada");
    await connected(ada);
    await connected(ada.io.socket("/chat"));
    await until(
      () => [...own.of("/").sockets.values()].every(({ conn }) => conn.transport.name === "websocket"),
      "it has moved",
    );
    expect(seen).toEqual([
      ["/", "ada"],
      ["/chat", "ada"],
    ]);
    expect([...gate.connections].map(({ principal, ip }) => [principal, ip])).toEqual([["ada", "127.0.0.1"]]);
    expect((await poll(port, "&ticket=ada", { Origin: page })).status).toBe(401);
    expect((await poll(port, "", { Origin: page })).status).toBe(401);
  });

  test("a page of another origin gets neither a session nor that of someone else", async () => {
    const { port, issue, session, later } = await start();
    const { ticket } = issue("eve");
    expect((await poll(port, `&ticket=${ticket}`, { Origin: evil })).status).toBe(403);
    const path = `/socket.io/?EIO=4&transport=websocket&ticket=${ticket}`;
    expect((await handshake({ port }, { path, origin: evil })).status).toBe(403);
    expect(await later(await session("ada"), evil)).toEqual([403, 403]);
  });

  test("a revoked session ends: its later requests and its upgrade get 401", async () => {
    const { own, gate, session, later, revoke } = await start();
    const arrived = once(own, "connection");
    const sid = await session("ada");
    expect(await later(sid, page)).toEqual([200, 101]);
    await arrived;
    revoke({ subject: "ada" });
    expect(await later(sid, page)).toEqual([401, 401]);
    expect(gate.connections.size).toBe(0);
  });

  test("the server's own page polls without an Origin, if the policy has hosts", async () => {
    const { port, issue, session } = await start({ hosts: ["127.0.0.1"] });
    const sid = await session("ada", ownPage);
    expect((await poll(port, `&sid=${sid}`, { ...ownPage, Origin: page }, "40")).body).toBe("ok");
    expect((await poll(port, `&sid=${sid}`, ownPage)).body).toContain("40{");
    const { ticket } = issue("eve");
    for (const headers of [{}, { "Sec-Fetch-Site": "cross-site" }, { ...ownPage, Host: "attacker.test" }])
      expect((await poll(port, `&ticket=${ticket}`, headers)).status).toBe(403);
    const any = await start();
    expect((await poll(any.port, `&ticket=${any.issue("ada").ticket}`, ownPage)).status).toBe(403);
  });
});

test.each(adapters.filter(([, , hasBefore]) => hasBefore))(
  "`before` refuses polling and WebSockets of Socket.IO with its own status: %s",
  async (_name, startAdapter) => {
    const { port, own, issue } = await startWith(startAdapter);
    const query = `EIO=4&ticket=${issue("ada").ticket}`;
    const polled = await poll(port, `&${query}`, { Origin: page, "X-Refuse": "404" });
    const path = `/socket.io/?transport=websocket&EIO=4&ticket=${issue("bob").ticket}`;
    const opened = await handshake({ port }, { path, origin: page, headers: [["X-Refuse", "429"]] });
    expect([polled.status, opened.status, own.engine.clientsCount]).toEqual([404, 429, 0]);
  },
);
