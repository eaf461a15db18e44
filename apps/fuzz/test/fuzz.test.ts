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
describe.concurrent("finds no difference", { timeout: 180_000 }, () => {
  test.each([
    ["http", 1],
    ["h2c", 2],
    ["express", 3],
    ["koa", 4],
    ["fastify", 5],
    ["no-upgrades", 6],
  ])("in 250 cases on %s, seed %i", async (server, seed) => {
    const output = await fuzz("--server", server, "--seed", String(seed), "--cases", "250");
    expect(output).toMatch(new RegExp(`^${server}, seed ${seed}: 250 cases, \\d{3} decisions`));
  });
});

test("replays a case", { timeout: 60_000 }, async () => {
  const settings = { directory: false, listener: true, expectations: false, strip: false };
  const replay = { program: "http", seed: 1, settings, case: { protocol: "http1", changes: [] } };
  expect(await fuzz("--replay", JSON.stringify(replay))).toBe("No difference.\n");
});
