import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "@wsorigin/testing";
import { test } from "vitest";

export const installed: boolean = spawnSync("redis-server", ["--version"]).status === 0;

/** Where there is no redis-server, a test that says so, for those that need one: skipped, or failed in CI. */
export function needsRedis(): void {
  if (installed) return;
  test("Install redis-server", ({ expect, skip }) => {
    expect(process.env["CI"] ?? "", "Install redis-server").toBe("");
    skip("Install redis-server");
  });
}

/** A redis-server of the test's own, which may be stopped and started again on its port. */
export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #appendOnly: boolean;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string, appendOnly: boolean) {
    this.port = port;
    this.#folder = folder;
    this.#appendOnly = appendOnly;
  }

  static async start({ appendOnly = false }: { readonly appendOnly?: boolean } = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), "wsorigin-redis-")), appendOnly);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const settings = {
      port: String(this.port),
      bind: "127.0.0.1",
      save: "",
      appendonly: this.#appendOnly ? "yes" : "no",
      dir: this.#folder,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    this.#process = spawn("redis-server", args, { stdio: "ignore" });
    await until(() => this.#answers(), "redis-server answers", 10_000);
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }

  async remove(): Promise<void> {
    await this.stop("SIGKILL");
    await rm(this.#folder, { recursive: true });
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, "127.0.0.1", () => socket.write("PING\r\n"));
      socket.once("data", (data) => {
        resolve(data.toString().startsWith("+PONG"));
        socket.destroy();
      });
      socket.once("error", () => resolve(false));
    });
  }
}

/** A TCP proxy before a redis-server, which lets nobody in while it is shut. */
export class Gate {
  shut = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    this.#server = createServer((socket) => {
      if (this.shut) {
        socket.destroy();
        return;
      }
      const behind = connect(port, "127.0.0.1");
      for (const [each, other] of [
        [socket, behind],
        [behind, socket],
      ] as const) {
        this.#sockets.add(each);
        each.on("error", () => {});
        each.on("close", () => {
          this.#sockets.delete(each);
          other.destroy();
        });
        each.pipe(other);
      }
    });
  }

  static async before({ port }: RedisServer): Promise<Gate> {
    const gate = new Gate(port);
    await once(gate.#server.listen(0, "127.0.0.1"), "listening");
    return gate;
  }

  get url(): string {
    return `redis://127.0.0.1:${portOf(this.#server)}`;
  }

  /** Cuts off all that are connected. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new TypeError("A TCP server has a port.");
  return address.port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}
