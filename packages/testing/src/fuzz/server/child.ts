import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { AdapterEvent, AdapterServer } from "../../suite/adapter.ts";
import { fixture } from "../settings.ts";
import type { DecisionRecord, FuzzProgram, ServerOrder, ServerQuestion, ServerReady, ServerReport } from "./record.ts";
import { Witness } from "./witness.ts";

/** Runs in a process of its own, which handles neither `uncaughtException` nor `unhandledRejection`. */
async function serve({ program, settings: asked }: ServerOrder): Promise<void> {
  const {
    start,
    speaks = ["http1"],
    settings: fixed,
    keepsReset = false,
  }: FuzzProgram = await import(pathToFileURL(program).href);
  const settings = { ...asked, ...fixed };
  const witness = new Witness(settings);
  const decisions: DecisionRecord[] = [];
  const errors: string[] = [];
  const server = await start({
    policy: {
      origins: [fixture.origin, fixture.wildcard],
      hosts: [fixture.host],
      ...(settings.directory && { directory: { has: (origin) => delay(3).then(() => origin === fixture.tenant) } }),
    },
    options: {
      protocols: [fixture.protocol],
      deadline: fixture.deadline,
      grace: fixture.grace,
      onDecision: ({ decision, ip }: AdapterEvent) => void decisions.push({ ip: ip ?? "", code: decision.code }),
      onError: (error) => void errors.push(error instanceof Error ? (error.stack ?? error.message) : String(error)),
      log: () => {},
    },
    routes: fixture.routes.map((path) => ({
      path,
      handler: (_socket, { ip }) => void witness.reached.push({ ip: ip ?? "", handshake: true }),
    })),
    before: (emitter) => witness.before(emitter),
    after: (emitter) => witness.after(emitter),
  });
  process.on("message", ({ heap }: ServerQuestion) => {
    void answer(server, witness, heap).then((part) =>
      process.send?.({ ...part, decisions: decisions.splice(0), errors: errors.splice(0) } satisfies ServerReport),
    );
  });
  process.on("disconnect", () => process.exit());
  const node = Number.parseInt(process.versions.node, 10);
  const { port, tls = false } = server;
  process.send?.({ port, tls, keepsReset, node, speaks, settings } satisfies ServerReady);
}

async function answer(
  server: AdapterServer,
  witness: Witness,
  heap: boolean,
): Promise<Omit<ServerReport, "decisions" | "errors">> {
  if (heap) globalThis.gc?.();
  const connections = await server.openSockets();
  return {
    reached: witness.reached.splice(0),
    open: [...witness.open.values()].slice(0, connections),
    connections,
    heap: process.memoryUsage().heapUsed,
  };
}

await serve(JSON.parse(process.argv[2] ?? "{}"));
