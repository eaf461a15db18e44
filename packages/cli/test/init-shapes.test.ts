import { readFile } from "node:fs/promises";
import { Ajv } from "ajv";
import { afterAll, describe, expect, test } from "vitest";
import { applyChanges } from "../src/change/apply.ts";
import { devServersOf } from "../src/init/dev-server.ts";
import { editManifest } from "../src/init/manifest-edit.ts";
import { planOf } from "../src/init/plan.ts";
import { parseFile } from "../src/source/parse.ts";
import { Copy } from "./init-support.ts";

const copies: Copy[] = [];

afterAll(async () => {
  await Promise.all(copies.map((copy) => copy.remove()));
});

async function project(files: Readonly<Record<string, string>>, packages: readonly string[] = []): Promise<Copy> {
  const dependencies = Object.fromEntries(["ws", ...packages].map((name) => [name, "*"]));
  const copy = await Copy.empty({ "package.json": JSON.stringify({ name: "app", dependencies }), ...files });
  copies.push(copy);
  return copy;
}

/** The lines that a server file gets, and those that it loses. */
async function changed(source: string, packages: readonly string[] = [], file = "server.js"): Promise<string[]> {
  const copy = await project({ [file]: source }, packages);
  const plan = await planOf(copy.folder, "1.0.0", new AbortController().signal);
  expect(plan.problems).toEqual([]);
  const after = plan.changes.find((change) => change.file === file)?.after ?? "";
  const parsed = parseFile(file, after);
  expect("modules" in parsed).toBe(true);
  const lines = after.split(/\r?\n/);
  const policy = lines.findIndex((line) => line.includes("createPolicy({"));
  const end = lines.findIndex((line, index) => index > policy && /^\s*\}\);?$/.test(line));
  return lines.filter((line, index) => (index < policy || index > end) && line.trim() !== "");
}

const express = 'const express = require("express");\nconst app = express();\n';
const wss = 'const { WebSocketServer } = require("ws");\n';
const attached = 'new WebSocketServer({ server }).on("connection", (socket) => socket.send("hi"));\n';

