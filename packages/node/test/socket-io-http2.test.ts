import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, createSecureServer } from "node:http2";
import { text } from "node:stream/consumers";
import { selfSigned } from "@wsorigin/testing";
import { Server } from "socket.io";
import { expect, test } from "vitest";
import { guard, type Revocation } from "../src/index.ts";
import { session as connect } from "./http2-support.ts";
import { ticketPolicy } from "./socket-io-support.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { evil, page } from "./support.ts";

/** Sends one polling request over HTTP/2. */
function send(client: ClientHttp2Session, query: string, origin: string, body?: string): ClientHttp2Stream {
  const stream = client.request({
    ":method": body === undefined ? "GET" : "POST",
    ":path": `/socket.io/?EIO=4&transport=polling${query}`,
    origin,
  });
  stream.on("error", () => {});
  stream.end(body);
  return stream;
}

async function responseTo(stream: ClientHttp2Stream): Promise<{ readonly status: number; readonly body: string }> {
  const [headers]: { readonly ":status"?: number }[] = await once(stream, "response");
  return { status: headers?.[":status"] ?? 0, body: await text(stream) };
}

test("Socket.IO's polling over HTTP/2: later requests are checked, and a revocation ends the session at once", async () => {
  const { policy, issue } = ticketPolicy();
  let revoke: (revocation: Revocation) => void = () => {};
  const revocations = {
    subscribe(listener: typeof revoke) {
      revoke = listener;
      return () => {};
    },
  };
  const server = createSecureServer({ ...selfSigned, allowHTTP1: true });
  const errors: unknown[] = [];
  const codes: string[] = [];
  const gate = guard<string>(server, {
    policy,
    revocations,
    log: false,
    onDecision: ({ decision }) => void codes.push(decision.code),
    onError: (error) => void errors.push(error),
  });
  const io = new Server(server, { allowRequest: gate.allowRequest });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  const client = await connect({ port: typeof address === "object" ? (address?.port ?? 0) : 0, tls: true });
  afterwards(async () => {
    client.destroy();
    await gate.close({ timeout: 100 });
    await io.close();
  });

  const first = await responseTo(send(client, `&ticket=${issue("ada").ticket}`, page));
  const [, sid] = /"sid":"([^"]+)"/.exec(first.body) ?? [];
  expect([first.status, codes]).toEqual([200, ["origin-listed"]]);
  expect((await responseTo(send(client, `&sid=${sid}`, evil, "40"))).status).toBe(403);
  const arrived = once(io, "connection");
  expect((await responseTo(send(client, `&sid=${sid}`, page, "40"))).body).toBe("ok");
  const [socket] = await arrived;
  expect((await responseTo(send(client, `&sid=${sid}`, page))).body).toContain("40{");
  expect([...gate.connections].map(({ principal }) => principal)).toEqual(["ada"]);

  const polls = once(server, "request");
  const pending = send(client, `&sid=${sid}`, page);
  await polls;
  const ended = [once(socket, "disconnect"), once(pending, "close")];
  revoke({ subject: "ada" });
  await Promise.all(ended);
  expect(gate.connections.size).toBe(0);
  expect((await responseTo(send(client, `&sid=${sid}`, page, "40"))).status).toBe(401);
  expect(codes).toEqual(["origin-listed", "origin-not-listed", "token-revoked"]);
  expect(errors).toEqual([]);
});
