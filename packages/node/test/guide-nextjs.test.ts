import { fork } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Frames, handshake, type HandshakeRequest, type Target } from "@wsorigin/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf, evil, openAs, page, regionsOf } from "../../testing/test/guides.ts";

const hotReload = "/_next/hmr?id=page";

interface Program {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a program in a process of its own: Next starts once in a process. */
async function boot(name: string): Promise<Program> {
  const fixture = fileURLToPath(new URL("fixtures/run-guide.mjs", import.meta.url));
  const program = fileURLToPath(new URL(`../docs/nextjs/${name}.ts`, import.meta.url));
  const env = { ...process.env, NODE_ENV: "development", NEXT_TELEMETRY_DISABLED: "1" } as const;
  const child = fork(fixture, [program], { env, stdio: "ignore", execArgv: [] });
  const ended = once(child, "exit");
  const [message] = await Promise.race([once(child, "message"), ended]);
  if (typeof message !== "number" || !child.connected) throw new Error(`The program ${name} did not start.`);
  return {
    port: message,
    async close() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** A program that runs for the tests of a group, one after the other. */
function runs(name: string): { readonly target: () => Target; readonly restart: () => Promise<void> } {
  let program: Program | undefined;
  beforeAll(async () => void (program = await boot(name)));
  afterAll(() => program?.close());
  return {
    target() {
      if (program === undefined) throw new Error("The program does not run.");
      return { port: program.port };
    },
    async restart() {
      await program?.close();
      program = await boot(name);
    },
  };
}

/** A handshake as the browser has it that opened `http://localhost` on this port. */
function asOwnPage({ port }: Target, path: string): HandshakeRequest & { readonly origin: string } {
  return { path, hostHeader: `localhost:${port}`, origin: `http://localhost:${port}` };
}

async function echoes(frames: Frames): Promise<void> {
  frames.send("over");
  expect((await frames.next()).text).toBe("over");
}

/** What Next tells a page first. */
async function reloads(target: Target, origin: string): Promise<void> {
  const frames = await openAs(origin, target, asOwnPage(target, hotReload));
  expect(JSON.parse((await frames.next()).text)).toMatchObject({ type: expect.any(String) });
}

/** Has Next listen to upgrades. */
async function visit({ port }: Target): Promise<void> {
  expect((await fetch(`http://localhost:${port}/_next/static/none`)).status).toBe(404);
}

describe("Next's custom server", () => {
  afterAll(() => rm(new URL("../node_modules/.cache/next-guide", import.meta.url), { recursive: true, force: true }));

  test("the code of the guide is the programs'", async () => {
    const file = new URL("../docs/nextjs.md", import.meta.url);
    expect(await blocksOf(file)).toEqual(await regionsOf(file));
  });

  describe("before", () => {
    const { target } = runs("before");

    test.each([page, evil])("a page of %s gets into the app's socket", async (origin) => {
      await expect(echoes(await openAs(origin, target(), { path: "/chat" }))).resolves.toBeUndefined();
    });

    test("Next refuses foreign pages, but lets every port of localhost and every program have the hot reloads", async () => {
      await visit(target());
      await reloads(target(), "http://localhost:6666");
      await reloads(target(), "http://evil.localhost");
      const { frames } = await handshake(target(), { path: hotReload });
      expect(frames).toBeDefined();
      frames?.destroy();
      expect((await handshake(target(), { path: hotReload, origin: evil })).status).toBeUndefined();
    });
  });

  describe("after", () => {
    const { target, restart } = runs("after");

    async function holds(): Promise<void> {
      const own = asOwnPage(target(), hotReload);
      await reloads(target(), own.origin);
      await echoes(await openAs(own.origin, target(), asOwnPage(target(), "/chat")));
      await echoes(await openAs(page, target(), { path: "/chat" }));
      const rebound = { hostHeader: "attacker.test", origin: "http://attacker.test" };
      for (const path of [hotReload, "/chat"]) {
        for (const origin of [evil, "http://localhost:6666", "http://evil.localhost", "null", null]) {
          const answer = await handshake(target(), { ...asOwnPage(target(), path), origin });
          expect([path, origin, answer.statusLine]).toEqual([path, origin, "HTTP/1.1 403 Forbidden"]);
        }
        expect((await handshake(target(), { path, ...rebound })).status).toBe(403);
      }
    }

    test("its own pages get their sockets and hot reloads, others are refused", holds);

    test("the same after a restart, from the first handshake on", async () => {
      const open = await openAs(`http://localhost:${target().port}`, target(), asOwnPage(target(), hotReload));
      await restart();
      await open.closed();
      await holds();
    });
  });
});
