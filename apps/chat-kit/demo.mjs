// Builds what a demo needs, shows each package as it is built, and starts the demo. It runs before anything is built, so it is JavaScript.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const [first = "", ...others] = process.argv.slice(2);

const chats = new Set(["express", "fastify", "koa"]);
const ofChat = new Set(["--check", "--unguarded", "--open"]);
// `src/demo.ts` decides which program runs; this is what that program needs.
const chat = chats.has(first) ? first : [first, ...others].some((argument) => ofChat.has(argument)) && "express";
const wanted = chat ? `${chat}-chat` : "lab";

const turbo = join(createRequire(join(root, "package.json")).resolve("turbo/package.json"), "../bin/turbo");
const args = ["run", "build", `--filter=${wanted}...`, "--output-logs=hash-only", "--log-order=stream"];
process.stdout.write("Building the demo. This takes up to half a minute, and a moment the next time.\n");
const { status } = spawnSync(process.execPath, [turbo, ...args], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1" },
});
if (status === 0) await import("./dist/demo.js");
else process.exitCode = status ?? 1;
