import { createServer, type Server } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { DecisionEvent } from "@wsorigin/node";
import { closeBytes } from "@wsorigin/testing";
import { WebSocketServer } from "ws";
import { cases, earlyPath, latePath } from "./cases.ts";
import { Probe, type Subject } from "./probe.ts";
import type { Row } from "./table.ts";

/** Starts a chat on a server that may have `upgrade` listeners already. */
export type StartSubject = (options: {
  readonly server: Server;
  readonly onDecision: (event: DecisionEvent) => void;
}) => Promise<Subject>;

/** Puts a chat to the test over sockets of its own, and closes it. A row that fails says what came instead. */
export async function check(start: StartSubject): Promise<readonly Row[]> {
  const server = createServer();
  const reached = new Set<string>();
  const codes: string[] = [];
  attachForeign(server, earlyPath, reached);
  const subject = await start({ server, onDecision: ({ decision }) => codes.push(decision.code) });
  attachForeign(server, latePath, reached);

  const rows: Row[] = [];
  const row = async (name: string, expected: string, ask: () => Promise<string>): Promise<void> => {
    const got = await ask().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    rows.push({ name, expected, got, ok: got === expected });
  };
  const probe = new Probe(subject, codes, reached);
  await probe.login();
  for (const { name, expected, ask } of cases(subject, probe)) await row(name, expected, () => ask(probe));

  const origin = subject.chatUrl;
  const path = await probe.ticketPath();
  const frames = (await probe.handshake({ origin, path: await probe.ticketPath() })).frames;
  const closed = subject.close();
  await row("a handshake while the gate closes", "503 draining", () => probe.knock({ origin, path }));
  await row("a socket that is open meanwhile", "1001", async () => String((await frames?.nextClose())?.code));
  frames?.write(closeBytes(1001));
  await frames?.closed();
  frames?.destroy();
  const late = delay(10_000, "still open", { ref: false });
  await row("the servers after that", "closed", () => Promise.race([closed.then(() => "closed"), late]));
  return rows;
}

/** Another user of the server's upgrades, as an app may well have one. */
function attachForeign(server: Server, path: string, reached: Set<string>): void {
  const sockets = new WebSocketServer({ noServer: true });
  // wsorigin-ignore WSO207: that it has no check of its own is what the check is about; the chat's gate stands before it
  server.on("upgrade", (request, duplex, head) => {
    if (request.url?.split("?", 1)[0] !== path) return;
    reached.add(path);
    sockets.handleUpgrade(request, duplex, head, (socket) => socket.on("error", () => socket.terminate()));
  });
}
