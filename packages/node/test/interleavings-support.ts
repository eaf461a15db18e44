import { once } from "node:events";
import { request } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import { request as secureRequest } from "node:https";
import type { Duplex } from "node:stream";
import { constants, inflateRawSync } from "node:zlib";
import { frameBytes, sampleKey, type Target, until } from "@wsorigin/testing";
import fc from "fast-check";
import { expect } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { takeFrame } from "../../testing/src/client/frame.ts";
import { fields, session } from "./http2-support.ts";
import { page, startServer } from "./support.ts";
import type { GuardableServer } from "../src/index.ts";

/** What the owner of a socket writes, when, and at which moment the gate closes the socket. */
export interface Script {
  readonly messages: readonly Message[];
  /** The sizes of the chunks in which the bytes of frames are written, in turn. */
  readonly chunks: readonly number[];
  /** How long the owner waits after each write, in turn. */
  readonly pauses: readonly Pause[];
  /** Where in the writes the gate closes the socket, in thousandths. */
  readonly cut: number;
  readonly moment: Pause;
  /** Whether the client reads nothing until the gate has closed the socket. */
  readonly isPaused: boolean;
}

/** The sizes of the fragments of a message. */
type Message = readonly number[];

const pauses = ["none", "none", "none", "microtask", "tick", "immediate", "timer"] as const;
type Pause = (typeof pauses)[number];

/** Runs something at a moment: at once, or when the event loop is there. */
const moments: Readonly<Record<Pause, (run: () => void) => void>> = {
  none: (run) => run(),
  microtask: queueMicrotask,
  tick: (run) => process.nextTick(run),
  immediate: (run) => void setImmediate(run),
  timer: (run) => void setTimeout(run, 0),
};

/** Sizes on both sides of the three forms of a frame header, and some above the buffers of a connection. */
const size = fc.oneof(
  { weight: 200, arbitrary: fc.constantFrom(0, 1, 5, 125, 126, 127, 1000, 65_535, 65_536, 70_000) },
  { weight: 1, arbitrary: fc.constant(1_500_000) },
);

export const scripts: fc.Arbitrary<Script> = fc.record({
  messages: fc.array(fc.array(size, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 }),
  chunks: fc.noBias(
    fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 200_000 })), {
      minLength: 1,
      maxLength: 6,
    }),
  ),
  pauses: fc.array(fc.constantFrom(...pauses), { minLength: 1, maxLength: 6 }),
  cut: fc.noBias(fc.integer({ min: 0, max: 999 })),
  moment: fc.constantFrom(...pauses),
  isPaused: fc.boolean(),
});

/** One write of an owner. */
interface Write {
  readonly run: () => unknown;
  /** How many messages are given to the connection completely after it. */
  readonly complete: number;
}

/** Makes the writes of an owner that this script says. */
type Owner = (messages: readonly (readonly Buffer[])[], script: Script) => readonly Write[];

/** An owner that uses `ws`, which writes a message that it compresses at some later time. */
function wsOwner(socket: WebSocket): Owner {
  const isCompressed = socket.extensions !== "";
  return (messages) =>
    messages.flatMap((fragments, complete) =>
      fragments.map((data, index): Write => {
        const fin = index === fragments.length - 1;
        return {
          run: () => socket.send(data, { fin, binary: true }),
          complete: isCompressed ? 0 : complete + (fin ? 1 : 0),
        };
      }),
    );
}

/** An owner that writes the bytes of its frames in chunks that begin and end anywhere. */
function rawOwner(stream: Duplex): Owner {
  return (messages, { chunks }) => {
    const writes: Write[] = [];
    const ends: number[] = [];
    const bytes: Buffer[] = [];
    let length = 0;
    for (const fragments of messages) {
      for (const [index, data] of fragments.entries()) {
        const fin = index === fragments.length - 1;
        const frame = frameBytes(index === 0 ? "binary" : "continuation", data, { fin, masked: false });
        bytes.push(frame);
        length += frame.length;
      }
      ends.push(length);
    }
    const all = Buffer.concat(bytes);
    // Large chunks for large frames: a script is a few hundred writes at most.
    const least = Math.ceil(length / 100);
    for (let from = 0, turn = 0; from < length; turn++) {
      const to = Math.min(length, from + Math.max(least, chunks[turn % chunks.length] ?? 1));
      const chunk = all.subarray(from, to);
      writes.push({ run: () => stream.write(chunk), complete: ends.filter((end) => end <= to).length });
      from = to;
    }
    return writes;
  };
}

/** A guarded server whose sockets are opened by an owner. */
export interface Stage {
  /** Opens a socket. Returns the client's stream, the owner, and what closes the socket through the gate. */
  readonly open: () => Promise<{ readonly client: Duplex; readonly owner: Owner; readonly close: () => void }>;
}

/** How the owner of a socket answers its handshake, and how a client opens it. */
type Connect = (target: Target, path: string) => Promise<Duplex>;
type Attach = (server: GuardableServer, opened: (path: string | undefined, owner: Owner) => void) => void;

