import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "../src/cli.ts";

async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "audit-fix-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [file, source] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), source);
  }
  return folder;
}

async function run(cwd: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await runCli(["audit", ...args], {
    out: (text) => (out += text),
    err: (text) => (err += text),
    stdin: () => Promise.resolve(""),
    env: { LANG: "C.UTF-8" },
    isTTY: false,
    showsProgress: false,
    columns: 100,
    cwd,
    signal: new AbortController().signal,
  });
  return { code, out, err };
}

const server = `import cors from "cors";
import express from "express";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const app = express();
app.use(cors({ origin: ["https://app.example.com"] }));
const server = createServer(app); // HTTP
const sockets = new WebSocketServer({ server });
`;

const guarded = `import cors from "cors";
import express from "express";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { createPolicy, guard } from "@wsorigin/node";

const app = express();
app.use(cors({ origin: ["https://app.example.com"] }));
const server = createServer(app); // HTTP
const policy = createPolicy({ origins: ["https://app.example.com"] });
guard(server, { policy });
const sockets = new WebSocketServer({ server });
`;

test("--fix shows the diff and writes nothing, --write applies exactly that", async () => {
  const folder = await project({ "package.json": `{ "type": "module" }`, "server.js": server });
  const shown = await run(folder, "--fix");
  expect(shown.out).toContain("+guard(server, { policy });");
  expect(shown.out).toContain("Nothing was written. Add --write");
  expect(await readFile(join(folder, "server.js"), "utf8")).toBe(server);
  const written = await run(folder, "--fix", "--write");
  expect(written).toMatchObject({ code: 0, out: expect.stringContaining("Written: 1 file.") });
  expect(await readFile(join(folder, "server.js"), "utf8")).toBe(guarded);
  const diff = (text: string): string =>
    text.slice(text.indexOf("---"), text.lastIndexOf("WebSocketServer({ server })"));
  expect(diff(written.out)).toBe(diff(shown.out));
});

test("what was fixed is not found again", async () => {
  const folder = await project({
    "package.json": `{ "type": "module" }`,
    "check.js": `import "ws";\nexport const isAllowed = (origin) => origin.startsWith("https://app.example.com");\nexport const isOurs = (origin) => !!origin && origin.endsWith("example.com");\nexport const isTrusted = (origin) => origin.toLowerCase() === "https://a.example";`,
    "client.js": "new WebSocket('ws://api.acme.com/chat');\nconst url = `ws://api.acme.com/${room}`;\n",
    "cors.js": `import cors from "cors";\nimport { createPolicy } from "@wsorigin/express";\nconst policy = createPolicy({ origins: ["https://app.example.com"] });\napp.use(cors({ origin: ["https://app.example.com"], credentials: true }));\n`,
  });
  expect(await run(folder, "--fix", "--write")).toMatchObject({ code: 0 });
  expect(await readFile(join(folder, "check.js"), "utf8")).toBe(
    `import "ws";
import { createPolicy } from "@wsorigin/node";
const originPolicy = createPolicy({ origins: ["https://app.example.com"] });
export const isAllowed = (origin) => originPolicy.allowsOrigin(origin);
const originPolicy2 = createPolicy({ origins: ["https://example.com", "https://*.example.com"] });
export const isOurs = (origin) => !!origin && originPolicy2.allowsOrigin(origin);
export const isTrusted = (origin) => origin === "https://a.example";`,
  );
  expect(await readFile(join(folder, "client.js"), "utf8")).toBe(
    "new WebSocket('wss://api.acme.com/chat');\nconst url = `wss://api.acme.com/${room}`;\n",
  );
  expect(await readFile(join(folder, "cors.js"), "utf8")).toContain(
    "cors({ ...corsOptions(policy), credentials: true })",
  );
  expect(await run(folder, "--fix")).toMatchObject({ code: 0, out: expect.stringContaining("Nothing to fix.") });
});

test("a policy of the file is used, and one guard is enough for one server", async () => {
  const folder = await project({
    "package.json": "{}",
    "server.js": `const { createServer } = require("http");\nconst { WebSocketServer } = require("ws");\nconst { createPolicy } = require("@wsorigin/node");\nconst rules = createPolicy({ origins: ["https://a.example"] });\nconst server = createServer();\nconst wss = new WebSocketServer({ noServer: true });\nserver.on("upgrade", (q, s, h) => { if (q.url === "/a") wss.handleUpgrade(q, s, h, f); });\nserver.on("upgrade", (q, s, h) => { if (q.url === "/b") wss.handleUpgrade(q, s, h, f); });\n`,
  });
  expect(await run(folder, "--fix", "--write")).toMatchObject({ code: 0 });
  const after = await readFile(join(folder, "server.js"), "utf8");
  expect(after.match(/guard\(server, \{ policy: rules \}\);/g)).toHaveLength(1);
  expect(after).toContain('const { guard } = require("@wsorigin/node");');
});

test("a CORS list gets corsOptions() of the adapter for the package that it is given to", async () => {
  const options = '{ origin: ["https://a.example"], credentials: true }';
  const folder = await project({
    "package.json": `{ "type": "module" }`,
    "server.js": `import cors from "cors";\nimport koaCors from "@koa/cors";\nimport { createPolicy } from "@wsorigin/koa";\nconst policy = createPolicy({ origins: ["https://a.example"] });\nconst options = ${options};\nkoa.use(koaCors(options));\n`,
  });
  expect(await run(folder, "--fix", "--write")).toMatchObject({ code: 0 });
  expect(await readFile(join(folder, "server.js"), "utf8")).toContain('import { corsOptions } from "@wsorigin/koa";');
});

test("what is declared below is not used above", async () => {
  const folder = await project({
    "package.json": "{}",
    "app.mjs": `import cors from "cors";\nimport { createPolicy } from "@wsorigin/express";\napp.use(cors({ origin: ["https://a.example"] }));\nexport const policy = createPolicy({ origins: ["https://a.example"] });\n`,
    "server.mjs": `import { createServer } from "node:http";\nimport { WebSocketServer } from "ws";\nimport { createPolicy } from "@wsorigin/node";\nconst server = createServer();\nnew WebSocketServer({ server });\nconst policy = createPolicy({ origins: ["https://a.example"] });\n`,
  });
  expect(await run(folder, "--fix")).toMatchObject({
    out: expect.stringContaining("Nothing can be fixed automatically."),
  });
});

test("what is not certain is left to do by hand: exit code 1", async () => {
  const open = `import { createServer } from "node:http";\nimport { WebSocketServer } from "ws";\nconst server = createServer();\nnew WebSocketServer({ server });`;
  const folder = await project({ "package.json": "{}", "a.mjs": open });
  expect(await run(folder, "--fix", "--write")).toMatchObject({
    code: 1,
    out: expect.stringContaining("Nothing can be fixed automatically."),
  });
  expect(await readFile(join(folder, "a.mjs"), "utf8")).toBe(open);
  const { left, files } = JSON.parse((await run(folder, "--fix", "--json")).out);
  expect([left, files]).toEqual([
    [{ id: "WSO206", severity: "failure", place: { file: "a.mjs", line: 4, column: 1 } }],
    [],
  ]);
});

test("--fix is refused with a format that has no diff", async () => {
  const folder = await project({ "a.js": server });
  expect(await run(folder, "--fix", "--sarif")).toMatchObject({ code: 2, out: "" });
});
