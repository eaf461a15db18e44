import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ServerOrder, ServerQuestion, ServerReady, ServerReport } from "./record.ts";

/** A server under test, in a process of its own, so that its end is noticed and not shared. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly ready: ServerReady;
  /** Addresses whose connections may stay open. */
  readonly excused: Set<string> = new Set();
  readonly #ended: Promise<unknown>;
  readonly #said: readonly string[];

  private constructor(child: ChildProcess, ready: ServerReady, ended: Promise<unknown>, said: string[]) {
    this.#child = child;
    this.ready = ready;
    this.#ended = ended;
    this.#said = said;
  }

  /**
   * @param node the program that runs it; this process's own by default
   * @throws {Error} with its output, when it does not start
   */
  static async start(order: ServerOrder, node: string = process.execPath): Promise<ServerProcess> {
    const child = fork(fileURLToPath(new URL("child.js", import.meta.url)), [JSON.stringify(order)], {
      execPath: node,
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk) => said.push(String(chunk).slice(0, 4000)));
    child.on("error", () => {});
    const ended = once(child, "close");
    const ready = await Promise.race([once(child, "message"), ended.then(() => [])]);
    const [message]: ServerReady[] = ready;
    if (message === undefined) throw new Error(`The server ${order.program} did not start.\n${said.join("")}`);
    return new ServerProcess(child, message, ended, said);
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it wrote, at its end the error that ended it. */
  get said(): string {
    return this.#said.join("").slice(-4000);
  }

  /** Asks for what happened since the last time; `undefined` when the process has ended. */
  async report(question: ServerQuestion = { heap: false }): Promise<ServerReport | undefined> {
    if (!this.alive || !this.#child.connected) return undefined;
    const answer = Promise.race([once(this.#child, "message"), this.#ended.then(() => [])]);
    // It may end while it is asked.
    this.#child.send(question, () => {});
    const [report]: ServerReport[] = await answer;
    return report;
  }

  /** Resolves when the process has ended and its output has come. */
  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}