export async function startStage(server: GuardableServer, attach: Attach, connect: Connect): Promise<Stage> {
  const owners = new Map<string | undefined, Owner>();
  const { gate, target } = await startServer({
    server,
    before: (guarded) => attach(guarded, (path, owner) => owners.set(path, owner)),
  });
  let count = 0;
  return {
    async open() {
      const path = `/own/${count++}`;
      const client = await connect(target, path);
      await until(() => owners.has(path), "the owner has it");
      const owner = owners.get(path);
      if (owner === undefined) throw new Error("There is no owner.");
      owners.delete(path);
      return { client, owner, close: () => gate.disconnect(({ request }) => request.url === path, 4401, "cut") };
    },
  };
}

export const attachWs =
  (perMessageDeflate: object | false): Attach =>
  (server, opened) => {
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate });
    server.on("upgrade", (incoming, stream, head) =>
      sockets.handleUpgrade(incoming, stream, head, (socket) => opened(incoming.url, wsOwner(socket))),
    );
  };

export const attachRaw: Attach = (server, opened) => {
  server.on("upgrade", (incoming, stream: Duplex) => {
    stream.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    stream.resume();
    opened(incoming.url, rawOwner(stream));
  });
};

export const attachStreams: Attach = (server, opened) => {
  server.on("stream", (stream: ServerHttp2Stream, headers: Readonly<Record<string, string | undefined>>) => {
    stream.respond({ ":status": 200 });
    stream.resume();
    opened(headers[":path"], rawOwner(stream));
  });
};

/** Opens a socket with Node's own client. */
export const connectHttp1: Connect = async ({ port, tls }, path) => {
  const send = tls === true ? secureRequest : request;
  const headers = {
    Origin: page,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": sampleKey,
    // Each message is then compressed by itself.
    "Sec-WebSocket-Extensions": "permessage-deflate; server_no_context_takeover",
  };
  const asked = send({ port, path, headers, host: "127.0.0.1", agent: false, rejectUnauthorized: false });
  asked.end();
  const [, stream, head]: [unknown, Duplex, Buffer] = (await once(asked, "upgrade")) as never;
  if (head.length > 0) stream.unshift(head);
  return stream;
};

/** Opens streams on one session of HTTP/2. */
export function connectHttp2(): Connect {
  let shared: ReturnType<typeof session> | undefined;
  return async (target, path) => {
    const stream = (await (shared ??= session(target))).request(fields(path), { endStream: false });
    await once(stream, "response");
    return stream;
  };
}

/** What the sender of a compressed message has removed from its end (RFC 7692 section 7.2.1). */
const deflateTail = Buffer.from([0, 0, 0xff, 0xff]);

/** Plays a script on a socket, and checks what its client received: whole messages, and then one close frame. */
export async function play({ open }: Stage, script: Script): Promise<void> {
  const { client, owner, close } = await open();
  const received: Buffer[] = [];
  client.on("data", (chunk: Buffer) => void received.push(chunk));
  client.on("error", () => {});
  const ended = once(client, "end").then(() => client.end());
  if (script.isPaused) client.pause();

  const messages = script.messages.map((sizes, index) => sizes.map((length) => Buffer.alloc(length, index + 1)));
  let complete = 0;
  let written = 0;
  const cut = new Promise<void>((resolve) => {
    const closeNow = (): void => {
      complete = written;
      close();
      client.resume();
      resolve();
    };
    void write(owner(messages, script), script, closeNow, (count) => void (written = count));
  });
  await Promise.all([cut, ended]);
  judge(Buffer.concat(received), messages, complete);
}

/** Writes all of a script, and begins the close of the gate before one of the writes or after the last one. */
async function write(
  writes: readonly Write[],
  { cut, moment, pauses }: Script,
  close: () => void,
  wrote: (complete: number) => void,
): Promise<void> {
  const place = Math.floor((cut / 1000) * (writes.length + 1));
  for (const [index, { run, complete }] of writes.entries()) {
    if (index === place) moments[moment](close);
    run();
    wrote(complete);
    const pause = pauses[index % pauses.length] ?? "none";
    if (pause !== "none") await new Promise<void>((resolve) => moments[pause](resolve));
  }
  if (place >= writes.length) moments[moment](close);
}

/** @param complete how many messages were given to the connection when the gate closed the socket */
function judge(bytes: Buffer, messages: readonly (readonly Buffer[])[], complete: number): void {
  const sent = messages.map((fragments) => Buffer.concat(fragments));
  let count = 0;
  let parts: Buffer[] = [];
  let isCompressed = false;
  for (let rest = bytes; ;) {
    const taken = takeFrame(rest);
    if (taken === undefined) throw new Error(`No close frame: ${rest.length} bytes are left of ${bytes.length}.`);
    const { kind, fin, data, code, text } = taken.value;
    if (kind === "close") {
      expect([code, text, rest.length]).toEqual([4401, "cut", taken.length]);
      break;
    }
    // A frame that was damaged reads as any other kind.
    expect(kind).toBe(parts.length === 0 ? "binary" : "continuation");
    // RFC 7692 section 6: RSV1 of the first frame.
    if (parts.length === 0) isCompressed = ((rest[0] ?? 0) & 0x40) !== 0;
    parts.push(data);
    if (fin) {
      const message = isCompressed
        ? inflateRawSync(Buffer.concat([...parts, deflateTail]), { finishFlush: constants.Z_SYNC_FLUSH })
        : Buffer.concat(parts);
      expect(message.equals(sent[count] ?? Buffer.from("none"))).toBe(true);
      count++;
      parts = [];
    }
    rest = rest.subarray(taken.length);
  }
  expect(count).toBeGreaterThanOrEqual(complete);
}
