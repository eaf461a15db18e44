import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "../src/cli.ts";
import * as backends from "./backends.ts";

const folder = fileURLToPath(new URL("../dist/", import.meta.url));
const program = join(folder, "main.js");

/** The files of JavaScript that a run of the built program loads, as V8 counts them. */
async function loadedBy(args: readonly string[]): Promise<readonly string[]> {
  const coverage = await mkdtemp(join(tmpdir(), "wsorigin-loaded-"));
  onTestFinished(() => rm(coverage, { recursive: true, force: true }));
  const env = { ...process.env, NODE_V8_COVERAGE: coverage };
  const child = spawn(process.execPath, [program, ...args], { stdio: "ignore", env });
  await once(child, "close");
  const [report = ""] = await readdir(coverage);
  const { result }: { result: readonly { url: string }[] } = JSON.parse(await readFile(join(coverage, report), "utf8"));
  return result
    .filter(({ url }) => url.startsWith("file:"))
    .map(({ url }) => fileURLToPath(url).replace(folder, ""))
    .toSorted();
}

test("--version and --help load no command, no renderer and no dependency", async () => {
  const few = [
    "catalogue.js",
    "cli.js",
    "command.js",
    "finding.js",
    "main.js",
    "options.js",
    "printable.js",
    "version.js",
  ];
  for (const args of [["--version"], ["--help"]]) expect(await loadedBy(args)).toEqual(few);
});

test.each([
  ["explain", ["1006"], /^(?:audit|doctor|proxy|init|source)\/|@babel|magic-string/],
  ["doctor", ["ws://a.example", "--dry-run"], /^(?:audit|explain|proxy|init|source)\/|@babel|magic-string/],
  ["proxy", ["nginx"], /^(?:audit|doctor|explain|init|source)\/|@babel|magic-string/],
])("%s loads no code of another command", async (command, args, others) => {
  const loaded = await loadedBy([command, ...args]);
  expect(loaded).toContain(`commands/${command}.js`);
  expect(loaded.filter((file) => others.test(file))).toEqual([]);
});

/** Runs the program in this process. */
async function run(
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ["", ""];
  const code = await runCli(args, {
    out: (line) => void (out += line),
    err: (line) => void (err += line),
    stdin: async () => "",
    env: {},
    isTTY: false,
    showsProgress: false,
    columns: 100,
    cwd: ".",
    signal: new AbortController().signal,
  });
  return { code, out, err };
}

/** What goes to standard error, of a run that is refused. */
async function refused(args: readonly string[]): Promise<string> {
  const { code, err } = await run(args);
  expect(code).toBe(2);
  return err;
}

test.each([
  [["audti"], "audit"],
  [["Explain"], "explain"],
  [["--vesion"], "--version"],
  [["doctor", "ws://a.example", "--orgin", "x"], "--origin"],
  [["doctor", "ws://a.example", "--jsno"], "--json"],
  [["doctor", "--formt", "json"], "--format"],
  [["doctor", "wws://a.example"], "ws:"],
  [["--format", "jsn", "explain", "1006"], "json"],
  [["proxy", "ngnix"], "nginx"],
  [["audit", ".", "--ignor", "WSO200"], "--ignore"],
  [["explain", "--jsom", "1006"], "--json"],
])("%j is answered with what was meant", async (args, meant) => {
  expect(await refused(args)).toContain(` Did you mean ${JSON.stringify(meant)}?`);
});

test("nothing is suggested for what is near nothing", async () => {
  for (const args of [["deploy"], ["doctor", "ws://a.example", "--nothing-like-it"], ["proxy", "iis"]])
    expect(await refused(args)).not.toContain("Did you mean");
});

test.each([
  ["ws//foo", "ws://foo"],
  ["ws//foo:8080/chat?x=1", "ws://foo:8080/chat?x=1"],
  ["ws/foo", "ws://foo"],
  ["ws:/foo/ws", "ws://foo/ws"],
  ["ws:foo", "ws://foo"],
  ["ws:///foo", "ws://foo"],
  ["ws:\\\\foo\\ws", "ws://foo\\ws"],
  ["WSS;//foo", "wss://foo"],
  ["wss.//foo", "wss://foo"],
  ["https//foo", "https://foo"],
  ["wss://wss://foo/ws", "wss://foo/ws"],
  ["wss://https://foo/ws", "wss://foo/ws"],
  ["//foo/ws", "wss://foo/ws"],
  ["/ws", "wss://app.example.com/ws"],
  ["ws", "wss://app.example.com/ws"],
  ["ws://", "wss://app.example.com/ws"],
  ["ws://:8080/ws", "wss://app.example.com/ws"],
  ["wss://<host>/ws", "wss://app.example.com/ws"],
  ["ws:8080/ws", "ws://localhost:8080/ws, or wss://ws:8080/ws for a host of that name"],
  ['"wss://foo/ws"', "wss://foo/ws"],
  [" wss://foo/ws ", "wss://foo/ws"],
  ["wss://foo /ws", "wss://foo"],
  ["ws://::1/ws", "ws://[::1]/ws"],
  ["::1", "wss://[::1]"],
  ["ws://foo:80:81/ws", "ws://foo:80/ws"],
  ["ws://foo:99999/ws", "ws://foo/ws"],
  ["ws://foo:port/ws", "ws://foo/ws"],
  ["wss://app,example.com/ws", "wss://app.example.com/ws"],
  ["wss://app..example.com/ws", "wss://app.example.com/ws"],
])("the URL %j is not guessed at, and the corrected one is named", async (given, meant) => {
  expect(await refused(["doctor", given, "--dry-run"])).toContain(` Write ${meant}.\n`);
});

