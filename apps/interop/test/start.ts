import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../../packages/cli/test/proxies.ts";
import { installed, servers } from "./install.ts";
import type { Setup } from "./setups.ts";

const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Ends every server that was started here, and waits for it. */
export async function stopAll(): Promise<void> {
  await Promise.all(
    [...children].map(async (child) => {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
      child.kill("SIGKILL");
      await ended;
      children.delete(child);
    }),
  );
}

const started = new Map<string, Promise<number>>();

/** Starts the setup's server, unless it runs already, and returns its port of 127.0.0.1. */
export function start(setup: Setup): Promise<number> {
  const key = [setup.stack, setup.name, setup.on].join(" ");
  const known = started.get(key) ?? bounded(() => startOnce(setup));
  started.set(key, known);
  return known;
}

/** So many servers start at the same time: more of them only wait for each other on two cores. */
const atOnce = 4;
let starting = 0;
const waiting: (() => void)[] = [];

async function bounded<T>(work: () => Promise<T>): Promise<T> {
  if (starting < atOnce) starting += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await work();
  } finally {
    // The next one takes this one's place.
    const next = waiting.shift();
    if (next === undefined) starting -= 1;
    else next();
  }
}

async function startOnce({ stack, name, on }: Setup): Promise<number> {
  if (stack === "django")
    return python(on, ["asgi:application"], [join(servers, "django"), join(servers, "django/setups", name)]);
  if (stack === "fastapi") return python(on, [`${name}:app`], [join(servers, "fastapi/setups")]);
  if (stack === "go") {
    const port = await freePort();
    await serving(join(installed.go, "interop"), ["-setup", name, "-address", `127.0.0.1:${port}`], port);
    return port;
  }
  if (stack === "rails") return rails(name);
  const port = (await springPorts(on)).get(name);
  if (port === undefined) throw new Error(`The servers of Spring on ${on} have no setup ${JSON.stringify(name)}.`);
  return port;
}

async function python(on: string, args: readonly string[], path: readonly string[]): Promise<number> {
  const port = await freePort();
  const where =
    on === "daphne"
      ? ["-b", "127.0.0.1", "-p", String(port)]
      : on === "uvicorn"
        ? ["--host", "127.0.0.1", "--port", String(port)]
        : ["--bind", `127.0.0.1:${port}`];
  const env = { PYTHONPATH: path.join(":"), PYTHONDONTWRITEBYTECODE: "1" };
  await serving(join(installed.python, "bin", on), [...where, ...args], port, env);
  return port;
}

async function rails(name: string): Promise<number> {
  const port = await freePort();
  const env = { SETUP: name, RAILS_ENV: "production" };
  const args = ["-q", "-C", "-", "-t", "1:16", "-b", `tcp://127.0.0.1:${port}`, join(servers, "rails/config.ru")];
  await serving("puma", args, port, env);
  return port;
}

const jvms = new Map<string, Promise<ReadonlyMap<string, number>>>();
let springNames: readonly string[] = [];

/** Names the setups that one Java machine a server starts. */
export function prepareSpring(setups: readonly Setup[]): void {
  springNames = [...new Set(setups.filter(({ stack }) => stack === "spring").map(({ name }) => name))];
}

function springPorts(on: string): Promise<ReadonlyMap<string, number>> {
  const known = jvms.get(on) ?? startSpring(on);
  jvms.set(on, known);
  return known;
}

async function startSpring(on: string): Promise<ReadonlyMap<string, number>> {
  const { child, failed } = launch("java", [
    "-XX:TieredStopAtLevel=1",
    "-Xmx512m",
    "-jar",
    join(installed.spring, on, "sockets.jar"),
    ...springNames,
  ]);
  const ports = new Map<string, number>();
  const ready = (async () => {
    if (child.stdout === null) return;
    for await (const line of createInterface({ input: child.stdout })) {
      const [, setup, port] = /^setup (\w+) port (\d+)$/.exec(line) ?? [];
      if (setup !== undefined) ports.set(setup, Number(port));
      if (line === "all setups run") return;
    }
  })();
  await Promise.race([ready, failed]);
  return ports;
}

/** Starts a program that stays, and waits until it accepts connections. */
async function serving(
  program: string,
  args: readonly string[],
  port: number,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { failed } = launch(program, args, env);
  await Promise.race([accepting(port), failed]);
}

interface Launched {
  readonly child: ChildProcess;
  /** Rejects with what it printed, if it ends by itself. */
  readonly failed: Promise<never>;
}

function launch(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Launched {
  const child = spawn(program, [...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  children.add(child);
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => (printed = `${printed}${String(chunk)}`.slice(-5000)));
  const failed = new Promise<never>((_resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) =>
      reject(new Error(`${program} ${args.join(" ")} ended with ${String(code)}:\n${printed}`)),
    );
  });
  // It is waited for while the server starts; afterwards it may end.
  failed.catch(() => {});
  return { child, failed };
}

async function accepting(port: number): Promise<void> {
  const deadline = Date.now() + 180_000;
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const open = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (open) return;
    if (Date.now() > deadline) throw new Error(`Nothing accepts connections on port ${port}.`);
    await sleep(50);
  }
}
