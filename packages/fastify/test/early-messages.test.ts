import type { Socket } from "node:net";
import { constants, createDeflateRaw } from "node:zlib";
import { frameBytes, until } from "@wsorigin/testing";
import { expect, test } from "vitest";
import { createPolicy, firstMessage, grant } from "../src/index.ts";
import { page, start } from "./support.ts";

/** A text message of so many bytes, compressed as permessage-deflate does, without context takeover. */
async function compressed(size: number): Promise<Buffer> {
  const deflate = createDeflateRaw({ windowBits: 15 });
  const chunks: Buffer[] = [];
  deflate.on("data", (chunk: Buffer) => chunks.push(chunk));
  deflate.write(Buffer.alloc(size, "a"));
  await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
  const frame = frameBytes("text", Buffer.concat(chunks).subarray(0, -4));
  // RSV1: compressed (RFC 7692 section 6).
  frame[0] = (frame[0] ?? 0) | 0x40;
  return frame;
}

/** An app whose token comes with the first message and is never verified, and how many bytes it has read. */
async function slow(perMessageDeflate: boolean) {
  let verifying = 0;
  const sockets: Socket[] = [];
  const policy = createPolicy({
    origins: [page],
    token: {
      from: [firstMessage({ deadline: 4000 })],
      verify: async () => {
        verifying++;
        await new Promise(() => {});
        return grant({ principal: undefined });
      },
    },
  });
  const started = await start((app) => app.get("/chat", { websocket: true }, () => {}), {
    before: (app) => void app.server.on("connection", (socket: Socket) => sockets.push(socket)),
    gate: { policy, websocket: { options: { perMessageDeflate } } },
  });
  const read = (): number => sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0);
  return { ...started, read, verifying: () => verifying };
}

test("messages that inflate to 57 MiB, read along with the first message: the socket is closed", async () => {
  const { open, verifying, events } = await slow(true);
  const answer = await open("/chat", {
    headers: [["Sec-WebSocket-Extensions", "permessage-deflate; client_no_context_takeover"]],
  });
  const { frames } = answer;
  expect(answer.header("sec-websocket-extensions")).toMatch(/permessage-deflate/);
  const message = await compressed(1024 * 1024);
  const messages = Buffer.concat([frameBytes("text", "token"), ...Array.from({ length: 57 }, () => message)]);
  // One read of Node's.
  expect(messages.length).toBeLessThan(65_536);
  frames?.write(messages);
  await until(() => verifying() === 1, "the token is being verified");
  expect([1009, 4401]).toContain((await frames?.nextClose(3000))?.code);
  frames?.destroy();
  await until(() => events.length === 1, "it is reported");
  expect(events[0]?.decision.allowed).toBe(false);
});

test("57 MiB of plain messages behind an unverified first message are not read", async () => {
  const { open, read, verifying } = await slow(false);
  const { frames } = await open("/chat");
  frames?.send("token");
  await until(() => verifying() === 1, "the token is being verified");
  const message = frameBytes("text", "a".repeat(1024 * 1024 - 1));
  for (let count = 0; count < 57; count++) frames?.write(message);
  const closing = frames?.nextClose(3000).catch(() => {});
  // Either it is closed, or reading stops: then the deadline ends it.
  await closing;
  frames?.destroy();
  expect(read()).toBeLessThan(8 * 1024 * 1024);
});
