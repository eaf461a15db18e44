import type { ServerResponse } from "node:http";
import { type DecideOptions, type Decision, deny, type Deny, type Handshake, type Policy } from "@wsorigin/core";
import { sourcesOf, type Verification } from "@wsorigin/core/gate";
import type { GateConnection, Upgradable } from "../connection/connection.ts";
import { DelegatedConnection } from "../connection/delegated-connection.ts";
import type { Slot } from "../limits/limits.ts";
import type { Wire } from "../transport/followed-stream.ts";
import { type OpenPacket, openPacketOf, pathOf, readBody, saysNoMore, sidsOf } from "./engine-protocol.ts";
import type { PollingRequest } from "./polling-request.ts";

/** How much later than its heartbeat Engine.IO may end a session, in milliseconds. */
const slack = 5000;

/** What a session calls in the collection that it is in. */
export interface SessionRegistry {
  /** The session is over. */
  forget(): void;
  /** Whether the session seems to be over: its client polls no more. */
  rest(isResting: boolean): void;
}

/** The connection of a session that began with a polling request. When its grant is renewed, so is that of the WebSocket to which the session was upgraded. */
class PollingConnection<P, R> extends DelegatedConnection<P, R> {
  readonly #settled: (decision: Decision<P>, since: Verification) => void;

  constructor(
    decision: Decision<P>,
    first: PollingRequest<P, R>,
    settled: (decision: Decision<P>, since: Verification) => void,
  ) {
    super(decision, first, first.gate.connections, first.since);
    this.#settled = settled;
  }

  override settle(decision: Decision<P>, since: Verification): void {
    super.settle(decision, since);
    this.#settled(decision, since);
  }
}

/**
 * A session of Engine.IO that began with a polling request. Its later requests, and its upgrade to a WebSocket, name it by `sid`. They are decided by Host, Origin and
 * this session; the token is not verified again. Engine.IO does not report the end of a session, so the gate follows the responses and the heartbeat: after
 * that long without a request Engine.IO has ended the session, and the gate forgets it.
 */
export class PollingSession<P = unknown, R = unknown> implements Upgradable<P, R>, Wire {
  readonly connection: DelegatedConnection<P, R>;
  /** Decides on the upgrade of the session. */
  readonly policy: Policy<P>;
  readonly #first: PollingRequest<P, R>;
  readonly #path: string;
  readonly #responses = new Set<ServerResponse>();
  readonly #upgrades = new Set<GateConnection<P, R>>();
  readonly #closeListeners: (() => void)[] = [];
  #registry: SessionRegistry | undefined;
  #slot: Slot | undefined;
  #lease = 0;
  #timer: NodeJS.Timeout | undefined;
  #ended: Deny | undefined;

