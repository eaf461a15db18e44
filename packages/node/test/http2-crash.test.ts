import { fork } from "node:child_process";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from "node:http2";
import { join } from "node:path";
import { connectStream, type Target, until } from "@wsorigin/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Compiled, compile } from "./compiled.ts";
import { send, session } from "./http2-support.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { page } from "./support.ts";

let compiled: Compiled;

beforeAll(async () => {
  compiled = await compile();
});

afterAll(() => compiled.remove());

interface Alone {
  readonly target: Target;
  readonly codes: readonly string[];
  /** How often the directory was called, and how often the listener has read. */
  readonly counts: { asked: number; read: number };
  /** How its process ended; empty while it lives. */
  ended(): string;
  /** Checks that its process lives, and that its gate does its work. */
  works(): Promise<void>;
}

/** A server in a process of its own, without any handler of errors. */
async function startAlone(scenario: string): Promise<Alone> {
  const child = fork(join(import.meta.dirname, "fixtures/http2-server.mjs"), [compiled.entry, scenario], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const codes: string[] = [];
  const counts = { asked: 0, read: 0 };
  let said = "";
  child.stderr?.on("data", (chunk) => (said += String(chunk)));
  afterwards(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, "exit");
  });
  interface Message {
    readonly port?: number;
    readonly code?: string;
    readonly asked?: boolean;
    readonly read?: boolean;
  }
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", () => reject(new Error(said)));
    child.on("message", (message: Message) => {
      if (message.port !== undefined) resolve(message.port);
      if (message.code !== undefined) codes.push(message.code);
      if (message.asked === true) counts.asked++;
      if (message.read === true) counts.read++;
    });
  });
  const target = { port };
  const ended = (): string =>
    child.exitCode !== null || child.signalCode !== null ? `${child.exitCode ?? child.signalCode} ${said}` : "";
  return {
    target,
    codes,
    counts,
    ended,
    async works() {
      const answer = await connectStream(target, { path: "/chat", origin: page }).catch(() => {});
      answer?.frames?.send("hello");
      const echoed = await answer?.frames?.next().catch(() => {});
      answer?.close();
      expect({ echoed: echoed?.text, ended: ended() }).toEqual({ echoed: "hello", ended: "" });
    },
  };
}

/** Sends so many bytes, and waits until they are handed over. */
async function write(stream: ClientHttp2Stream, size: number): Promise<void> {
  stream.write(Buffer.alloc(size));
  // The window of a stream that is not read holds 64 kB: the rest is never sent.
  const client = stream.session;
  if (client !== undefined) await new Promise((resolve) => client.ping(() => resolve(undefined)));
}

describe.each(["a listener that reads and pauses", "a listener that never reads"])("%s", (scenario) => {
  test.each([
    ["NO_ERROR", constants.NGHTTP2_NO_ERROR, 60_000],
    ["NO_ERROR", constants.NGHTTP2_NO_ERROR, 100_000],
    ["CANCEL", constants.NGHTTP2_CANCEL, 100_000],
    ["INTERNAL_ERROR", constants.NGHTTP2_INTERNAL_ERROR, 60_000],
  ] as const)(
    "RST_STREAM(%s) after DATA: no exception, and the place of maxConnections is free",
    async (_name, code, size) => {
      const alone = await startAlone(scenario);
      const client = await session(alone.target);
      const stream = send(client, "/own");
      await write(stream, size);
      await until(() => alone.counts.read === 1, "the listener has it");
      stream.close(code);
      // The session stays open: it is the stream's end that counts.
      await until(() => isFree(alone.target), "the place is free");
      const others = (): number => alone.codes.filter((reported) => reported !== "too-many-connections").length;
      await until(() => others() >= 2, "the stream and the handshake that got its place are reported");
      await until(() => isFree(alone.target), "the place is free again");
      expect(alone.ended()).toBe("");
    },
  );
});

/** Whether there is a place of maxConnections. */
async function isFree(target: Target): Promise<boolean> {
  const answer = await connectStream(target, { path: "/chat", origin: page });
  answer.close();
  return answer.status === 200;
}

describe("a thousand streams that end while their decision is pending", () => {
  const sessions = 10;
  const each = 100;

  async function pending(
    alone: Alone,
  ): Promise<readonly { client: ClientHttp2Session; streams: readonly ClientHttp2Stream[] }[]> {
    const all = [];
    for (let index = 0; index < sessions; index++) {
      const client = await session(alone.target);
      const streams = Array.from({ length: each }, () => send(client, "/chat", "https://tenant.example"));
      all.push({ client, streams });
    }
    await until(() => alone.counts.asked === sessions * each, "every decision is pending");
    return all;
  }

  test.each<[string, (stream: ClientHttp2Stream, index: number) => void]>([
    ["END_STREAM", (stream) => void stream.end()],
    ["END_STREAM after DATA", (stream) => void stream.end(Buffer.alloc(100))],
    [
      "trailers",
      (stream) => {
        stream.once("wantTrailers", () => stream.sendTrailers({ "x-end": "1" }));
        stream.end();
      },
    ],
    ["RST_STREAM", (stream) => stream.close(constants.NGHTTP2_CANCEL)],
    [
      "END_STREAM and RST_STREAM in turns",
      (stream, index) => {
        stream.end();
        if (index % 2 === 0) stream.close(constants.NGHTTP2_NO_ERROR);
      },
    ],
  ])("%s: the server lives on, with one event for each", async (_name, leave) => {
    const alone = await startAlone("a slow directory");
    const all = await pending(alone);
    for (const { streams } of all) for (const [index, stream] of streams.entries()) leave(stream, index);
    await until(() => alone.codes.length === sessions * each, "every stream is reported");
    // The end behind data that is not read yet cannot be seen before the deadline.
    expect(alone.codes.filter((code) => code !== "client-gone" && code !== "timed-out")).toEqual([]);
    await alone.works();
  });

  test("sessions that are destroyed: the server lives on, with one event for each", async () => {
    const alone = await startAlone("a slow directory");
    for (const { client } of await pending(alone)) client.destroy();
    await until(() => alone.codes.length === sessions * each, "every stream is reported");
    await alone.works();
  });
});
