import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { handshake } from "@wsorigin/testing";

const program = fileURLToPath(new URL("../dist/demo.js", import.meta.url));
const lab = fileURLToPath(new URL("../../lab/dist/server/main.js", import.meta.url));

beforeAll(() => {
  if (![program, lab].every(existsSync)) throw new Error("The demo is not built. Run: pnpm build");
});

test.each([
  [["--port", "http"], '--port is "http"; it must be a number from 0 to 65533.'],
  [["--port", "65535"], '--port is "65535"; it must be a number from 0 to 65533.'],
  [["--port="], '--port is ""; it must be a number from 0 to 65533.'],
  [["express", "--port", "65535"], '--port is "65535"; it must be a number from 0 to 65534.'],
  [["--prot", "3000"], "Unknown option '--prot'"],
  [["express", "--prot", "3000"], "Unknown option '--prot'"],
  [["express", "--open"], "Unknown option '--open'. Write --unguarded to leave the guard out."],
  [["--open"], "Unknown option '--open'. Write --unguarded to leave the guard out."],
  [["lab", "--open"], "Unknown option '--open'"],
  [["3000"], 'There is no demo "3000"; name one of lab, express, fastify, koa.'],
  [["hapi", "--check"], 'There is no demo "hapi"; name one of lab, express, fastify, koa.'],
  [["koa", "3000"], "Unexpected argument '3000'"],
  [["--check", "--port", "3000"], "--check takes free ports; leave out --port."],
])("%j is bad usage", async (args, message) => {
  const { code, out, err } = await finish(run(args));
  expect(err).toContain(message);
  expect(err).toContain("Run with --help for the options.");
  expect(out).toBe("");
  expect(code).toBe(2);
});

// A terminal's escape sequence, the same by C1, and a mark that turns the reading direction.
test.each([
  [["\u001b[2J\u009b2J\u202e"]],
  [["--\u001b[2J\u009b2J\u202e"]],
  [["express", "--\u001b[2J\u009b2J\u202e"]],
  [["koa", "\u001b[2J\u009b2J\u202e"]],
])("bad usage is printed without control characters, row %#", async (args) => {
  const { code, err } = await finish(run(args));
  expect(code).toBe(2);
  expectHarmless(err);
});

test.each(["express", "fastify", "koa"])("demo %s prints no control character of a client", async (framework) => {
  const child = run([framework, "--port", "0"]);
  const done = finish(child);
  const shown = await printed(child, "Ctrl-C ends it.");
  const { host, port } = new URL(/http:\/\/localhost:\d+/.exec(shown)?.[0] ?? "");
  const refused = printed(child, "2J.test");
  const { status } = await handshake(
    { host: "localhost", port: Number(port) },
    { path: "/chat/lobby", origin: "https://evil\u009b2J.test", hostHeader: host },
  );
  expect(status).toBe(400);
  await refused;
  child.kill("SIGINT");
  const { out, err } = await done;
  expectHarmless(`${out}${err}`);
});

test.each([
  [[], ["lab", "express", "fastify", "koa", "--check", "--unguarded"]],
  [["lab"], ["--port", "--help"]],
  [["koa"], ["express|fastify|koa", "--port", "--unguarded", "--check", "--help"]],
])("%j --help names every option", async (args, names) => {
  const { code, out } = await finish(run([...args, "--help"]));
  for (const name of names) expect(out).toContain(name);
  expect(code).toBe(0);
});

test.each([[[]], [["lab"]]])("%j is the lab, and Ctrl-C ends it with 0", async (args) => {
  const child = run([...args, "--port", "0"]);
  const done = finish(child);
  const shown = await printed(child, "Ctrl-C ends it.");
  const [url = ""] = shown.match(/http:\/\/localhost:\d+/) ?? [];
  expect(await (await fetch(url)).text()).toContain("<title>wsorigin lab</title>");
  child.kill("SIGINT");
  expect(await done).toMatchObject({ code: 0, err: "" });
});

test("--check without a name is the chat on Express", async () => {
  const { code, out } = await finish(run(["--check"]));
  expect(out).toMatch(/^All \d+ rows of the chat on Express are as expected\.$/m);
  expect(code).toBe(0);
});

describe.each([
  ["express", "Express"],
  ["fastify", "Fastify"],
  ["koa", "Koa"],
])("demo %s", (framework, name) => {
  test("--check prints a table and exits with 0", async () => {
    const { code, out, err } = await finish(run([framework, "--check"]));
    expect(out).toMatch(
      /^the hostile page \(the cookie rides along\) +403 origin-not-listed +403 origin-not-listed +ok$/m,
    );
    expect(out).toMatch(new RegExp(`All \\d+ rows of the chat on ${name} are as expected\\.\n$`));
    expect(err).toBe("");
    expect(code).toBe(0);
  });

  test("--check --unguarded exits with 1", async () => {
    const { code, out } = await finish(run([framework, "--check", "--unguarded"]));
    expect(out).toMatch(new RegExp(`\\d+ of \\d+ rows of the chat on ${name} are not as expected\\.\n$`));
    expect(code).toBe(1);
  });

  test("it says which pages to open, and Ctrl-C closes the sockets and ends it with 0", async () => {
    const child = run([framework, "--port", "0"]);
    const done = finish(child);
    const shown = await printed(child, "Ctrl-C ends it.");
    const [chatUrl = "", hostileUrl] = shown.match(/http:\/\/localhost:\d+/g) ?? [];
    expect(hostileUrl).toBeDefined();
    expect(shown).toContain("choose a name");

    const headers = { origin: chatUrl, "content-type": "application/json" };
    const body = JSON.stringify({ name: "Ada", password: "correct horse" });
    const login = await fetch(`${chatUrl}/api/login`, { method: "POST", headers, body });
    const cookie = login.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
    const issued = await fetch(`${chatUrl}/api/ticket`, { method: "POST", headers: { origin: chatUrl, cookie } });
    const ticket: unknown = Reflect.get(Object(await issued.json()), "ticket");
    const { host, port } = new URL(chatUrl);
    const target = { host: "localhost", port: Number(port) };
    const open = await handshake(target, {
      path: `/chat/lobby?ticket=${String(ticket)}`,
      origin: chatUrl,
      hostHeader: host,
    });
    expect(open.status).toBe(101);

    child.kill("SIGINT");
    expect((await open.frames?.nextClose())?.code).toBe(1001);
    await open.frames?.close(1001);
    const { code, out, err } = await done;
    expect(out).toContain("origin-listed");
    expect(err).toBe("");
    expect(code).toBe(0);
  });
});

function expectHarmless(printed: string): void {
  // oxlint-disable-next-line no-control-regex
  expect(printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/);
}

function run(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function finish(
  child: ChildProcess,
): Promise<{ readonly code: unknown; readonly out: string; readonly err: string }> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("The program's output is not piped.");
  const [[code], out, err] = await Promise.all([once(child, "close"), text(stdout), text(stderr)]);
  return { code, out, err };
}

/** What is printed up to a text. */
function printed(child: ChildProcess, until: string): Promise<string> {
  return new Promise((resolve) => {
    let all = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      all += chunk.toString();
      if (all.includes(until)) resolve(all);
    });
  });
}
