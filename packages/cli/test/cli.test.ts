import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { expect, onTestFinished, test } from "vitest";
import { loadRules } from "../src/catalogue.ts";
import { type Environment, runCli } from "../src/cli.ts";
import { renderRules } from "../src/render/markdown.ts";
import * as backends from "./backends.ts";
import { freePort } from "./proxies.ts";

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program in this process. */
async function run(args: readonly string[], around: Partial<Environment> = {}): Promise<Ran> {
  let [out, err] = ["", ""];
  const code = await runCli(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    stdin: async () => "",
    env: { LANG: "C.UTF-8" },
    isTTY: false,
    showsProgress: false,
    columns: 100,
    cwd: ".",
    signal: new AbortController().signal,
    ...around,
  });
  return { code, out, err };
}

const allRules = await loadRules();

const openDoor = async (): Promise<string> => `ws://localhost:${await backends.ws()}/ws`;

test.each([
  [[], "Which command?"],
  [
    ["docter"],
    'There is no command "docter". Write one of doctor, explain, proxy, audit, init. Did you mean "doctor"?',
  ],
  [["doctor"], "Which socket? Write wsorigin doctor wss://app.example.com/ws."],
  [["doctor", "ftp://a.example"], "The URL has the scheme ftp:"],
  [["doctor", "wss://user:secret@a.example"], "The URL holds a user name."],
  [["doctor", "wss://a.example", "wss://b.example"], '"wss://b.example" is one URL too many.'],
  [["doctor", "wss://a.example", "--nope"], 'Unknown option "--nope". Valid options: --page, --origin, '],
  [["doctor", "wss://a.example", "--token-protocol"], "write --token <token> too"],
  [["doctor", "wss://a.example", "--header", "x\ny: z"], "--header is"],
  [["doctor", "wss://a.example", "--cookie", "a\r\nX: y"], "--cookie must be one line"],
  [["doctor", "wss://a.example", "--origin", "a\r\nX: y"], "--origin must be one line"],
  [["doctor", "wss://a.example", "--page", "chrome"], undefined],
  [
    ["doctor", "--format", "xml", "wss://a.example"],
    '--format is "xml"; it must be one of text, json, sarif, markdown, github.',
  ],
  [["doctor", "--timeout", "soon", "wss://a.example"], '--timeout is "soon"; it must be seconds, above 0.'],
  [["--format"], "--format needs a value."],
  [["--explain", "WSO999"], 'There is no rule "WSO999".'],
  [["audit", "/nowhere/at/all"], "/nowhere/at/all"],
])("%j is bad usage: 2, on standard error", async (args, message) => {
  const { code, out, err } = await run(message === undefined ? [...args, "--dry-run", "--nope"] : args);
  expect(code).toBe(2);
  expect(err).toContain(message ?? "Unknown option");
  expect(out).toBe("");
});

