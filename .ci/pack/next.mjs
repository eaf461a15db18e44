// A Next.js app: a route handler, which Next bundles, issues tickets for the sockets of the custom server beside it.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { frameworks, run, sources } from "./tools.mjs";

const page = "https://app.example.com";

export async function checkNext(project) {
  const folder = join(project, "next");
  await cp(join(sources, "next"), folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const env = { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" };
  await run(process.execPath, [join(project, "node_modules/next/dist/bin/next"), "build"], folder, env);
  const { statusOf } = await import(pathToFileURL(join(project, "esm/out-6-nodenext/answers.js")).href);
  for (const framework of frameworks) {
    await withServer(folder, framework, env, async (port) => {
      const [status, ticket] = await fetchTicket(port);
      const path = `/chat?ticket=${ticket}`;
      const got = [status, await statusOf(port, page, path), await statusOf(port, page, path)];
      got.push(await statusOf(port, "https://evil.test", "/chat"));
      assert.deepEqual(got, [200, 101, 401, 403], `Next.js on ${framework}`);
    });
  }
  const log = await withServer(folder, "express", { ...env, SEPARATE_STORES: "1" }, async (port) => {
    const [, ticket] = await fetchTicket(port);
    assert.equal(await statusOf(port, page, `/chat?ticket=${ticket}`), 401);
  });
  assert.match(log, /It was issued by another createTickets\(\) of this process/);
  assert.match(log, /memoryStore\(\{ name: "tickets" \}\)/);
}

async function fetchTicket(port) {
  const response = await fetch(`http://127.0.0.1:${port}/api/ticket`, { method: "POST", headers: { origin: page } });
  return [response.status, response.ok ? (await response.json()).ticket : undefined];
}

/** Returns what the server wrote to its log. */
async function withServer(folder, framework, env, use) {
  const server = fork(join(folder, "server.js"), [framework], {
    cwd: folder,
    env,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let log = "";
  server.stderr.on("data", (chunk) => (log += chunk));
  const ended = once(server, "exit");
  try {
    const [message] = await Promise.race([once(server, "message"), ended.then(() => [])]);
    assert.ok(message?.port, `Next.js on ${framework} did not start.\n${log}`);
    await use(message.port);
    return log;
  } finally {
    server.kill();
    await ended;
  }
}
