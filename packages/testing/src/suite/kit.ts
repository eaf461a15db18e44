import assert from "node:assert/strict";
import { type DenyCode, explain } from "@wsorigin/core";
import type { Answer } from "../client/answer.ts";
import { type Attempt, beginHandshake } from "../client/attempt.ts";
import type { Frames } from "../client/frames.ts";
import type { HandshakeRequest } from "../client/request.ts";
import type { Target } from "../client/target.ts";
import { until } from "../client/wait.ts";
import type { AdapterContext, AdapterEvent, AdapterServer } from "./adapter.ts";
import { KeptConnection } from "./exchange.ts";
import { checkRefusal } from "./refusal-shape.ts";

/** What a server reported. */
export interface KitRecord {
  readonly events: AdapterEvent[];
  readonly errors: unknown[];
  readonly contexts: AdapterContext[];
}

/** A text that no event, and no explanation of one, may hold. */
const canary = "canary";

/** The path of most handshakes, with secrets in the places where clients put them. */
const roomPath = `/chat/lobby?name=a%20b&ticket=${canary}-in-the-query`;

const secrets = [
  ["Cookie", `sid=${canary}-in-the-cookie; theme=dark`],
  ["Authorization", `Bearer ${canary}-in-the-authorization`],
] as const;

/** A server with the gate under test, and a client that counts its handshakes. */
export class Kit {
  readonly server: AdapterServer;
  readonly target: Target;
  readonly events: readonly AdapterEvent[];
  /** The errors that `onError` got. */
  readonly errors: readonly unknown[];
  /** The context of each handler that ran. */
  readonly contexts: readonly AdapterContext[];
  readonly #cleanups: (() => void)[] = [];
  #expected = 0;
  #counts = true;
  #closed: Promise<void> | undefined;

  constructor(server: AdapterServer, record: KitRecord) {
    this.server = server;
    this.target = { port: server.port, tls: server.tls === true };
    this.events = record.events;
    this.errors = record.errors;
    this.contexts = record.contexts;
  }

  /** Begins a handshake for which there must be one event. By default it is well-formed and from the listed page. */
  async begin(request: HandshakeRequest = {}): Promise<Attempt> {
    this.#expected++;
    return this.beginUnreported(request);
  }

  /** The same, for a request that must not have an event. */
  async beginUnreported(request: HandshakeRequest = {}): Promise<Attempt> {
    const headers = [...secrets, ...(request.headers ?? [])];
    const attempt = await beginHandshake(this.target, {
      path: roomPath,
      origin: "https://app.example",
      hostHeader: "api.example",
      ...request,
      headers,
    });
    this.#cleanups.push(() => attempt.destroy());
    return attempt;
  }

  /** Counts handshakes that are sent without `begin`. */
  expect(count: number): void {
    this.#expected += count;
  }

  /** Opens a connection for several requests, which ends with the row. */
  async kept(): Promise<KeptConnection> {
    const connection = await KeptConnection.open(this.target);
    this.#cleanups.push(() => connection.destroy());
    return connection;
  }

  /** Sends a handshake and gives the answer. */
  async ask(request: HandshakeRequest = {}): Promise<Answer> {
    return (await this.begin(request)).answer();
  }

  async askUnreported(request: HandshakeRequest = {}): Promise<Answer> {
    return (await this.beginUnreported(request)).answer();
  }

  /** Sends a handshake that must be accepted. */
  async connect(request: HandshakeRequest = {}): Promise<Frames> {
    const answer = await this.ask(request);
    assert.equal(answer.status, 101, `refused: ${answer.raw.toString("latin1")}`);
    assert.ok(answer.frames);
    return answer.frames;
  }

  /** Opens the echoing route and reads its greeting. */
  async open(request: HandshakeRequest = {}): Promise<{ readonly frames: Frames; readonly greeting: unknown }> {
    const frames = await this.connect(request);
    const first = await frames.next();
    return { frames, greeting: JSON.parse(first.text) };
  }

  /** Sends a handshake that must be refused: checks status, code, form of the answer, end of the connection, and that no handler ran. */
  async refused(request: HandshakeRequest, status: number, code: DenyCode): Promise<Answer> {
    const index = this.#expected;
    const handled = this.contexts.length;
    const answer = await this.ask(request);
    assert.equal(answer.status, status, `answered: ${answer.raw.toString("latin1")}`);
    checkRefusal(answer);
    const event = await this.event(index);
    assert.equal(event.decision.code, code);
    assert.ok(!event.decision.allowed);
    assert.equal(event.decision.status, status);
    assert.equal(this.contexts.length, handled, "a handler ran for a refused handshake");
    return answer;
  }

  /** Waits for an event. */
  async event(index: number): Promise<AdapterEvent> {
    await until(() => this.events.length > index, `there is an event ${index + 1}`);
    const event = this.events[index];
    assert.ok(event);
    return event;
  }

  /** Waits until the server holds so many connections. */
  async sockets(count: number): Promise<void> {
    await until(async () => (await this.server.openSockets()) === count, `the server holds ${count} sockets`);
  }

  /** Checks that the server still works: opens a socket from the page, and closes it. */
  async works(): Promise<void> {
    const { frames } = await this.open();
    frames.send("ping");
    assert.equal((await frames.next()).text, "ping");
    await frames.close();
  }

  /** Allows more events than handshakes that this kit began. */
  uncounted(): void {
    this.#counts = false;
  }

  /** Checks that there is one event for each handshake, well-formed and without a secret. */
  async checkEvents(): Promise<void> {
    const { events } = this;
    if (this.#expected > 0) await this.event(this.#expected - 1);
    assert.deepEqual(
      events.slice(this.#counts ? this.#expected : Infinity).map(({ decision }) => decision.code),
      [],
      `there were ${this.#expected} handshakes, and more events than that`,
    );
    for (const event of events) {
      assert.ok(Object.isFrozen(event), "an event is not frozen");
      assert.ok(Number.isFinite(event.ms) && event.ms >= 0, `ms is ${event.ms}`);
      assert.match(event.mode, /^(?:enforce|report)$/);
      // A client that reset early has no address.
      assert.match(String(event.ip), /^(?:(?:::ffff:)?127\.0\.0\.1)?$/);
      assert.ok(!`${JSON.stringify(event)}${explain(event.decision)}`.includes(canary), "an event holds a secret");
    }
  }

  /** Destroys every connection, and closes gate and server. */
  async end(): Promise<void> {
    for (const cleanUp of this.#cleanups) cleanUp();
    await this.server.closeGate({ timeout: 500 });
    await this.close();
  }

  /** Closes the server, once. */
  close(): Promise<void> {
    return (this.#closed ??= this.server.close());
  }
}