test("--help names every command and option, each command has a help of its own", async () => {
  const { code, out } = await run(["--help"]);
  expect(code).toBe(0);
  for (const word of [
    "doctor",
    "explain",
    "proxy",
    "audit",
    "init",
    "--format",
    "--strict",
    "--timeout",
    "--ascii",
    "--no-color",
  ])
    expect(out).toContain(word);
  for (const command of ["doctor", "explain", "proxy", "audit", "init"]) {
    const { code: own, out: text } = await run([command, "-h"]);
    expect([own, text.includes(`wsorigin ${command}`)]).toEqual([0, true]);
  }
  expect((await run(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("rules: unique, in ranges, each with words of its own; --list-rules and --explain show them", async () => {
  expect(new Set(allRules.map(({ id }) => id)).size).toBe(allRules.length);
  for (const rule of allRules) {
    expect(rule.id).toMatch(/^WSO[0-4]\d\d$/);
    expect(rule.name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    for (const text of [rule.title, rule.cause, rule.fix]) expect(text).toMatch(/\S/);
  }
  const { out } = await run(["--list-rules"]);
  expect(out.trimEnd().split("\n")).toHaveLength(allRules.length);
  const explained = await run(["--explain", "wso020"]);
  expect(explained.out).toContain("upgrade-stripped");
});

test("docs/rules.md is what --list-rules --format markdown prints", async () => {
  await expect(renderRules(allRules)).toMatchFileSnapshot("../docs/rules.md");
});

test("exit code 1 where something is wrong, 0 where nothing is; a warning counts with --strict", async () => {
  const url = await openDoor();
  const feed = `ws://localhost:${await backends.open({ "Set-Cookie": "sid=1" })}/`;
  const runs = [
    ["doctor", url],
    ["doctor", feed],
    ["doctor", feed, "--strict"],
    ["doctor", `ws://localhost:${await freePort()}/`],
    ["explain", "1006"],
  ];
  const codes = await Promise.all(runs.map(async (args) => (await run(args)).code));
  expect(codes).toEqual([0, 0, 1, 1, 0]);
});

test("--json fits its schema, for a finding with a place and for one without", async () => {
  const schema: unknown = JSON.parse(await readFile(new URL("../schema/report.v1.json", import.meta.url), "utf8"));
  const valid = new Ajv({ allErrors: true }).compile(Object(schema));
  const folder = await project();
  for (const args of [
    ["doctor", await openDoor(), "--cookie", "sid=1"],
    ["audit", folder],
    ["explain", "1006"],
  ]) {
    const { out } = await run([...args, "--json"]);
    const report: unknown = JSON.parse(out);
    expect([valid(report), valid.errors]).toEqual([true, null]);
    expect(Reflect.get(Object(report), "findings")).not.toHaveLength(0);
  }
});

test("--sarif has a rule for each result, a place and a fingerprint that outlives other lines", async () => {
  const folder = await project();
  const first = JSON.parse((await run(["audit", folder, "--sarif"])).out);
  const [{ tool, results }] = first.runs;
  expect(first.version).toBe("2.1.0");
  expect(results.length).toBeGreaterThan(0);
  for (const { ruleId, ruleIndex, level, locations } of results) {
    expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
    expect(["error", "warning", "note"]).toContain(level);
    expect(locations[0].physicalLocation.region.startLine).toBeGreaterThan(0);
  }
  await writeFile(join(folder, "server.js"), `// one line more\n${await readFile(join(folder, "server.js"), "utf8")}`);
  const second = JSON.parse((await run(["audit", folder, "--sarif"])).out);
  const prints = (log: typeof first): unknown[] =>
    log.runs[0].results.map((result: { partialFingerprints: object }) => result.partialFingerprints);
  expect(prints(second)).toEqual(prints(first));
});

test("--format github: what was found cannot end its line", async () => {
  const { out } = await run([
    "explain",
    "--format",
    "github",
    "WebSocket connection to 'wss://a/%0A::error::x' failed: \n::error::forged",
  ]);
  for (const line of out.trimEnd().split("\n"))
    expect(line).toMatch(/^(?:::(?:error|warning|notice) title=WSO|wsorigin explain )/);
});

test("--format markdown: what was found is text and code, whatever it holds", async () => {
  const { out } = await run([
    "explain",
    "--format",
    "markdown",
    "WebSocket is closed before the connection is established. <img src=x> ```",
  ]);
  // Outside of code it is text.
  expect(out.replaceAll(/^(`{3,})\n[^]*?\n\1$/gm, "")).not.toContain("<img");
  expect(out).toContain("````");
});

test.each<[string, readonly string[], Partial<Environment>, boolean]>([
  ["on a terminal", [], { isTTY: true }, true],
  ["on no terminal", [], {}, false],
  ["on a dumb one", [], { isTTY: true, env: { TERM: "dumb" } }, false],
  ["with NO_COLOR", [], { isTTY: true, env: { NO_COLOR: "1" } }, false],
  ["with FORCE_COLOR", [], { env: { FORCE_COLOR: "1" } }, true],
  ["with --color", ["--color"], { env: { NO_COLOR: "1" } }, true],
  ["with --no-color", ["--no-color"], { isTTY: true, env: { FORCE_COLOR: "1" } }, false],
])("colours %s", async (_where, args, around, expected) => {
  const { out } = await run(["explain", "1006", ...args], around);
  expect(out.includes("\u001b[")).toBe(expected);
});

test("--ascii, and a locale without UTF-8, write ASCII", async () => {
  for (const [args, env] of [
    [["--ascii"], { LANG: "C.UTF-8" }],
    [[], { LANG: "C" }],
  ] as const) {
    const { out } = await run(
      ["explain", "Firefox can\u2019t establish a connection to the server at wss://a.example/.", ...args],
      { env },
    );
    expect(out).toMatch(/^[\x20-\x7e\n]+$/);
  }
});

test("--dry-run says all that would be sent, without secrets, and sends nothing", async () => {
  let connections = 0;
  const port = await backends.tcp(() => connections++);
  const secrets = ["--cookie", "sid=Qv7hKx1m", "--token", "Jt3yBn6c", "--token-query", "access_token"];
  const { code, out } = await run(["doctor", `ws://localhost:${port}/ws`, "--dry-run", ...secrets]);
  expect(code).toBe(0);
  expect(out).toContain("GET /ws?access_token=[redacted] HTTP/1.1");
  expect(out).toContain("Origin: https://evil.invalid");
  expect(out).toContain("Cookie: [redacted]");
  expect(out).not.toMatch(/Qv7hKx1m|Jt3yBn6c/);
  expect(connections).toBe(0);
});

test("what --dry-run says is what is sent, request for request", async () => {
  const sent: string[] = [];
  const port = await backends.tcp((socket) => {
    socket.once("data", (data) => {
      sent.push(data.toString("latin1"));
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });
  });
  const url = `ws://localhost:${port}/ws`;
  const { out } = await run(["doctor", url, "--dry-run"]);
  await run(["doctor", url]);
  const said = [...out.matchAll(/^ {4}GET[^]*?(?=\n\n)/gm)].map(([block]) =>
    block.replaceAll(/^ {4}/gm, "").split("\n"),
  );
  // Some are sent at the same time.
  const inOrder = (requests: readonly (readonly string[])[]): readonly string[] =>
    requests.map((lines) => lines.join("\n")).toSorted((one, two) => one.localeCompare(two));
  expect(inOrder(sent.map((request) => request.trimEnd().split("\r\n")))).toEqual(inOrder(said));
});

test("--timeout ends it: 2, and says so", async () => {
  const port = await backends.tcp(() => {});
  const { code, err } = await run(["doctor", `ws://localhost:${port}/`, "--timeout", "1"]);
  expect([code, err]).toEqual([2, expect.stringContaining("It took more than 1 seconds.")]);
});

test("Ctrl-C ends it with 130 and leaves no connection", async () => {
  const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  let open = 0;
  const port = await backends.tcp((socket) => {
    open++;
    socket.once("close", () => open--).resume();
  });
  const child = spawn(process.execPath, [program, "doctor", `ws://localhost:${port}/`], { stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await expect.poll(() => open).toBeGreaterThan(0);
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  expect(code).toBe(130);
  await expect.poll(() => open).toBe(0);
});

/** A project with something to find. */
async function project(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "wsorigin-project-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(
    join(folder, "server.js"),
    'import { createServer } from "node:http";\nimport { WebSocketServer } from "ws";\nconst server = createServer();\nnew WebSocketServer({ server }).on("connection", (socket) => socket.send("hello"));\nserver.listen(3000);\n',
  );
  return folder;
}
