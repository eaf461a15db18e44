import { parse } from "@babel/parser";
import fc from "fast-check";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createPolicy } from "../../core/src/index.ts";
import { auditFiles } from "../src/audit/audit.ts";
import { changesFor } from "../src/audit/changes.ts";
import { faultOf } from "../src/audit/pattern.ts";
import { otherLanguages } from "../src/audit/languages/index.ts";
import { seenLine } from "../src/audit/seen.ts";
import { parseFile } from "../src/source/parse.ts";
import { walk } from "../src/source/walk.ts";
import { CannotRun, UsageError } from "../src/command.ts";
import { audit } from "../src/commands/audit.ts";
import type { Finding, Report } from "../src/finding.ts";
import { cases } from "./audit-projects/cases.ts";

const root = join(import.meta.dirname, "../../..");
const folders: string[] = [];
const goOn = (): Promise<void> => Promise.resolve();

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

async function project(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "audit-"));
  folders.push(folder);
  for (const [file, source] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), source);
  }
  return folder;
}

async function run(cwd: string, ...args: string[]): Promise<Report> {
  const outcome = await audit.run(args, {
    cwd,
    progress: () => {},
    stdin: () => Promise.resolve(""),
    signal: new AbortController().signal,
  });
  if (!("report" in outcome)) throw new Error("There is no report.");
  return outcome.report;
}

function told({ rule, place }: Finding): string {
  return `${rule.id} ${place?.file}:${place?.line}`;
}

async function copyOf(file: string): Promise<Report> {
  return run(await project({ "server.ts": await readFile(join(root, file), "utf8") }));
}

describe("finds", () => {
  test.each(cases.map((each) => [each.what, each] as const))("%s", async (_what, { files, found }) => {
    const { findings } = await run(await project(files));
    expect(findings.map((finding) => told(finding))).toEqual(found);
    for (const { seen, fix } of findings) {
      expect(seen[0]).not.toBe("");
      expect(fix.join("\n")).not.toBe("");
    }
  });

  test("something for every rule", () => {
    const found = new Set(cases.flatMap(({ found }) => found.map((each) => each.split(" ")[0])));
    expect(audit.rules.map(({ id }) => id).filter((id) => !found.has(id))).toEqual([]);
  });
});