test.each([
  "foo",
  "foo/ws",
  "localhost:3000/ws",
  "ws.example.com/ws",
  "wsserver:80",
  "httpbin.org/ws",
  "[::1]:80/ws",
  "http://a.example:80",
])("the URL %j is taken", async (given) => {
  const { code, out } = await run(["doctor", given, "--dry-run"]);
  expect([code, out]).toEqual([0, expect.stringContaining("Host: ")]);
});

for (const [signal, expected] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} ends the doctor with ${expected}; what was done until then is printed, and no stack trace`, async () => {
    let asked = 0;
    // Answers the first handshake only.
    const port = await backends.tcp((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        if (asked++ === 0) socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      });
    });
    const child = spawn(process.execPath, [program, "doctor", `ws://localhost:${port}/`], { stdio: "pipe" });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [out, err] = [text(child.stdout), text(child.stderr)];
    await expect.poll(() => asked).toBeGreaterThan(1);
    child.kill(signal);
    expect(await once(child, "close")).toEqual([expected, null]);
    expect(await out).toContain("HTTP/1.1 404 Not Found");
    expect(await out).toContain("Not everything could be checked");
    expect(await err).toBe(`Interrupted by ${signal}.\n`);
  });

  test(`${signal} ends a command that waits for standard input, with ${expected}`, async () => {
    const child = spawn(process.execPath, [program, "explain", "-"], { stdio: "pipe" });
    onTestFinished(() => void child.kill("SIGKILL"));
    const err = text(child.stderr);
    // It has begun to read once the pipe was emptied.
    await new Promise((resolve) => child.stdin.write("x".repeat(300_000), resolve));
    child.kill(signal);
    expect(await once(child, "close")).toEqual([expected, null]);
    expect(await err).toBe(`Interrupted by ${signal}.\n`);
  });
}

test("--timeout ends a command that waits for standard input", async () => {
  const child = spawn(process.execPath, [program, "explain", "-", "--timeout", "0.2"], { stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const err = text(child.stderr);
  expect(await once(child, "close")).toEqual([2, null]);
  expect(await err).toContain("It took more than 0.2 seconds.");
});

for (const [signal, expected] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  test(`${signal} ends a check that is busy with a long configuration, with ${expected}; what was found until then is printed`, async () => {
    const temporary = await mkdtemp(join(tmpdir(), "wsorigin-pipe-"));
    onTestFinished(() => rm(temporary, { recursive: true, force: true }));
    const pipe = join(temporary, "nginx.conf");
    execFileSync("mkfifo", [pipe]);
    const child = spawn(process.execPath, [program, "proxy", "--check", pipe], { stdio: "pipe" });
    onTestFinished(() => void child.kill("SIGKILL"));
    const [out, err] = [text(child.stdout), text(child.stderr)];
    const ended = once(child, "close");
    // So much fits into no pipe: once it is written the program has read most of it, and is busy with it for seconds.
    await writeFile(pipe, `http {\n${"server { location /ws { proxy_pass http://a; } }\n".repeat(60_000)}`);
    child.kill(signal);
    expect(await ended).toEqual([expected, null]);
    expect(await out).toContain("Not everything could be checked");
    expect(await err).toBe(`Interrupted by ${signal}.\n`);
  });

test("--timeout ends a check that is busy with a long configuration", async () => {
  const temporary = await mkdtemp(join(tmpdir(), "wsorigin-long-"));
  onTestFinished(() => rm(temporary, { recursive: true, force: true }));
  const file = join(temporary, "nginx.conf");
  await writeFile(file, `http {\n${"server { location /ws { proxy_pass http://a; } }\n".repeat(60_000)}}`);
  const child = spawn(process.execPath, [program, "proxy", "--check", file, "--timeout", "0.3"], { stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [out, err] = [text(child.stdout), text(child.stderr)];
  expect(await once(child, "close")).toEqual([2, null]);
  expect(await out).toContain("Not everything could be checked");
  expect(await err).toContain("It took more than 0.3 seconds.");
});
