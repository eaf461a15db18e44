import { join } from "node:path";
import { handshake } from "@wsorigin/testing";
import { describe, test } from "vitest";
import { Copy, fixtures } from "./init-support.ts";
import { freePort } from "./proxies.ts";

interface Project {
  readonly name: string;
  /** What is started, once it is compiled. */
  readonly entry: string;
  readonly path: string;
  /** Where the app's own page is in development. */
  readonly page: string;
  /** What the server says first. */
  readonly first: RegExp;
}

const engine = "/socket.io/?EIO=4&transport=websocket";

const projects: readonly Project[] = [
  { name: "express-ws", entry: "server.js", path: "/chat", page: "http://localhost:5174", first: /welcome/ },
  { name: "express-upgrade", entry: "dist/server.js", path: "/prices", page: "http://localhost:4000", first: /ACME/ },
  { name: "fastify-plain", entry: "server.js", path: "/notifications", page: "http://localhost:3000", first: /ready/ },
  { name: "fastify-typescript", entry: "dist/server.js", path: "/echo", page: "http://localhost:3000", first: /echo/ },
  { name: "koa-websocket", entry: "index.js", path: "/", page: "http://localhost:8000", first: /online/ },
  { name: "koa-ws", entry: "src/main.js", path: "/", page: "http://localhost:3000", first: /\[\]/ },
  { name: "socket-io", entry: "server.js", path: engine, page: "http://localhost:5173", first: /^0\{"sid"/ },
  { name: "next-custom-server", entry: "server.js", path: "/api/live", page: "http://localhost:3000", first: /live/ },
  { name: "nest-socket-io", entry: "dist/main.js", path: engine, page: "http://localhost:3000", first: /^0\{"sid"/ },
  { name: "ws-port", entry: "relay.mjs", path: "/", page: "http://localhost:5173", first: /hello/ },
];

/** Without what a release or an update of a dependency changes. */
function stable(out: string): string {
  return out
    .replaceAll(/("@wsorigin\/\w+": "\^)[^"]+"/g, '$1VERSION"')
    .replaceAll(/(Express|Fastify|Koa|NestJS|Next\.js) \d+\.\d+/g, "$1 MAJOR.MINOR");
}

describe.concurrent("init", () => {
  test.for(projects)("guards $name", async ({ name, entry, path, page, first }, { expect, onTestFinished }) => {
    const copy = await Copy.of(name);
    onTestFinished(() => copy.remove());
    const before = await copy.files();

    const preview = await copy.wsorigin("init");
    expect([preview.code, preview.err]).toEqual([0, ""]);
    await expect(stable(preview.out)).toMatchFileSnapshot(join(fixtures, `../init-output/${name}.txt`));
    expect(await copy.files()).toEqual(before);

    expect((await copy.wsorigin("init", "--write")).code).toBe(0);
    const after = await copy.files();
    expect(after).not.toEqual(before);
    expect((await copy.wsorigin("audit", "--strict")).out).toContain("Nothing is wrong");
    const again = await copy.wsorigin("init", "--write");
    expect([again.code, again.out]).toEqual([0, expect.stringContaining("Nothing to do")]);
    expect(await copy.files()).toEqual(after);

    if (entry.startsWith("dist/")) expect(await copy.compile()).toEqual({ code: 0, out: "" });
    const port = await freePort();
    await copy.start(entry, port, { NODE_ENV: "development" });
    const target = { port, host: "localhost" };
    const foreign = await handshake(target, { path, origin: "https://evil.test" });
    expect([foreign.status, foreign.closed]).toEqual([403, "fin"]);
    const own = await handshake(target, { path, origin: page });
    expect(own.status).toBe(101);
    expect((await own.frames?.next())?.text).toMatch(first);
    own.frames?.destroy();
  });

  test("admits the pages of development servers in development only", async ({ expect, onTestFinished }) => {
    const copy = await Copy.of("express-ws");
    onTestFinished(() => copy.remove());
    await copy.wsorigin("init", "--write");
    const port = await freePort();
    await copy.start("server.js", port, { NODE_ENV: "production" });
    const statuses = ["http://localhost:5173", "http://localhost:5174", "https://chat.example.com"].map(
      async (origin) => {
        const answer = await handshake({ port, host: "localhost" }, { path: "/chat", origin });
        answer.frames?.destroy();
        return answer.status;
      },
    );
    expect(await Promise.all(statuses)).toEqual([403, 403, 101]);
  });

  test.for([
    ["express-upgrade", "vitest", ["node_modules/vitest/vitest.mjs", "run"], "62 passed"],
    ["ws-port", "node:test", ["--test"], "pass 62"],
  ] as const)(
    "the test that it writes for %s passes in %s",
    async ([name, , args, passed], { expect, onTestFinished }) => {
      const copy = await Copy.of(name);
      onTestFinished(() => copy.remove());
      await copy.wsorigin("init", "--write");
      const file = Object.keys(await copy.files()).filter((each) => each.includes("websocket-origins"));
      const { code, out } = await copy.run(process.execPath, [...args, ...file]);
      expect([code, out]).toEqual([0, expect.stringContaining(passed)]);
    },
  );

  test("git applies the printed diff to the same files", async ({ expect, onTestFinished }) => {
    const [written, patched] = [await Copy.of("koa-websocket"), await Copy.of("koa-websocket")];
    onTestFinished(async () => void (await Promise.all([written.remove(), patched.remove()])));
    await written.wsorigin("init", "--write");
    const { diff } = JSON.parse((await patched.wsorigin("init", "--json")).out);
    const { out } = await patched.wsorigin("init");
    for (const line of String(diff).trimEnd().split("\n")) expect(out).toContain(line);
    await patched.write("init.patch", diff);
    expect(await patched.run("git", ["apply", "init.patch"])).toEqual({ code: 0, out: "" });
    await patched.run("rm", ["init.patch"]);
    expect(await patched.files()).toEqual(await written.files());
  });
});