describe("the guides", () => {
  const guides = [
    ["express/docs/express-ws", ["WSO201", "WSO202"]],
    ["express/docs/mcp-server", ["WSO247"]],
    ["fastify/docs/fastify-websocket", ["WSO201", "WSO205"]],
    ["koa/docs/koa-easy-ws", ["WSO201", "WSO204"]],
    ["koa/docs/koa-websocket", ["WSO201", "WSO203"]],
    ["node/docs/graphql-ws", ["WSO206"]],
    ["node/docs/nestjs", ["WSO209"]],
    ["node/docs/socket-io", ["WSO208"]],
    ["node/docs/upgrade-listener", ["WSO207"]],
    ["node/docs/verify-client", ["WSO221"]],
  ] as const;

  test.each(guides)("%s before", async (guide, ids) => {
    const { findings } = await copyOf(`packages/${guide}/before.ts`);
    expect(findings.map(({ rule }) => rule.id).toSorted()).toEqual(ids);
    expect(findings.flatMap(({ fix }) => fix).join("\n")).toContain('origins: ["https://app.example.com"]');
  });

  test.each(guides)("%s after", async (guide) => {
    const { findings } = await copyOf(`packages/${guide}/after.ts`);
    expect(findings.map((finding) => told(finding))).toEqual([]);
  });

  test.each(["node", "express", "fastify", "koa"])("of %s beside each other", async (name) => {
    const { findings } = await run(root, `packages/${name}/docs`);
    const files = findings.map(({ place }) => place?.file.replace(/^.*\//, ""));
    expect(files).toContain("before.ts");
    // The server behind the guarded proxy is one of its own.
    expect(files.filter((file) => file !== "before.ts" && file !== "backend.ts")).toEqual([]);
  });

  test.each(["packages/jwt/docs", "apps/express-chat", "apps/fastify-chat", "apps/koa-chat"])("%s", async (folder) => {
    const { findings } = await run(root, folder);
    expect(findings.map((finding) => told(finding))).toEqual([]);
  });

  test("the chats without a guard", async () => {
    const { findings } = await run(root, "apps/chat-kit");
    expect(findings.map((finding) => told(finding))).toEqual([
      "WSO207 src/unguarded.ts:14",
      "WSO208 src/unguarded.ts:42",
    ]);
    const all = await run(root, "apps");
    expect(all.findings.map((finding) => told(finding))).toContain("WSO207 chat-kit/src/unguarded.ts:14");
    expect(all.findings.filter(({ place }) => /^\w+-chat\//.test(place?.file ?? ""))).toEqual([]);
  });
});

test("fixes parse, import what there is, and list what a policy takes", async () => {
  const packages = new Map<string, string>();
  for (const name of ["core", "node", "express", "koa", "fastify", "tickets"])
    packages.set(`@wsorigin/${name}`, await readFile(join(root, "packages", name, "src/index.ts"), "utf8"));
  const scripts = cases.filter(({ files }) => !Object.keys(files).some((file) => otherLanguages.test(file)));
  for (const { files } of scripts) {
    const { findings } = await run(await project(files));
    for (const { fix } of findings) {
      // All but an option, or an expression, that stands by itself.
      const code = fix.filter((line) => !/^(?:ca|handleProtocols): /.test(line)).join("\n");
      expect(() => parse(code, { sourceType: "module", allowReturnOutsideFunction: true })).not.toThrow();
      for (const line of fix) {
        const [, names = "", from = ""] = /^import \{ (.+) \} from "(@wsorigin\/.+)";$/.exec(line) ?? [];
        const missing = names.split(", ").filter((name) => name !== "" && packages.get(from)?.includes(name) !== true);
        expect(missing).toEqual([]);
        const [, listed] = /origins: (\[.*?\])/.exec(line) ?? [];
        expect(() => createPolicy({ origins: JSON.parse(listed ?? '["https://a.example"]') })).not.toThrow();
      }
    }
  }
});

describe("says", () => {
  test("what was read, skipped and ignored", async () => {
    const folder = await project({
      "a.js": `import { WebSocketServer } from "ws";\nnew WebSocketServer({ port: 1 });\n// wsorigin-ignore WSO235: a reason\nnew WebSocket("ws://a.acme.com");`,
      "b.ts": "const socket = ;;;)(",
      "c.js": "export const one = 1;",
      "test/d.js": "",
      "big.js": `// ws\n${"x;".repeat(600_000)}`,
    });
    await symlink(join(root, "apps"), join(folder, "linked"));
    const { findings, steps, target } = await run(folder, ".", "--ignore", "WSO206", "--ignore=WSO207,wso208");
    expect(target).toBe(".");
    expect(findings).toEqual([]);
    expect(steps).toEqual([
      { name: "files", outcome: "ok", detail: "3 files read, 1 with sockets, origins or CORS looked into" },
      {
        name: "tests",
        outcome: "skipped",
        detail: "1 file of tests left out; name their folder to have them looked at",
      },
      { name: "b.ts", outcome: "skipped", detail: expect.stringContaining("not understood: Unexpected token") },
      { name: "big.js", outcome: "skipped", detail: "larger than 1000 kB" },
      { name: "ignored by comments", outcome: "skipped", detail: "1 finding" },
      { name: "ignored by --ignore", outcome: "skipped", detail: "1 finding of WSO206, WSO207, WSO208" },
    ]);
  });

  test("how many files were too many", async () => {
    const folder = await project({ "a.js": "", "b.js": "", "c/d.js": "" });
    const walked = await walk(folder, new AbortController().signal, { files: 1, size: 10 });
    expect(walked).toMatchObject({ beyond: 2, files: [{ file: "a.js" }] });
    const { steps } = await auditFiles(walked, { ignored: new Set(), goOn });
    expect(steps[1]).toEqual({
      name: "too many files",
      outcome: "skipped",
      detail: "2 files more not read; name a folder within",
    });
  });

  test("what is wrong with the very pattern, and what to list instead", async () => {
    const source = `import "ws";\nconst ok = (origin) => /^https:\\/\\/.*example\\.com$/.test(origin);`;
    const { findings } = await run(await project({ "a.js": source }));
    expect(findings[0]?.place).toEqual({ file: "a.js", line: 2, column: 24 });
    expect(findings[0]?.fix.slice(0, 4)).toEqual([
      "// no dot stands before the domain, so it matches https://evilexample.com as well",
      'import { createPolicy } from "@wsorigin/node";',
      "",
      'const policy = createPolicy({ origins: ["https://example.com", "https://*.example.com"] });',
    ]);
  });

  test("a token is a lesser thing", async () => {
    const { findings } = await run(
      await project({
        "a.js": `const { Server } = require("socket.io");\nconst io = new Server(3000);\nio.use((socket, next) => login(socket.handshake.auth.token, next));`,
      }),
    );
    expect(findings.map(({ severity }) => severity)).toEqual(["warning"]);
  });

  test("the line, without its secrets", () => {
    expect(seenLine(`  new WebSocket("ws://me:pw@a.acme.com/?token=abc123&room=1");`)).toBe(
      `new WebSocket("ws://…@a.acme.com/?token=…&room=1");`,
    );
    expect(seenLine(`const secret = "hunter22"; f("c2VjcmV0LXNlY3JldC1zZWNyZXQ5OTk5");`)).toBe(
      `const secret = "…"; f("…");`,
    );
    expect(seenLine("x".repeat(300))).toHaveLength(201);
    expect(seenLine("a\u001b[31m\u202eb")).toBe("a\ufffd[31m\ufffdb");
    expect(seenLine("new WebSocket(`wss://a.acme.com?token=${token}`)")).toContain("?token=${token}");
  });
});

describe("refuses", () => {
  test.each([
    ["--write"],
    ["--fix", "--force"],
    ["--ignore"],
    ["--ignore", "WSO999"],
    ["--ignore", "WSO206,nonsense"],
    ["a", "b"],
    [""],
  ])("%j %j", async (...args) => {
    await expect(run(root, ...args)).rejects.toThrow(UsageError);
  });

  test("what is not there, or no folder", async () => {
    await expect(run(root, "nowhere")).rejects.toThrow(CannotRun);
    await expect(run(root, "package.json")).rejects.toThrow(CannotRun);
  });

  test("to go on when it is told to stop", async () => {
    const surroundings = {
      cwd: root,
      progress: () => {},
      stdin: () => Promise.resolve(""),
      signal: AbortSignal.abort(),
    };
    await expect(audit.run(["packages/node/docs"], surroundings)).rejects.toThrow(CannotRun);
  });
});

test("rules are told apart", () => {
  const ids = audit.rules.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(audit.rules.map(({ name }) => name)).size).toBe(ids.length);
  for (const { id, name, title, cause, fix } of audit.rules) {
    expect(id).toMatch(/^WSO2[0-7]\d$/);
    expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    for (const text of [title, cause, fix]) expect(text).toMatch(/^\S.*\S$/);
  }
});

describe("whatever the source is", () => {
  const names = fc.constantFrom("a.js", "a.ts", "a.tsx", "a.vue", "a.html", "b/c.mjs");
  const pieces = fc.constantFrom(
    ...cases.flatMap(({ files }) => Object.values(files)).flatMap((source) => source.match(/\w+|[^\w\s]|\s/g) ?? []),
    "await",
    "class",
    "#x",
    "\u2028",
    "<script>",
    "</script>",
    "...",
    "?.",
    "`",
    "${",
    "this",
    "origin",
    "headers",
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(pieces, { maxLength: 60 }).map((list) => `import "ws";${list.join("")}`),
    fc
      .array(
        fc.constantFrom(...cases.flatMap(({ files }) => Object.values(files)).flatMap((source) => source.split("\n"))),
        { maxLength: 12 },
      )
      .map((list) => list.join("\n")),
  );

  test("it does not throw, and says the same again", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, texts), { maxLength: 3 }), async (list) => {
        const files = list.map(([file, source]) => ({ file, source }));
        const walked = { files, packages: [""], skipped: [], tests: 0, beyond: 0 };
        const first = await auditFiles(walked, { ignored: new Set(), goOn });
        const second = await auditFiles(walked, { ignored: new Set(), goOn });
        expect([second.findings, second.steps]).toEqual([first.findings, first.steps]);
        for (const { file, after } of changesFor(first.found, () => true).changes)
          expect(parseFile(file, after)).toHaveProperty("modules");
      }),
      { numRuns: 300 },
    );
  });

  test("nor where it nests", async () => {
    for (const source of [
      `ws;${"(".repeat(50_000)}`,
      `ws;${"[".repeat(20_000)}${"]".repeat(20_000)}`,
      `origin${".includes(origin)".repeat(3000)}`,
      `const origin = ${"!".repeat(20_000)}ws;`,
    ]) {
      const walked = { files: [{ file: "a.js", source }], packages: [""], skipped: [], tests: 0, beyond: 0 };
      await expect(auditFiles(walked, { ignored: new Set(), goOn })).resolves.toBeDefined();
    }
  });

  test("patterns neither", () => {
    const piece = fc.constantFrom(
      "^",
      "$",
      ".",
      "*",
      "+",
      "?",
      "(",
      ")",
      "[",
      "]",
      "|",
      "\\",
      "\\.",
      "{2}",
      "a",
      "example",
      "(?:",
      "https://",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 40 }).map((list) => list.join("")),
        ),
        (source) => {
          expect(typeof (faultOf(source) ?? "")).toBe("string");
        },
      ),
    );
  });
});
