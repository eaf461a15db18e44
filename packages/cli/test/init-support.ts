import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { runCli } from "../src/cli.ts";

const here = import.meta.dirname;
const root = join(here, "../../..");

export const fixtures: string = join(here, "fixtures/init");

/** A copy of a project, in a folder of its own outside the repository. */
export class Copy {
  readonly folder: string;
  readonly #programs: ChildProcess[] = [];

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Copies a fixture, with the workspace's own packages as what npm would have installed. */
  static async of(name: string): Promise<Copy> {
    const copy = await Copy.empty();
    await cp(join(fixtures, name), copy.folder, { recursive: true });
    await copy.install();
    return copy;
  }

  static async empty(files: Readonly<Record<string, string>> = {}): Promise<Copy> {
    const copy = new Copy(await mkdtemp(join(tmpdir(), "init-")));
    for (const [file, source] of Object.entries(files)) await copy.write(file, source);
    return copy;
  }

  /** Links what the workspace has installed. */
  async install(): Promise<void> {
    const to = join(this.folder, "node_modules");
    await mkdir(to);
    for (const from of [join(here, "../node_modules"), join(root, "node_modules")])
      for (const name of await readdir(from))
        if (!name.startsWith(".")) await symlink(join(from, name), join(to, name)).catch(() => undefined);
  }

  async write(file: string, source: string): Promise<void> {
    await mkdir(dirname(join(this.folder, file)), { recursive: true });
    await writeFile(join(this.folder, file), source);
  }

  read(file: string): Promise<string> {
    return readFile(join(this.folder, file), "utf8");
  }

  /** Every file with its text. */
  async files(): Promise<Record<string, string>> {
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(this.folder, join(entry.parentPath, entry.name)))
      .filter((file) => !/^(?:node_modules|\.git|dist|\.next)(?:\/|$)/.test(file))
      .toSorted();
    return Object.fromEntries(await Promise.all(files.map(async (file) => [file, await this.read(file)] as const)));
  }

  /** Runs the command line in the folder, in this process. */
  async wsorigin(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    let [out, err] = ["", ""];
    const code = await runCli(args, {
      out: (said) => void (out += said),
      err: (said) => void (err += said),
      stdin: async () => "",
      env: { LANG: "C.UTF-8" },
      isTTY: false,
      showsProgress: false,
      columns: 100,
      cwd: this.folder,
      signal: new AbortController().signal,
    });
    return { code, out, err };
  }

  /** Runs a program to its end. */
  async run(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ code: number; out: string }> {
    const program = spawn(command, args, {
      cwd: this.folder,
      env: environment(env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err, [code]] = await Promise.all([text(program.stdout), text(program.stderr), once(program, "close")]);
    return { code: Number(code), out: `${out}${err}` };
  }

  /** Compiles TypeScript as the project's own build does. Its errors are in the output. */
  compile(): Promise<{ code: number; out: string }> {
    return this.run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."]);
  }

  /** Starts a server, and waits until it accepts connections. */
  async start(file: string, port: number, env: Readonly<Record<string, string>>): Promise<void> {
    const program = spawn(process.execPath, [file], {
      cwd: this.folder,
      env: environment({ ...env, PORT: String(port), NEXT_TELEMETRY_DISABLED: "1" }),
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#programs.push(program);
    let said = "";
    program.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    while (!(await accepts(port))) {
      if (program.exitCode !== null) throw new Error(`${file} ended: ${said}`);
      await delay(20);
    }
  }

  async remove(): Promise<void> {
    await Promise.all(
      this.#programs.map(async (program) => {
        if (program.exitCode !== null || program.signalCode !== null) return;
        program.kill("SIGKILL");
        await once(program, "close");
      }),
    );
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** This process's environment, without what its own test runner has put there. */
function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|NODE_ENV|NODE_OPTIONS|TEST$|PORT$)/.test(name),
  );
  return { ...Object.fromEntries(own), ...more };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect({ port, host: "localhost" });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
