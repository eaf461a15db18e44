import { fork } from "node:child_process";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { frameworkServers } from "./frameworks.ts";
import { makeServer, serverNames } from "./servers.ts";

/** A server in a process of its own, whose processor time can be read. */
export interface ServerProcess {
  readonly port: number;
  /** Microseconds of processor time, user and system, spent so far, once every connection is gone but `open` of them. */
  cpu(open?: number): Promise<number>;
  stop(): Promise<void>;
}

export async function startServer(name: string, execArgv: readonly string[] = []): Promise<ServerProcess> {
  const program = fileURLToPath(new URL("main.js", import.meta.url));
  const child = fork(program, ["serve", name], { execArgv: [...execArgv] });
  const exited = once(child, "exit");
  const answer = async (): Promise<number> => {
    const gone = exited.then(() => {
      throw new Error(`The server ${name} ended.`);
    });
    const [value]: unknown[] = await Promise.race([once(child, "message"), gone]);
    return Number(value);
  };
  const port = await answer();
  return {
    port,
    cpu(open = 0) {
      child.send(open);
      return answer();
    },
    async stop() {
      child.disconnect();
      await exited;
    },
  };
}

/** What runs in the child: tells its port, then its processor time whenever it is asked. */
export async function serve(name: string | undefined): Promise<void> {
  const plain = serverNames.find((each) => each === name);
  const make = plain === undefined ? frameworkServers.get(name) : () => makeServer(plain);
  if (make === undefined) throw new Error(`There is no server ${JSON.stringify(name)}.`);
  const server = await make();
  await once(server.listen(0, "127.0.0.1"), "listening");
  process.on("message", (open) => void tellCpu(server, Number(open)));
  process.on("disconnect", () => process.exit());
  tell((server.address() as AddressInfo).port);
}

async function tellCpu(server: Server, open: number): Promise<void> {
  while ((await connections(server)) > open) await delay(1);
  const { user, system } = process.cpuUsage();
  tell(user + system);
}

function connections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

function tell(value: number): void {
  process.send?.(value);
}
