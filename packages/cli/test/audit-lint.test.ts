import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { auditSource } from "../src/audit/lint/index.ts";

const open = `import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { protect } from "./protect.js";
const server = createServer();
protect(server);
export const sockets = new WebSocketServer({ server });
`;
const guarding = `import { createPolicy, guard } from "@wsorigin/node";
const policy = createPolicy({ origins: ["https://app.example.com"] });
export const protect = (server) => guard(server, { policy });
`;

async function project(protect: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "audit-lint-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "server.js"), open);
  await writeFile(join(folder, "protect.js"), protect);
  return folder;
}

function rulesIn(folder: string, text: string): string[] {
  return auditSource({ file: join(folder, "server.js"), text }).map(({ rule }) => rule);
}

test("a guard in another file counts, and a change of that file is noticed", async () => {
  const folder = await project(guarding);
  expect(rulesIn(folder, open)).toEqual([]);
  await writeFile(join(folder, "protect.js"), "export const protect = () => {};");
  await expect.poll(() => rulesIn(folder, open)).toEqual(["ws-unguarded"]);
  await writeFile(join(folder, "protect.js"), guarding);
  await expect.poll(() => rulesIn(folder, open)).toEqual([]);
});

test("the text of an editor counts, not the file on the disk", async () => {
  const folder = await project("export const protect = () => {};");
  expect(rulesIn(folder, open)).toEqual(["ws-unguarded"]);
  expect(
    rulesIn(folder, `import "@wsorigin/node";\n${open.replace("new WebSocketServer({ server })", "undefined")}`),
  ).toEqual([]);
  expect(rulesIn(folder, open)).toEqual(["ws-unguarded"]);
  expect(await readFile(join(folder, "server.js"), "utf8")).toBe(open);
});

test("places and edits are offsets in the text that was given", async () => {
  const folder = await project("export const protect = () => {};");
  const text = `\r\n// 😀\r\n${open}export const origins = ["https://app.example.com"];\r\n`;
  const [finding] = auditSource({ file: join(folder, "server.js"), text });
  expect(text.slice(...(finding?.range ?? [0, 0]))).toBe("new WebSocketServer({ server })");
  const { range = [0, 0], text: written = "", kind } = finding?.edit ?? {};
  expect(kind).toBe("suggestion");
  expect(text.slice(0, range[0]) + written + text.slice(range[1])).toContain("guard(server, { policy });");
});

test.each([
  ["a file that does not exist yet", "new.js", ["ws-unguarded"]],
  ["a test", "server.test.js", []],
  ["an installed package", "node_modules/x/index.js", []],
  ["a declaration", "server.d.ts", []],
])("%s", async (_what, file, rules) => {
  const folder = await project("export const protect = () => {};");
  expect(auditSource({ file: join(folder, file), text: open }).map(({ rule }) => rule)).toEqual(rules);
});

test("a text without a name is looked into by itself, and one that does not parse has no findings", () => {
  expect(auditSource({ text: open.replace("protect(server);", "") }).map(({ rule }) => rule)).toEqual(["ws-unguarded"]);
  expect(auditSource({ text: "import { WebSocketServer } from 'ws'; new WebSocketServer({" })).toEqual([]);
});