  /** @param decision a refusal too, if it is only reported */
  constructor(first: PollingRequest<P, R>, decision: Decision<P>) {
    this.#first = first;
    this.#path = pathOf(first.transport.request.url);
    this.#slot = first.gate.limits.acquire(first);
    this.policy = inherited(first.policy, (handshake) => this.judge(handshake));
    this.connection = new PollingConnection<P, R>(decision, first, (renewed, since) => {
      for (const upgrade of this.#upgrades) upgrade.settle(renewed, since);
    });
  }

  /** Engine.IO opens the session. Its identifier is in the first response. */
  opens(opened: (packet: OpenPacket) => SessionRegistry): void {
    const { response, gate } = this.#first;
    readBody(response, (body) => {
      const packet = openPacketOf(body);
      if (packet === undefined || response.statusCode !== 200) return;
      this.#registry = opened(packet);
      this.#lease = packet.heartbeat + slack;
      gate.connections.hold(this.connection, this);
    });
    response.once("close", () => {
      if (this.#registry !== undefined) return this.#wait();
      if (response.statusCode === 200 && response.writableFinished)
        gate.reporter.notice(
          "The first polling response of Socket.IO names no session that the gate can read, so the gate cannot follow the session: its upgrade needs a token of its own. Leave Engine.IO's `generateId` as it is, or have it return letters, digits, `-` and `_`.",
        );
      this.#show(false);
      this.connection.dispose();
    });
  }

  /** Whether an upgrade request can be that of the session. Engine.IO's clients keep its path; a listener on another path does not get its grant. */
  isAt(url: string | undefined): boolean {
    return pathOf(url) === this.#path;
  }

  /** Decides on a later request, or on the upgrade. */
  judge(handshake: Handshake, sameOrigin = false): Decision<P> {
    if (sidsOf(handshake.url).length > 1)
      return deny("handshake-malformed", originOf(handshake), { note: "The query has more than one sid." });
    const { decision } = this.connection;
    const checked = this.#check(handshake, sameOrigin);
    if (!checked.allowed) return checked;
    if (this.#ended !== undefined) return this.#ended;
    if (!decision.allowed || checked.origin === undefined) return decision;
    if (decision.origin !== undefined && decision.origin !== checked.origin)
      return deny("token-origin-mismatch", checked.origin, { note: "A page of another origin opened the session." });
    return { ...decision, code: checked.code, origin: checked.origin, matched: checked.matched };
  }

  /** Follows a later request that the gate let through, until its response is complete. */
  follow(response: ServerResponse): void {
    this.#responses.add(response);
    clearTimeout(this.#timer);
    if (this.#upgrades.size === 0 && this.#ended === undefined) this.#show(true);
    readBody(response, (body) => {
      if (saysNoMore(body)) this.#show(false);
    });
    response.once("close", () => {
      this.#responses.delete(response);
      // Engine.IO ends a session whose request is cut off.
      if (!response.writableFinished) this.#show(false);
      this.#wait();
    });
  }

  /** A WebSocket of the session is open. It stands for the session until it closes. */
  upgraded(connection: GateConnection<P, R>, wire: Wire): void {
    this.#upgrades.add(connection);
    clearTimeout(this.#timer);
    this.#show(false);
    wire.onClose(() => {
      this.#upgrades.delete(connection);
      this.#wait();
    });
    const ended = this.#ended;
    // While it was being opened.
    if (ended !== undefined) connection.shut(1008, "");
  }

  close(code: number, reason: string): void {
    if (this.#ended !== undefined) return;
    const { decision, expiresAt } = this.connection;
    const isExpired = expiresAt !== undefined && expiresAt <= Date.now();
    const note = `The gate closed this session with ${code}${reason === "" ? "" : `, ${JSON.stringify(reason)}`}.`;
    this.#ended = deny(isExpired ? "token-expired" : "token-revoked", decision.origin, { note });
    for (const upgrade of this.#upgrades) upgrade.shut(code, reason);
    this.#show(false);
    const responses = [...this.#responses];
    // To Engine.IO this is a client that left: it ends the session at once. A response of the gate's own would collide with the one that Engine.IO writes then.
    setImmediate(() => {
      for (const response of responses) response.destroy();
    });
    for (const listener of this.#closeListeners.splice(0)) listener();
    this.#wait();
  }

  /** Forgets the session: Engine.IO has ended it. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#registry?.forget();
    this.#registry = undefined;
    this.#show(false);
    this.connection.dispose();
    for (const listener of this.#closeListeners.splice(0)) listener();
  }

  destroy(): void {
    this.close(1001, "");
  }

  onClose(listener: () => void): void {
    if (this.#ended === undefined) this.#closeListeners.push(listener);
    else setImmediate(listener);
  }

  /** Checks Host and Origin. What the directory, or `missingOrigin`, has allowed when the session began is allowed again. */
  #check(handshake: Handshake, sameOrigin: boolean): Decision {
    const { decision } = this.connection;
    const origin = originOf(handshake);
    const { policy } = this.#first.gate.options;
    // A policy that was not made by createPolicy() may have `decide` only.
    const checked = typeof policy.check === "function" ? policy.check(handshake) : deny("origin-not-listed", origin);
    if (checked.allowed || !decision.allowed) return checked;
    const isKnown =
      (checked.code === "origin-not-listed" && origin === decision.origin) ||
      (checked.code === "origin-missing" && (sameOrigin || decision.origin === undefined) && !isForeign(handshake));
    return isKnown ? { ...decision, principal: undefined } : checked;
  }

  /** Lists the session in `gate.connections` and counts it, or neither. */
  #show(isShown: boolean): void {
    const { connections, limits } = this.#first.gate;
    connections.list(this.connection, isShown);
    this.#registry?.rest(!isShown && this.#upgrades.size === 0 && this.#ended === undefined);
    if (isShown) this.#slot ??= limits.acquire(this.#first);
    else if (this.#slot !== undefined) {
      limits.release(this.#slot);
      this.#slot = undefined;
    }
  }

  /** Waits for the next request, for as long as Engine.IO does. */
  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#responses.size > 0 || this.#upgrades.size > 0) return;
    this.#timer = setTimeout(() => this.drop(), this.#lease).unref();
  }
}

/** The policy of the upgrade: the session's own grant, unless a new token is verified. */
function inherited<P>(policy: Policy<P>, judge: (handshake: Handshake) => Decision<P>): Policy<P> {
  const evaluate = (handshake: Handshake, given?: DecideOptions): ReturnType<Policy<P>["evaluate"]> =>
    given?.token === undefined ? judge(handshake) : policy.decide(handshake, given);
  return {
    mode: policy.mode,
    sources: sourcesOf(policy),
    evaluate,
    decide: async (handshake: Handshake, given?: DecideOptions) => evaluate(handshake, given),
    check: (handshake) => policy.check(handshake),
    allowsOrigin: (origin) => policy.allowsOrigin(origin),
    allowsOriginAsync: (origin, given) => policy.allowsOriginAsync(origin, given),
  };
}

/** A field as text. Two Origin lines are refused before this matters. */
function originOf({ headers }: Handshake): string | undefined {
  const { origin } = headers;
  return typeof origin === "string" ? origin : undefined;
}

/** Whether a browser says that another site's page sent the request. */
function isForeign({ headers }: Handshake): boolean {
  const site = headers["sec-fetch-site"];
  return site !== undefined && site !== "same-origin" && site !== "none";
}
