import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { auditFiles } from "../src/audit/audit.ts";
import { runCli } from "../src/cli.ts";
import { walk } from "../src/source/walk.ts";

const open = 'import { WebSocketServer } from "ws";\nnew WebSocketServer({ port: 1 });\n';

async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "audit-partial-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [file, source] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), source);
  }
  return folder;
}

async function run(
  cwd: string,
  args: readonly string[],
  aborting = false,
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = "";
  let err = "";
  const controller = new AbortController();
  const code = await runCli(["audit", ...args], {
    out: (text) => (out += text),
    err: (text) => {
      err += text;
      if (aborting && text.includes("Looking into")) controller.abort();
    },
    stdin: () => Promise.resolve(""),
    env: {},
    isTTY: false,
    showsProgress: true,
    columns: 100,
    cwd,
    signal: controller.signal,
  });
  return { code, out, err };
}

describe("an audit that is stopped", () => {
  test("has what it found until then, and names what it did not look into", async () => {
    const folder = await project({ "a.js": open, "b.js": open, "c.js": open });
    const walked = await walk(folder, new AbortController().signal);
    let asked = 0;
    // Three files are parsed, and one is looked into.
    const goOn = (): Promise<void> => (++asked > 4 ? Promise.reject(new Error("stop")) : Promise.resolve());
    const { findings, steps, incomplete } = await auditFiles(walked, { ignored: new Set(), goOn });
    expect(findings.map(({ rule, place }) => `${rule.id} ${place?.file}`)).toEqual(["WSO206 a.js"]);
    expect(incomplete).toBe("stopped");
    expect(steps).toContainEqual({
      name: "stopped",
      outcome: "failed",
      detail: "2 files not looked into: b.js, c.js. What they check or guard is not known.",
    });
  });

  test("looks into what was parsed, if it was stopped while it parsed", async () => {
    const folder = await project({ "a.js": open, "b.js": open });
    const walked = await walk(folder, new AbortController().signal);
    let asked = 0;
    const goOn = (): Promise<void> => (++asked > 1 ? Promise.reject(new Error("stop")) : Promise.resolve());
    const { findings, incomplete } = await auditFiles(walked, { ignored: new Set(), goOn });
    expect(findings.map(({ place }) => place?.file)).toEqual(["a.js"]);
    expect(incomplete).toBe("stopped");
  });

  test("prints its report and ends with 130", async () => {
    const folder = await project({ "a.js": open, "b.js": open });
    const { code, out } = await run(folder, [], true);
    expect(code).toBe(130);
    expect(out).toContain("2 files not looked into: a.js, b.js.");
    expect(out).toContain("Not everything could be checked");
    expect(out).not.toContain("Nothing is wrong");
    expect(JSON.parse((await run(folder, ["--json"], true)).out)).toMatchObject({ verdict: "incomplete" });
  });

  test("says where reading was stopped", async () => {
    const folder = await project({ "a.js": open, "b/c.js": open });
    const controller = new AbortController();
    controller.abort();
    expect(await walk(folder, controller.signal)).toMatchObject({ files: [], stoppedAt: "a.js" });
  });
});

describe("a source that cannot be parsed", () => {
  const broken = 'import "ws";\nconst socket = ;;;)(';

  test("is not ok: exit code 2, and a verdict of its own", async () => {
    const folder = await project({ "a.js": broken });
    const { code, out } = await run(folder, []);
    expect([code, out]).toEqual([2, expect.stringContaining("not understood")]);
    expect(out).not.toContain("Nothing is wrong");
    expect(JSON.parse((await run(folder, ["--json"])).out)).toMatchObject({ verdict: "incomplete" });
  });

  test("does not hide what is wrong in others: exit code 1", async () => {
    const folder = await project({ "a.js": broken, "b.js": open });
    expect(await run(folder, [])).toMatchObject({ code: 1 });
  });

  test("does not matter if it has nothing to do with sockets", async () => {
    const folder = await project({ "a.js": "const one = ;;;)(", "b.js": "" });
    expect(await run(folder, [])).toMatchObject({ code: 0, out: expect.stringContaining("Nothing is wrong.") });
  });
});

describe("what is named", () => {
  test("a folder without sources is an error, and not without problems", async () => {
    const folder = await project({ "README.md": "ws", "docs/a.txt": "" });
    expect(await run(folder, [])).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining('There are no JavaScript, TypeScript, Python or Java sources in "."'),
    });
    const tests = await project({ "test/a.js": open });
    expect(await run(tests, [])).toMatchObject({ code: 2, err: expect.stringContaining("but tests") });
  });

  test("one file, with what others of its package check", async () => {
    const folder = await project({
      "package.json": "{}",
      "src/a.js": `${open}import { open } from "./b.js";\nconst wss = new WebSocketServer({ port: 2 });\nwss.on("connection", open);`,
      "src/b.js": `${open}export function open(socket, request) {\n  if (!list.has(request.headers.origin)) socket.close();\n}`,
    });
    const { code, out } = await run(folder, ["src/a.js", "--json"]);
    const { findings } = JSON.parse(out);
    expect([code, findings.map((each: { place: object }) => each.place)]).toEqual([
      1,
      [{ file: "src/a.js", line: 2, column: 1 }],
    ]);
  });

  test("one file of tests, and one that is no source", async () => {
    const folder = await project({ "package.json": "{}", "test/a.js": open });
    expect(await run(folder, ["test/a.js"])).toMatchObject({ code: 1 });
    expect(await run(folder, ["package.json"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("Name a source"),
    });
    expect(await run(folder, ["b.js"])).toMatchObject({ code: 2, err: expect.stringContaining("There is no file") });
  });

  test("a tracked folder node_modules that is not beside a package.json holds sources", async () => {
    const folder = await project({
      ".gitignore": "node_modules\n!packages/node_modules\n",
      "package.json": "{}",
      "node_modules/dependency/a.js": open,
      "packages/node_modules/@scope/own/package.json": "{}",
      "packages/node_modules/@scope/own/a.js": open,
      "packages/node_modules/@scope/own/node_modules/b/b.js": open,
    });
    const git = promisify(execFile);
    await git("git", ["-C", folder, "init", "-q"]);
    await git("git", ["-C", folder, "add", "-A"]);
    await git("git", ["-C", folder, "add", "-f", "node_modules"]);
    const { files } = await walk(folder, new AbortController().signal);
    expect(files.map(({ file }) => file)).toEqual(["packages/node_modules/@scope/own/a.js"]);
  });
});
