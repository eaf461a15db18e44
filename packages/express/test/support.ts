import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { DecisionEvent } from "@wsorigin/node";
import type { Application } from "express";
import { guard } from "../src/index.ts";
import type { ExpressGuardOptions } from "../src/index.ts";
import { createPolicy, type Policy } from "../src/index.ts";
import { afterwards } from "../../testing/test/afterwards.ts";

export const page = "https://app.example";

export const policy: Policy = createPolicy({ origins: [page], hosts: ["127.0.0.1", "api.example:8443"] });

/** A guarded app on a port of its own; whatever it opened is gone after the test. */
export async function startApp(
  app: Application,
  options: Partial<ExpressGuardOptions> = {},
): Promise<{
  readonly port: number;
  readonly server: Server;
  readonly gate: ReturnType<typeof guard<undefined>>;
  readonly events: DecisionEvent[];
  readonly errors: unknown[];
}> {
  const server = createServer(app);
  const events: DecisionEvent[] = [];
  const errors: unknown[] = [];
  const gate = guard(server, {
    app,
    policy,
    log: false,
    onDecision: (event) => void events.push(event),
    onError: (error) => void errors.push(error),
    ...options,
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  afterwards(async () => {
    await gate.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: portOf(server), server, gate, events, errors };
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server does not listen.");
  return address.port;
}
