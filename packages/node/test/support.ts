import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { type Frames, handshake, type HandshakeRequest, type Target, until } from "@wsorigin/testing";
import { expect } from "vitest";
import {
  type Context,
  createPolicy,
  type DecisionEvent,
  type Directory,
  type Gate,
  guard,
  type GuardableServer,
  type PlainOptions,
  type Policy,
} from "../src/index.ts";
import { afterwards } from "../../testing/test/afterwards.ts";

export const page = "https://app.example";
export const evil = "https://evil.test";
export const policy: Policy = createPolicy({ origins: [page] });

export interface Guarded<S> {
  readonly server: S;
  readonly gate: Gate;
  readonly target: Target;
  readonly events: readonly DecisionEvent[];
  readonly errors: readonly (readonly [error: unknown, where: string])[];
  /** How many connections the server holds, upgraded ones included. */
  readonly held: () => Promise<number>;
  /** The event that came in this place, as soon as it is there. */
  readonly event: (index: number) => Promise<DecisionEvent>;
}

export interface Setup<S> {
  readonly server: S;
  readonly before?: (server: S) => void;
  readonly after?: (server: S) => void;
}

/** A guarded server that listens; whatever it opened is gone after the test. */
export async function startServer<S extends GuardableServer>(
  { server, before, after }: Setup<S>,
  options: Partial<PlainOptions> = {},
): Promise<Guarded<S>> {
  const events: DecisionEvent[] = [];
  const errors: (readonly [unknown, string])[] = [];
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  before?.(server);
  const gate = guard(server, {
    policy,
    log: false,
    onDecision: (event) => void events.push(event),
    onError: (error, where) => void errors.push([error, where]),
    ...options,
  });
  after?.(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterwards(async () => {
    await gate.close({ timeout: 100 });
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    server,
    gate,
    target: { port, tls: "setSecureContext" in server },
    events,
    errors,
    held: () => heldBy(server),
    async event(index) {
      await until(() => events.length > index, `there is an event ${index + 1}`);
      const event = events[index];
      expect(event).toBeDefined();
      return event as DecisionEvent;
    },
  };
}

/** `startServer` with an HTTP server whose every page is the text "page". */
export async function start(options: Partial<PlainOptions> = {}): Promise<Guarded<ReturnType<typeof createServer>>> {
  return startServer({ server: createServer((_request, response) => response.end("page")) }, options);
}

function heldBy(server: GuardableServer): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

/** The status of a handshake, from the listed page unless told otherwise. What it opened is let go. */
export async function statusOf(target: Target, request: HandshakeRequest = {}): Promise<number | undefined> {
  const answer = await handshake(target, { origin: page, ...request });
  answer.frames?.destroy();
  return answer.status;
}

/** Opens a socket, as the listed page does unless told otherwise. */
export async function open(target: Target, request: HandshakeRequest = {}): Promise<Frames> {
  const answer = await handshake(target, { origin: page, ...request });
  expect(answer.statusLine).toBe("HTTP/1.1 101 Switching Protocols");
  const { frames } = answer;
  if (frames === undefined) throw new Error("There are no frames.");
  afterwards(async () => frames.destroy());
  return frames;
}

/** Nothing waits for a timer any more, but for the runner's own, which are short. */
export function noTimer(): Promise<void> {
  return until(() => !process.getActiveResourcesInfo().includes("Timeout"), "no timer is left", 2000);
}

/** Answers every message with itself. */
export function echo(socket: Context["socket"]): void {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
}

/** A directory that answers when it is told to, or never. */
export class SlowDirectory implements Directory {
  readonly signals: AbortSignal[] = [];
  readonly #waiting: ((answer: boolean) => void)[] = [];

  has(_origin: string, signal: AbortSignal): Promise<boolean> {
    this.signals.push(signal);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  answer(value: boolean): void {
    for (const resolve of this.#waiting.splice(0)) resolve(value);
  }

  asked(count = 1): Promise<void> {
    return until(() => this.signals.length >= count, `the directory is asked ${count} times`);
  }
}
