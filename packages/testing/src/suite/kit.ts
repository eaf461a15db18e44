import assert from "node:assert/strict";
import { type DenyCode, explain } from "@wsorigin/core";
import type { Answer } from "../client/answer.ts";
import { type Attempt, beginHandshake } from "../client/attempt.ts";
import type { Frames } from "../client/frames.ts";
import type { HandshakeRequest } from "../client/request.ts";
import type { Target } from "../client/target.ts";
import { until } from "../client/wait.ts";
import type { AdapterContext, AdapterEvent, AdapterServer } from "./adapter.ts";
import { checkRefusal } from "./refusal-shape.ts";

/** What a server did, as it was told. */
export interface KitRecord {
  readonly events: AdapterEvent[];
  readonly errors: unknown[];
  readonly contexts: AdapterContext[];
}

/** Texts that no event, and no explanation of one, may hold. */
const canary = "canary";

/** The route that the suite asks for, with secrets in the places where clients have them. */
const roomPath = `/chat/lobby?name=a%20b&ticket=${canary}-in-the-query`;

const secrets = [
  ["Cookie", `sid=${canary}-in-the-cookie; theme=dark`],
  ["Authorization", `Bearer ${canary}-in-the-authorization`],
] as const;

/** A server with the gate under test, and a client that keeps count of what it asked. */
export class Kit {
  readonly server: AdapterServer;
  readonly target: Target;
  readonly events: readonly AdapterEvent[];
  /** What went to `onError`. */
  readonly errors: readonly unknown[];
  /** What each handler that ran was given. */
  readonly contexts: readonly AdapterContext[];
  readonly #letGo: (() => void)[] = [];
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

  /** Begins a handshake of which the gate must tell once: a proper one from the page, unless the request says otherwise. */
  async begin(request: HandshakeRequest = {}): Promise<Attempt> {
    this.#expected++;
    return this.beginUntold(request);
  }

  /** The same, where the gate has nothing to tell: it never sees the request, or it is none of its business. */
  async beginUntold(request: HandshakeRequest = {}): Promise<Attempt> {
    const headers = [...secrets, ...(request.headers ?? [])];
    const attempt = await beginHandshake(this.target, {
      path: roomPath,
      origin: "https://app.example",
      hostHeader: "api.example",
      ...request,
      headers,
    });
    this.#letGo.push(() => attempt.destroy());
    return attempt;
  }

  /** Sends a handshake and gives the answer. */
  async ask(request: HandshakeRequest = {}): Promise<Answer> {
    return (await this.begin(request)).answer();
  }

  async askUntold(request: HandshakeRequest = {}): Promise<Answer> {
    return (await this.beginUntold(request)).answer();
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

  /** Sends a handshake that must be refused: status, code, form of the answer, end of the connection, no handler. */
  async refused(request: HandshakeRequest, status: number, code: DenyCode): Promise<Answer> {
    const told = this.#expected;
    const handled = this.contexts.length;
    const answer = await this.ask(request);
    assert.equal(answer.status, status, `answered: ${answer.raw.toString("latin1")}`);
    checkRefusal(answer);
    const event = await this.event(told);
    assert.equal(event.decision.code, code);
    assert.ok(!event.decision.allowed);
    assert.equal(event.decision.status, status);
    assert.equal(this.contexts.length, handled, "a handler ran for a refused handshake");
    return answer;
  }

  /** An event, as soon as it is there. */
  async event(index: number): Promise<AdapterEvent> {
    await until(() => this.events.length > index, `there is an event ${index + 1}`);
    const event = this.events[index];
    assert.ok(event);
    return event;
  }

  /** Waits until the server holds so many connections. */
  async sockets(count: number, timeout?: number): Promise<void> {
    await until(async () => (await this.server.openSockets()) === count, `the server holds ${count} sockets`, timeout);
  }

  /** The server still does its work: opens a socket from the page, and closes it. */
  async works(): Promise<void> {
    const { frames } = await this.open();
    frames.send("ping");
    assert.equal((await frames.next()).text, "ping");
    await frames.close();
  }

  /** From now on there may be more events than handshakes were begun through this kit. */
  uncounted(): void {
    this.#counts = false;
  }

  /** One event for each handshake, no more, well-formed, and without a secret in it. */
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
      // A client that has reset before anybody asked has no address any more.
      assert.match(String(event.ip), /^(?:(?:::ffff:)?127\.0\.0\.1)?$/);
      assert.ok(!`${JSON.stringify(event)}${explain(event.decision)}`.includes(canary), "an event holds a secret");
    }
  }

  /** Lets every connection go, and closes gate and server. */
  async end(): Promise<void> {
    for (const letGo of this.#letGo) letGo();
    await this.server.closeGate({ timeout: 500 });
    await this.close();
  }

  /** Closes the server, once. */
  close(): Promise<void> {
    return (this.#closed ??= this.server.close());
  }
}
