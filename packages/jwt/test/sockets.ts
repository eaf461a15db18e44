import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { explain, type Policy } from "@wsorigin/core";
import { guard } from "@wsorigin/node";
import { type Answer, handshake, type Target } from "@wsorigin/testing";
import { afterwards, page } from "./support.ts";

export const evil = "https://evil.test";

/** Listens on a port of its own until the test is over. */
async function listen(server: Server): Promise<Target> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterwards(async () => void server.close());
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0 };
}

export interface Guarded {
  readonly target: Target;
  /** What the operator is told, of each handshake in turn. */
  readonly told: readonly string[];
}

/** A server whose `/chat` sends whoever connects who they are. */
export async function chat(policy: Policy<unknown>): Promise<Guarded> {
  const told: string[] = [];
  const server = createServer();
  const gate = guard(server, {
    policy,
    log: false,
    onDecision: ({ decision }) => void told.push(explain(decision)),
  });
  gate.route("/chat", (socket, { principal }) => socket.send(JSON.stringify(principal)));
  const target = await listen(server);
  afterwards(async () => gate.close({ timeout: 100 }));
  return { target, told };
}

interface Asking {
  readonly origin?: string | null;
  readonly token?: string;
}

/** A handshake from the listed page, unless told otherwise. What it opens is gone after the test. */
export async function open(target: Target, { origin = page, token }: Asking = {}): Promise<Answer> {
  const headers = token === undefined ? [] : [["Authorization", `Bearer ${token}`] as const];
  const answer = await handshake(target, { path: "/chat", origin, headers });
  afterwards(async () => answer.frames?.destroy());
  return answer;
}

export async function statusOf(target: Target, asking?: Asking): Promise<number | undefined> {
  return (await open(target, asking)).status;
}
