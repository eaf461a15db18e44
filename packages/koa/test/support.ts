import { createServer, type Server } from "node:http";
import { type Answer, handshake, type HandshakeRequest } from "@wsorigin/testing";
import type { DecisionEvent } from "@wsorigin/node";
import Koa from "koa";
import { createPolicy, guard, type KoaGate, type KoaGuardOptions, type Policy } from "../src/index.ts";
import { afterwards } from "../../testing/test/afterwards.ts";

export const page = "https://app.example";
export const evil = "https://evil.test";

export const policy: Policy = createPolicy({ origins: [page], hosts: ["127.0.0.1", "api.example:8443"] });

/** A guarded app on a port of its own; whatever it opened is gone after the test. */
export interface Started {
  readonly port: number;
  readonly server: Server;
  readonly gate: KoaGate;
  readonly events: DecisionEvent[];
  readonly errors: unknown[];
  /** A handshake from the page that the policy lists, unless told otherwise. */
  readonly open: (path: string, request?: HandshakeRequest) => Promise<Answer>;
}

export async function startApp(app: Koa = new Koa(), options: Partial<KoaGuardOptions> = {}): Promise<Started> {
  // An app prints what its own middleware throws.
  app.silent = true;
  const answer = app.callback();
  const server = createServer((request, response) => void answer(request, response));
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
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server does not listen.");
  const { port } = address;
  const open = (path: string, request?: HandshakeRequest): Promise<Answer> =>
    handshake({ port }, { path, origin: page, ...request });
  return { port, server, gate, events, errors, open };
}

/** The first message of an open socket, which is then let go of. */
export async function firstMessage({ frames, status }: Answer): Promise<string> {
  if (frames === undefined) throw new Error(`The handshake was answered with ${status}.`);
  const { text } = await frames.next();
  frames.destroy();
  return text;
}
