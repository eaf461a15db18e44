import { Linter } from "eslint";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, realpath, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { handshake } from "@wsorigin/testing";
import { configs } from "../src/index.ts";
import { remove, writeFiles } from "./projects.ts";

const page = "https://app.example.com";
const evil = "https://app.example.com.evil.test";

const start = `import { createServer } from "node:http";
import { WebSocketServer } from "ws";
`;
const listening = `
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
`;

/** A program, the rule that it breaks, and whether its edit is made unasked. */
const programs: Readonly<Record<string, readonly [rule: string, kind: "fix" | "suggestion", source: string]>> = {
  "a WebSocketServer without a check": [
    "ws-unguarded",
    "suggestion",
    `${start}const corsOrigins = ["${page}"];
const server = createServer((request, response) => {
  if (corsOrigins.includes(request.headers.origin)) response.setHeader("Access-Control-Allow-Origin", request.headers.origin);
  response.end();
});
const sockets = new WebSocketServer({ server });${listening}`,
  ],
  "an upgrade listener without a check": [
    "upgrade-unguarded",
    "suggestion",
    `${start}export const corsOrigins = ["${page}"];
const server = createServer();
const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened, request));
});${listening}`,
  ],
  "startsWith() in verifyClient": [
    "origin-prefix",
    "suggestion",
    `${start}const server = createServer();
const sockets = new WebSocketServer({ server, verifyClient: ({ origin }) => origin.startsWith("${page}") });${listening}`,
  ],
  "includes() in verifyClient": [
    "origin-substring",
    "suggestion",
    `${start}const server = createServer();
const sockets = new WebSocketServer({ server, verifyClient: ({ origin }) => origin.includes("app.example.com") });${listening}`,
  ],
  "endsWith() in verifyClient": [
    "origin-suffix",
    "suggestion",
    `${start}const server = createServer();
const sockets = new WebSocketServer({ server, verifyClient: ({ origin }) => origin.endsWith("example.com") });${listening}`,
  ],
  "toLowerCase() in verifyClient": [
    "origin-case-folded",
    "fix",
    `${start}const server = createServer();
const sockets = new WebSocketServer({ server, verifyClient: ({ origin }) => origin.toLowerCase() === "${page}" });${listening}`,
  ],
};

/** A foreign page that gets into the server as it was. */
const foreign: Readonly<Record<string, string>> = {
  "origin-suffix": "https://evilexample.com",
  "origin-case-folded": "HTTPS://app.example.com",
};

test.each(Object.entries(programs))("the edit for %s keeps a foreign page out", async (_what, [rule, kind, source]) => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "fixed-server-")));
  onTestFinished(() => remove(folder));
  await symlink(fileURLToPath(new URL("../node_modules", import.meta.url)), join(folder, "node_modules"));
  const filename = join(folder, "after.mjs");
  await writeFiles(folder, { "package.json": "{}", "before.mjs": source });
  await writeFiles(folder, { "after.mjs": edited(source, filename, rule, kind) });
  const stranger = foreign[rule] ?? evil;
  expect([await answers(folder, "before.mjs", stranger), await answers(folder, "after.mjs", stranger)]).toEqual([
    [101, 101],
    [101, rule.startsWith("origin-") ? 401 : 403],
  ]);
});

/** The text with the edit for one rule. */
function edited(source: string, filename: string, rule: string, kind: "fix" | "suggestion"): string {
  const linter = new Linter({ cwd: "/" });
  const config: Linter.Config = { plugins: configs.all.plugins ?? {}, rules: { [`wsorigin/${rule}`]: "error" } };
  if (kind === "fix") return linter.verifyAndFix(source, [{ files: ["**/*.mjs"], ...config }], { filename }).output;
  const [message] = linter.verify(source, [{ files: ["**/*.mjs"], ...config }], { filename });
  const fix = message?.suggestions?.[0]?.fix;
  if (fix === undefined) throw new Error(`There is no suggestion: ${JSON.stringify(message)}`);
  return source.slice(0, fix.range[0]) + fix.text + source.slice(fix.range[1]);
}

/** What the server's own page and a foreign one get. */
async function answers(folder: string, file: string, stranger: string): Promise<(number | undefined)[]> {
  const child = fork(join(folder, file), { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  try {
    const port = await portOf(child);
    const all = await Promise.all([page, stranger].map((origin) => handshake({ port }, { origin })));
    for (const { frames } of all) frames?.destroy();
    return all.map(({ status }) => status);
  } finally {
    child.kill();
  }
}

async function portOf(child: ChildProcess): Promise<number> {
  const [message]: unknown[] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (typeof message !== "number" || message < 1024) throw new Error("The server did not start.");
  return message;
}
