import { type ChildProcess, execFile, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { type Attempt, beginHandshake, frameBytes, handshake, until } from "@wsorigin/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Compiled, compile } from "./compiled.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { page } from "./support.ts";

const other = "https://other.example";
let compiled: Compiled;

beforeAll(async () => {
  compiled = await compile();
});

afterAll(() => compiled.remove());

interface Alone {
  readonly target: { readonly port: number };
  /** The codes of the decisions it has told of. */
  readonly codes: readonly string[];
  /** What it has written to stderr. */
  said(): string;
  /** Ends its process; what it had to say has come by then. */
  end(): Promise<void>;
  /** Its process lives, and its gate does what it did. */
  works(): Promise<void>;
}

/** A server in a process of its own, that nothing but the gate keeps from falling. */
async function startAlone(scenario: string): Promise<Alone> {
  const child = fork(join(import.meta.dirname, "fixtures/server.mjs"), [compiled.entry, scenario], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const codes: string[] = [];
  let said = "";
  child.stderr?.on("data", (chunk) => (said += String(chunk)));
  afterwards(() => end(child));
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", () => reject(new Error(said)));
    child.on("message", (message: { readonly port?: number; readonly code?: string }) => {
      if (message.port !== undefined) resolve(message.port);
      if (message.code !== undefined) codes.push(message.code);
    });
  });
  const target = { port };
  return {
    target,
    codes,
    said: () => said,
    async end() {
      child.kill();
      await once(child, "close");
    },
    async works() {
      const answer = await handshake(target, { path: "/chat", origin: page });
      answer.frames?.send("hello");
      const echoed = await answer.frames?.next().catch(() => {});
      answer.frames?.destroy();
      const refused = await handshake(target, { path: "/chat", origin: "nonsense" }).catch(() => {});
      expect({ echoed: echoed?.text, refused: refused?.status, fell: child.exitCode !== null && said }).toEqual({
        echoed: "hello",
        refused: 400,
        fell: false,
      });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, "exit");
}

/** The ways in which clients leave, with and without a frame that nobody has read. */
const ways: readonly { readonly extra: Buffer; readonly leave: (attempt: Attempt) => void }[] = [
  { extra: Buffer.alloc(0), leave: (attempt) => attempt.reset() },
  { extra: frameBytes("text", "unread"), leave: (attempt) => attempt.reset() },
  { extra: Buffer.alloc(0), leave: (attempt) => attempt.end() },
  { extra: frameBytes("text", "unread"), leave: (attempt) => attempt.destroy() },
];

/** Clients that leave in each way there is, while their handshake waits. */
async function leaveInEachWay(alone: Alone, path: string): Promise<void> {
  for (const { extra, leave } of ways) {
    const attempt = await beginHandshake(alone.target, { path, origin: other, extra });
    afterwards(async () => attempt.destroy());
    // Whoever came later was answered, so this one has come.
    await alone.works();
    leave(attempt);
  }
  await alone.works();
}

describe("what a process writes to stderr", () => {
  test("is each reason once, by default", async () => {
    const alone = await startAlone("the log where it goes by itself");
    await alone.works();
    await alone.works();
    await until(() => alone.said().endsWith('where:    route /chat, client "127.0.0.1"\n'), "it is written");
    expect(alone.said().match(/\[wsorigin\] Refused a WebSocket handshake: origin-malformed \(400\)/g)).toHaveLength(1);
  });

  test("is nothing with log: false", async () => {
    const alone = await startAlone("no log");
    await alone.works();
    await alone.end();
    expect(alone.said()).toBe("");
  });

  test("is what subscribers throw where there is no onError", async () => {
    const alone = await startAlone("no onError, and an onDecision that throws");
    await alone.works();
    await until(
      () => /^\[wsorigin\] onDecision failed: Error: on purpose\n {4}at /.test(alone.said()),
      "it is written",
    );
    expect(alone.said()).not.toContain("Node.js v");
  });
});

test("the warning that nobody listens keeps no process alive", async () => {
  const code = `
    import { createServer } from "node:http";
    import { createPolicy, guard } from ${JSON.stringify(pathToFileURL(compiled.entry).href)};
    guard(createServer(), { policy: createPolicy({ origins: ["${page}"] }) });`;
  const { stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code]);
  // Otherwise the process would live until the warning is written, after ten seconds.
  expect(stderr).toBe("");
});

