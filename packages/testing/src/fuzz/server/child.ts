import { monitorEventLoopDelay } from "node:perf_hooks";
import { pathToFileURL } from "node:url";
import type { AdapterEvent, AdapterServer } from "../../suite/adapter.ts";
import { defaultSettings, fixture } from "../settings.ts";
import { obey, policyOf, principalOf } from "./policy.ts";
import type { DecisionRecord, FuzzProgram, ServerOrder, ServerQuestion, ServerReady, ServerReport } from "./record.ts";
import { namesWebsocket, Witness } from "./witness.ts";

/** Whom the verifier lets in. */
const granted: ReadonlySet<string> = new Set(["good", "later"].map(principalOf));

const delays = monitorEventLoopDelay({ resolution: 5 });
delays.enable();

/** Runs in a process of its own, which handles neither `uncaughtException` nor `unhandledRejection`. */
async function serve({ program, settings: asked }: ServerOrder): Promise<void> {
  const {
    start,
    speaks = ["http1"],
    uses = [],
    settings: fixed,
    keepsReset = false,
  }: FuzzProgram = await import(pathToFileURL(program).href);
  const wanted = { ...defaultSettings, ...asked, ...fixed };
  const settings = {
    ...wanted,
    middleware: wanted.middleware && uses.includes("middleware"),
    requests: wanted.requests && uses.includes("requests"),
  };
  const witness = new Witness(settings);
  const decisions: DecisionRecord[] = [];
  const errors: string[] = [];
  const options = {
    deadline: fixture.deadline,
    onDecision: ({ decision, ip }: AdapterEvent) => void decisions.push({ ip: ip ?? "", code: decision.code }),
    onError: (error: unknown) => {
      if (error instanceof Error && error.message === fixture.thrown) return;
      errors.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    },
    log: () => {},
  };
  const server = await start({
    policy: policyOf(settings),
    options: { ...options, protocols: [fixture.protocol], grace: fixture.grace, unrouted: settings.unrouted },
    routes: fixture.routes.map((path) => ({
      path,
      handler: (_socket, { ip, principal }) => {
        witness.reached.push({ ip: ip ?? "", handshake: true });
        if (settings.token !== "none" && !granted.has(String(principal)))
          errors.push(`A handler got the principal ${JSON.stringify(principal)}.`);
      },
    })),
    before: (emitter) => witness.before(emitter),
    after: (emitter) => witness.after(emitter),
    ...(settings.middleware && { middleware: obey }),
    ...(settings.requests && {
      requests: { options, reached: (request) => witness.count(request, namesWebsocket(request)) },
    }),
  });
  process.on("message", ({ heap }: ServerQuestion) => {
    void answer(server, witness, heap).then((part) =>
      process.send?.({
        ...part,
        decisions: decisions.splice(0),
        errors: [...errors.splice(0), ...witness.faults.splice(0)],
      } satisfies ServerReport),
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
  const stall = delays.max / 1e6;
  delays.reset();
  if (heap) globalThis.gc?.();
  const connections = await server.openSockets();
  return {
    reached: witness.reached.splice(0),
    open: [...witness.open.values()].slice(0, connections),
    connections,
    heap: process.memoryUsage().heapUsed,
    stall,
  };
}

await serve(JSON.parse(process.argv[2] ?? "{}"));
