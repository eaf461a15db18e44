import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Runs the command in a process of its own. */
async function fuzz(...args: readonly string[]): Promise<string> {
  if (!existsSync(program)) throw new Error("The fuzzer is not built. Run: pnpm build");
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { maxBuffer: 1 << 24 });
  return stdout;
}

// A difference makes the command fail: its text, with the case to replay, is in the error. Programs that wait for sockets run side by side.
// The cases of a seed are the same each time, and so is a difference. Events that a busy machine reports late are not.
describe.concurrent("finds no difference", { timeout: 180_000, retry: 1 }, () => {
  // What each seed sets up: a token in every place, all of `unrouted`, middleware, and requests behind a guard.
  test.each([
    ["http", 38, "pass, a token in the header, middleware"],
    ["h2c", 20, "a token in the first message, middleware, a directory"],
    ["express", 34, "a token in a cookie, guarded requests"],
    ["koa", 25, "a token among the subprotocols, middleware"],
    ["fastify", 15, "a token in the query, guarded requests"],
    ["no-upgrades", 3, "refuse, a token in the header, guarded requests, a directory"],
  ])("in 250 cases on %s, seed %i: %s", async (server, seed) => {
    const output = await fuzz("--server", server, "--seed", String(seed), "--cases", "250");
    expect(output).toMatch(new RegExp(`^${server}, seed ${seed}: 250 cases, \\d{3} decisions`));
  });
});

test("replays a case", { timeout: 60_000 }, async () => {
  const settings = { token: "header", requests: true };
  const replay = { program: "http", seed: 1, settings, case: { protocol: "http1", changes: [] } };
  expect(await fuzz("--replay", JSON.stringify(replay))).toBe("No difference.\n");
});
