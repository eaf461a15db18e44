import { createPolicy, type DecisionEvent, type Policy, wsorigin, type WsoriginOptions } from "../src/index.ts";
import { type Answer, handshake, type HandshakeRequest } from "@wsorigin/testing";
import Fastify, { type FastifyInstance } from "fastify";
import { afterwards } from "../../testing/test/afterwards.ts";

export const page = "https://app.example";
export const evil = "https://evil.test";

export const policy: Policy = createPolicy({ origins: [page], hosts: ["127.0.0.1", "localhost", "api.example:8443"] });

/** What a plugin scope or an app is set up with. */
export type Setup = (app: FastifyInstance) => unknown;

/** A guarded app, and what it told. */
export interface Started {
  readonly app: FastifyInstance;
  readonly port: number;
  readonly events: DecisionEvent[];
  readonly errors: unknown[];
  /** A handshake from the page that the policy lists, unless told otherwise. */
  readonly open: (path: string, request?: HandshakeRequest) => Promise<Answer>;
}

export interface StartOptions {
  /** Given to `Fastify()`. */
  readonly app?: object;
  /** Run before the plugin is registered. */
  readonly before?: Setup;
  readonly gate?: Partial<WsoriginOptions<unknown>>;
}

/** Closes an app after the test, whatever becomes of it. */
export function closeLater(app: { close(): PromiseLike<unknown> }): void {
  afterwards(async () => void (await app.close()));
}

/** Options of the plugin that record what it tells. */
export function recording(): Pick<WsoriginOptions<unknown>, "policy" | "log" | "onDecision" | "onError"> &
  Pick<Started, "events" | "errors"> {
  const events: DecisionEvent[] = [];
  const errors: unknown[] = [];
  return {
    events,
    errors,
    policy,
    log: false,
    onDecision: (event) => void events.push(event),
    onError: (error) => void errors.push(error),
  };
}

/** Starts a guarded app on a port of its own. */
export async function start(
  setup: Setup,
  { app: appOptions = {}, before, gate = {} }: StartOptions = {},
): Promise<Started> {
  const app = Fastify({ forceCloseConnections: true, ...appOptions });
  closeLater(app);
  const { events, errors, ...told } = recording();
  await before?.(app);
  await app.register(wsorigin, { ...told, ...gate });
  await setup(app);
  return { ...(await listen(app)), events, errors };
}

/** Has an app listen. */
export async function listen(app: FastifyInstance): Promise<Pick<Started, "app" | "port" | "open">> {
  await app.listen({ port: 0, host: "127.0.0.1" });
  const address = app.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { app, port, open: (path, request) => handshake({ port }, { path, origin: page, ...request }) };
}

/** The first message of an open socket, which is then let go of. */
export async function firstMessage({ frames, status }: Answer): Promise<string> {
  if (frames === undefined) throw new Error(`The handshake was answered with ${status}.`);
  const { text } = await frames.next();
  frames.destroy();
  return text;
}

/** How many connections a server holds. */
export function openSockets(app: FastifyInstance): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