describe("puts the guard", () => {
  test("behind a server that a variable holds, in front of what is attached to it", async () => {
    const lines = await changed(
      `${express}${wss}const server = require("http").createServer(app);\n${attached}server.listen(1);\n`,
      ["express"],
    );
    expect(lines.slice(3)).toEqual([
      'const { createPolicy, guard, splitList } = require("@wsorigin/express");',
      'const server = require("http").createServer(app);',
      "guard(server, { app, policy });",
      attached.trim(),
      "server.listen(1);",
    ]);
  });

  test("behind app.listen(), whose server gets a name", async () => {
    const source =
      'import Koa from "koa";\nimport websockify from "koa-websocket";\nconst server = 1;\nexport const app = websockify(new Koa());\napp.listen(3000);\n';
    const lines = await changed(source, ["koa", "koa-websocket"]);
    expect(lines.slice(-2)).toEqual(["const httpServer = app.listen(3000);", "guard(httpServer, { app, policy });"]);
  });

  test("in front of an exported app.listen(), whose server gets a name", async () => {
    const source = `${express}require("express-ws")(app);\napp.ws("/a", (socket) => socket.send("a"));\nmodule.exports = app.listen(3000);\n`;
    const lines = await changed(source, ["express", "express-ws"]);
    expect(lines.slice(-3)).toEqual([
      "const server = app.listen(3000);",
      "guard(server, { app, policy });",
      "module.exports = server;",
    ]);
  });

  test("in a function that returns app.listen()", async () => {
    const source = `${express}require("express-ws")(app);\nexports.start = (port) => {\n  return app.listen(port);\n};\n`;
    const lines = await changed(source, ["express", "express-ws"]);
    expect(lines.slice(-5)).toEqual([
      "exports.start = (port) => {",
      "  const server = app.listen(port);",
      "  guard(server, { app, policy });",
      "  return server;",
      "};",
    ]);
  });

  test("behind an assignment to a field", async () => {
    const source = `import { createServer } from "node:http";\nimport { WebSocketServer } from "ws";\nclass Hub {\n  constructor() {\n    this.server = createServer();\n    this.sockets = new WebSocketServer({ server: this.server });\n  }\n}\nnew Hub().server.listen(1);\n`;
    const lines = await changed(source);
    expect(lines).toContain("    guard(this.server, { policy });");
  });

  test("once for a server with two kinds of sockets", async () => {
    const source = `${wss}const { Server } = require("socket.io");\nconst server = require("http").createServer();\n${attached}const io = new Server(server);\nserver.listen(1);\n`;
    const lines = await changed(source, ["socket.io"]);
    expect(lines.filter((line) => line.includes("guard("))).toEqual(["const gate = guard(server, { policy });"]);
    expect(lines).toContain("const io = new Server(server, { allowRequest: gate.allowRequest });");
  });

  test("on each of two servers, with one policy above both", async () => {
    const source = `${wss}const http = require("http");\nconst one = http.createServer();\nconst two = http.createServer();\nnew WebSocketServer({ server: one });\nnew WebSocketServer({ server: two });\none.listen(1);\ntwo.listen(2);\n`;
    const lines = await changed(source);
    expect(lines.filter((line) => /guard\(/.test(line))).toEqual([
      "guard(one, { policy });",
      "guard(two, { policy });",
    ]);
  });

  test("in front of a Socket.IO server with a port, which then gets a server", async () => {
    const source =
      'const io = require("socket.io")(3000, { cors: { origin: "*" } });\nio.on("connection", () => {});\n';
    const lines = await changed(source, ["socket.io"]);
    expect(lines).toEqual([
      'const { createServer } = require("node:http");',
      'const { createPolicy, guard, splitList } = require("@wsorigin/node");',
      "const server = createServer();",
      "const gate = guard(server, { policy });",
      'const io = require("socket.io")(server, { allowRequest: gate.allowRequest, cors: { origin: (origin, callback) => callback(null, policy.allowsOrigin(origin)) } });',
      "server.listen(3000);",
      'io.on("connection", () => {});',
    ]);
  });

  test("in front of a Socket.IO server whose io.listen() becomes the server's", async () => {
    const source =
      'import { Server } from "socket.io";\nconst io = new Server({ cors: { origin: ["http://localhost:8080"] } });\nio.listen(3000);\n';
    const lines = await changed(source, ["socket.io"]);
    expect(lines.slice(3)).toEqual([
      "const server = createServer();",
      "const gate = guard(server, { policy });",
      "const io = new Server(server, { allowRequest: gate.allowRequest, cors: { origin: (origin, callback) => callback(null, policy.allowsOrigin(origin)) } });",
      "server.listen(3000);",
    ]);
  });

  test("on Nest's own server, for gateways with WsAdapter", async () => {
    const source =
      'import { NestFactory } from "@nestjs/core";\nimport { WsAdapter } from "@nestjs/platform-ws";\nimport { WebSocketGateway } from "@nestjs/websockets";\n@WebSocketGateway({ path: "/live" })\nclass Live {}\nconst app = await NestFactory.create(Live);\napp.useWebSocketAdapter(new WsAdapter(app));\nawait app.listen(3000);\n';
    const lines = await changed(source, ["@nestjs/core", "@nestjs/platform-ws"], "main.ts");
    expect(lines.slice(-2)).toEqual(["guard(app.getHttpServer(), { policy });", "await app.listen(3000);"]);
  });
});

test("lines keep their Windows ends, and nothing else of a file changes", async () => {
  const source = `'use strict'\r\n\r\nconst http = require('http')\r\nconst { WebSocketServer } = require('ws')\r\n\tlet x =  1 // odd\r\nconst server = http.createServer()\r\nnew WebSocketServer({ server })\r\nserver.listen(1)\r\n`;
  const copy = await project({ "server.js": source });
  expect((await copy.wsorigin("init", "--write")).code).toBe(0);
  const after = await copy.read("server.js");
  expect(after.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  expect(
    after
      .split("\r\n")
      .filter((line) => !source.includes(line))
      .every((line) => !line.includes(";")),
  ).toBe(true);
  for (const line of source.split("\r\n")) expect(after).toContain(line);
});

test("origins come from the list of a CORS function; what the policy cannot take is named, with the reason", async () => {
  const list = `["https://app.example.com/", "https://*.example.org", "http://10.0.0.5:5173", "http://localhost:4000", /\\.vercel\\.app$/]`;
  const source = `${express}${wss}const whitelist = ${list};\napp.use(require("cors")({ origin: (origin, done) => done(null, whitelist.includes(origin)) }));\nconst sockets = new WebSocketServer({ port: 8081 });\napp.listen(3000);\n`;
  const copy = await project({ "server.js": source }, ["express", "cors"]);
  const { changes, remains } = await planOf(copy.folder, "1.0.0", new AbortController().signal);
  const after = changes[0]?.after;
  expect(after).toContain('    "https://app.example.com",\n    "https://*.example.org",\n');
  expect(after).toContain('=== "production" ? [] : ["http://localhost:4000"]),');
  const dropped = remains.filter((each) => each.includes("is not in the policy"));
  expect(dropped).toEqual([
    expect.stringContaining('server.js:4 lists "http://10.0.0.5:5173"'),
    expect.stringContaining("server.js:4 lists /\\.vercel\\.app$/"),
  ]);
});

describe("changes nothing and ends with 3", () => {
  test.each<readonly [what: string, files: Record<string, string>, packages: readonly string[], said: string]>([
    ["where no server is found", { "a.js": "export const a = 1;\n" }, [], "No WebSocket server was found in 1 files"],
    [
      "where options are made elsewhere",
      { "a.js": `${wss}new WebSocketServer(require("./options"));\n` },
      [],
      "a.js:2  ws: its options are not written where it is created",
    ],
    [
      "where listen() is in a condition without a block",
      { "a.js": `${express}require("express-ws")(app);\nif (process.env.X) app.listen(1);\n` },
      ["express", "express-ws"],
      "where no statement can be added",
    ],
    [
      "where an app never listens",
      { "a.js": `${express}require("express-ws")(app);\n` },
      ["express", "express-ws"],
      "no call of listen() on its app was found",
    ],
    [
      "where the server's file has a syntax error",
      { "a.js": "const { = 1;\nnew WebSocketServer(" },
      [],
      "a.js  Was left out: not understood",
    ],
    [
      "for Next.js without a custom server",
      { "app/page.js": "export default function Page() {}\n" },
      ["next"],
      "packages/node/docs/nextjs.md",
    ],
    [
      "where a Nest app has an adapter of its own",
      {
        "main.ts":
          'import { NestFactory } from "@nestjs/core";\nimport { WebSocketGateway } from "@nestjs/websockets";\nimport { RedisAdapter } from "./redis.js";\n@WebSocketGateway()\nclass A {}\nconst app = await NestFactory.create(A);\napp.useWebSocketAdapter(new RedisAdapter(app));\nawait app.listen(1);\n',
      },
      ["@nestjs/core"],
      "adapter of its own",
    ],
    [
      "where one server may get two guards",
      {
        "a.js": `${wss}exports.a = (server) => { new WebSocketServer({ server }); };\n`,
        "b.js": `${wss}exports.b = (server) => { new WebSocketServer({ server }); };\n`,
      },
      [],
      "may be one and the same",
    ],
  ])("%s", async (_what, files, packages, said) => {
    const copy = await project(files, packages);
    const before = await copy.files();
    const { code, out } = await copy.wsorigin("init", "--write");
    expect([code, out]).toEqual([3, expect.stringContaining(said)]);
    expect(await copy.files()).toEqual(before);
  });

  test("in a repository of several packages, and lists those with sockets", async () => {
    const server = `${wss}new WebSocketServer({ port: 1 });\n`;
    const copy = await project({
      "packages/api/package.json": "{}",
      "packages/api/a.js": server,
      "packages/web/package.json": "{}",
      "packages/web/b.js": "1;\n",
    });
    const { code, out } = await copy.wsorigin("init");
    expect([code, out]).toEqual([3, expect.stringContaining("wsorigin init packages/api.")]);
    expect((await copy.wsorigin("init", "packages/api")).code).toBe(0);
  });

  test("for a Fastify that the plugin does not support", async () => {
    const source =
      'const app = require("fastify")();\napp.register(require("@fastify/websocket"));\napp.listen({ port: 1 });\n';
    const copy = await project({ "server.js": source, "package.json": '{ "dependencies": { "fastify": "^4.28.0" } }' });
    expect(await copy.wsorigin("init")).toMatchObject({ code: 3, out: expect.stringContaining("needs Fastify 5.8.3") });
  });
});

test.each(["4.16.4", "5.0.0"])(
  "Express %s, which the adapter does not support, is guarded without it",
  async (version) => {
    const source = `${express}${wss}const server = app.listen(1);\n${attached}`;
    const copy = await project({
      "server.js": source,
      "package.json": `{ "dependencies": { "express": "${version}" } }`,
    });
    const { code, out } = await copy.wsorigin("init");
    expect([code, out]).toEqual([0, expect.stringContaining("+guard(server, { policy });")]);
    expect(out).toContain('+const { createPolicy, guard, splitList } = require("@wsorigin/node");');
  },
);

describe("ends with 2", () => {
  test.each([
    ["without a package.json", {}, "There is no package.json here."],
    ["with a package.json that is not JSON", { "package.json": "{ name: 1 }" }, "package.json is not valid JSON"],
    ["with a package.json that is a folder", { "package.json/a.txt": "" }, "package.json cannot be read: EISDIR"],
  ])("%s", async (_what, files, said) => {
    const copy = await Copy.empty(files);
    copies.push(copy);
    expect(await copy.wsorigin("init")).toMatchObject({ code: 2, out: "", err: expect.stringContaining(said) });
  });

  test.each([
    [["init", "a", "b"], "one folder at a time"],
    [["init", "--force"], "wsorigin init --write --force"],
    [["init", "--sarif"], "init has no format"],
    [["init", "nowhere"], 'There is no folder "nowhere"'],
    [["init", "package.json"], "is not a folder"],
  ])("%j", async (args, said) => {
    const copy = await project({});
    expect(await copy.wsorigin(...args)).toMatchObject({ code: 2, out: "", err: expect.stringContaining(said) });
  });

  test("where git reports changes in a file that init would change, unless --force is given", async () => {
    const copy = await project({ "server.js": `${wss}new WebSocketServer({ port: 1 });\n`, "other.js": "1;\n" });
    const git = (...args: readonly string[]): Promise<{ code: number; out: string }> =>
      copy.run("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...args]);
    await git("init", "-q");
    await git("add", ".");
    expect((await git("commit", "-qm", "first")).code).toBe(0);
    await copy.write("server.js", `${await copy.read("server.js")}// not committed\n`);
    const before = await copy.files();
    const refused = await copy.wsorigin("init", "--write");
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("Uncommitted changes in server.js.")]);
    expect(await copy.files()).toEqual(before);
    await copy.write("other.js", "2;\n");
    expect((await copy.wsorigin("init", "--write", "--force")).code).toBe(0);
  });

  test("where a file changed in between, and writes none of them", async () => {
    const copy = await project({ "a.js": "1;\n", "b.js": "2;\n" });
    const changes = [
      { file: "a.js", before: "1;\n", after: "changed\n" },
      { file: "b.js", before: "0;\n", after: "changed\n" },
    ];
    await expect(applyChanges(copy.folder, changes, false, "wsorigin init")).rejects.toThrow(
      "b.js changed while wsorigin init was running.",
    );
    expect(await copy.read("a.js")).toBe("1;\n");
  });

  test.each([
    ["below what is a file", "a.js/new.js"],
    ["in the place of a folder", "b"],
  ])("where a file cannot be written %s, and takes the others back", async (_what, file) => {
    const copy = await project({ "a.js": "1;\n", "b/c.js": "2;\n" });
    const changes = [
      { file: "a.js", before: "1;\n", after: "changed\n" },
      { file: "new.js", before: undefined, after: "changed\n" },
      { file, before: undefined, after: "changed\n" },
    ];
    await expect(applyChanges(copy.folder, changes, false, "wsorigin init")).rejects.toThrow("Nothing was changed");
    expect(Object.keys(await copy.files())).toEqual(["a.js", "b/c.js", "package.json"]);
    expect(await copy.read("a.js")).toBe("1;\n");
  });
});

test("--json fits its schema, with a diff and without", async () => {
  const schema: unknown = JSON.parse(await readFile(new URL("../schema/init.v1.json", import.meta.url), "utf8"));
  const valid = new Ajv({ allErrors: true }).compile(Object(schema));
  for (const source of [`${wss}new WebSocketServer({ port: 1 });\n`, "1;\n"]) {
    const copy = await project({ "server.js": source });
    const plan: unknown = JSON.parse((await copy.wsorigin("init", "--json")).out);
    expect([valid(plan), valid.errors]).toEqual([true, null]);
  }
});

test.each([
  [
    "vite.config.ts",
    "export default { server: { port: 3001, https: true }, preview: { port: 9 } };",
    ["https://localhost:3001"],
  ],
  [
    "package.json",
    '{ "scripts": { "dev": "vite --port 4000" }, "devDependencies": { "vite": "1" } }',
    ["http://localhost:4000"],
  ],
  ["package.json", '{ "scripts": { "start": "PORT=3006 react-scripts start" } }', ["http://localhost:3006"]],
  ["package.json", '{ "scripts": { "start": "ng serve" } }', ["http://localhost:4200"]],
  [
    "angular.json",
    '{ "projects": { "a": { "architect": { "serve": { "options": { "port": 4300 } } } } } }',
    ["http://localhost:4300"],
  ],
  ["webpack.config.js", "module.exports = { devServer: { port: 9000 } };", ["http://localhost:9000"]],
  ["package.json", '{ "scripts": { "build": "vite build", "dev": "next dev -p 3100" } }', ["http://localhost:3100"]],
  ["package.json", "not JSON", []],
])("reads the development server of %s: %s", (file, source, origins) => {
  const parsed = file.endsWith(".json") ? { modules: [] } : parseFile(file, source);
  const modules = "modules" in parsed ? parsed.modules : [];
  expect(devServersOf([{ file, source, modules }]).map(({ origin }) => origin)).toEqual(origins);
});

test.each([
  ["{}", '{\n  "dependencies": {\n    "b": "1"\n  }\n}'],
  ['{ "dependencies": {} }', '{ "dependencies": {\n    "b": "1"\n  } }'],
  [
    '{\n\t"dependencies": {\n\t\t"a": "1",\n\t\t"c": "1"\n\t}\n}\n',
    '{\n\t"dependencies": {\n\t\t"a": "1",\n\t\t"b": "1",\n\t\t"c": "1"\n\t}\n}\n',
  ],
  ['{\r\n  "name": "x"\r\n}\r\n', '{\r\n  "name": "x",\r\n  "dependencies": {\r\n    "b": "1"\r\n  }\r\n}\r\n'],
])("adds a dependency to %j where it belongs", (source, expected) => {
  const after = editManifest(source, { dependencies: { b: "1" }, devDependencies: {}, scripts: {} });
  expect(after).toBe(expected);
  expect(() => JSON.parse(after)).not.toThrow();
});