describe("a process without any handler goes on", () => {
  test.each(["a directory that takes its time", "a before that takes its time"])(
    "%s, and clients that leave meanwhile",
    async (scenario) => {
      const alone = await startAlone(scenario);
      await leaveInEachWay(alone, "/chat");
      await until(() => alone.codes.filter((code) => code === "client-gone").length === ways.length, "all are told of");
      await alone.works();
    },
  );

  test("a policy that reports and takes its time, and clients that leave", async () => {
    const alone = await startAlone("a policy that reports and takes its time");
    for (const { leave } of ways) {
      const attempt = await beginHandshake(alone.target, { path: "/chat", origin: other });
      const { frames } = await attempt.answer();
      expect(frames).toBeDefined();
      leave(attempt);
      attempt.destroy();
    }
    await until(() => alone.codes.length === ways.length, "all are told of");
    await alone.works();
  });

  test("a listener that takes its time, and clients that leave", async () => {
    const alone = await startAlone("a listener that takes its time");
    await leaveInEachWay(alone, "/elsewhere");
    await until(() => alone.codes.length > 10, "those who left are told of as well");
    expect(alone.codes).not.toContain("client-gone");
  });

  test.each([
    ["a policy that reports and rejects", 101],
    ["a policy that rejects", 503],
    ["a before that throws", 503],
    ["a before that rejects late", 503],
    ["a handler that throws", 101],
    ["a handler that rejects", 101],
    ["an onDecision that throws", 101],
    ["an onDecision that rejects", 101],
    ["a log that throws", 101],
    ["a log that rejects", 101],
    ["an onError that throws", 101],
    ["an onError that rejects", 101],
    ["no onError, and an onDecision that throws", 101],
    ["facts that throw", 503],
    ["an adapter that throws", 503],
    ["a subscriber that throws, there before the gate", 101],
    ["a subscriber that throws, there after it", 101],
    ["a subscriber that rejects", 101],
  ] as const)("%s: %i for the one, and the next is served", async (scenario, status) => {
    const alone = await startAlone(scenario);
    for (let count = 0; count < 2; count++) {
      const answer = await handshake(alone.target, { path: "/chat", origin: other });
      answer.frames?.destroy();
      expect(answer.status).toBe(status);
      await alone.works();
    }
    await until(() => alone.codes.length === 6, "all are told of");
  });

  test("a listener that throws", async () => {
    const alone = await startAlone("a listener that throws");
    expect((await handshake(alone.target, { path: "/elsewhere", origin: page })).status).toBeUndefined();
    await alone.works();
  });

  test.each([
    ["a frame that is not masked", frameBytes("text", "bare", { masked: false }), 1002],
    ["a message that is too long", frameBytes("binary", Buffer.alloc(1024 * 1024 + 1)), 1009],
    ["text that is none", frameBytes("text", Buffer.from([0xff])), 1007],
    ["a frame of no kind", Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
  ] as const)("%s", async (_name, bytes, code) => {
    const alone = await startAlone("nothing");
    const { frames } = await handshake(alone.target, { path: "/chat", origin: page });
    frames?.write(bytes);
    expect((await frames?.nextClose())?.code).toBe(code);
    frames?.destroy();
    await alone.works();
  });

  test("a reset of an open socket, and in the middle of a refusal", async () => {
    const alone = await startAlone("nothing");
    for (const request of [
      { origin: page },
      { origin: "https://evil.test" },
      { origin: page, extra: Buffer.alloc(100_000) },
    ]) {
      const attempt = await beginHandshake(alone.target, { path: "/chat", ...request, afterwards: "reset" });
      await attempt.closed();
    }
    await until(() => alone.codes.length === 3, "all are told of");
    await alone.works();
  });
});
