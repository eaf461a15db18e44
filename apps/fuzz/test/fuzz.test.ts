import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** Runs the command in a process of its own. */
async function fuzz(...args: readonly string[]): Promise<string> {
  if (!existsSync(program)) throw new Error("The fuzzer is not built. Run: pnpm build");
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { maxBuffer: 1 << 24 });
  return stdout;
}

// A difference makes the command fail: its text, with the case to replay, is in the error.
test.each([
  ["http", 1],
  ["http", 6],
  ["h2c", 1],
  ["express", 2],
  ["koa", 3],
  ["fastify", 4],
  ["no-upgrades", 5],
])("500 cases on %s, seed %i, find no difference", { timeout: 120_000 }, async (server, seed) => {
  const output = await fuzz("--server", server, "--seed", String(seed), "--cases", "500");
  expect(output).toMatch(new RegExp(`^${server}, seed ${seed}: 500 cases, \\d{3} decisions`));
});

test("replays a case", { timeout: 60_000 }, async () => {
  const settings = { directory: false, listener: true, expectations: false, strip: false };
  const replay = { program: "http", seed: 1, settings, case: { protocol: "http1", changes: [] } };
  expect(await fuzz("--replay", JSON.stringify(replay))).toBe("No difference.\n");
});
