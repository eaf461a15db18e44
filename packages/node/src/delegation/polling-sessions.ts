import type { IncomingMessage, ServerResponse } from "node:http";
import type { Decision } from "@wsorigin/core";
import type { GateServices } from "../handshake/record.ts";
import { isSameOrigin } from "../http/request-policy.ts";
import { refuseRequest } from "../http/refuse-request.ts";
import { sidsOf } from "./engine-protocol.ts";
import { PollingRequest } from "./polling-request.ts";
import type { PollingSession } from "./polling-session.ts";

/** How many sessions that seem to be over are remembered until their heartbeat has passed. */
const maxResting = 256;

/** The sessions of Engine.IO that began with a polling request, by their `sid`. */
export class PollingSessions<P, R> {
  /** Those whose client polls no more, in the order in which that was seen. */
  readonly #resting = new Set<PollingSession<P, R>>();
  readonly #sessions = new Map<string, PollingSession<P, R>>();

  /** Adds a session as soon as Engine.IO has opened it. */
  add(session: PollingSession<P, R>): void {
    session.opens(({ sid }) => {
      this.#sessions.set(sid, session);
      return {
        forget: () => {
          this.#resting.delete(session);
          if (this.#sessions.get(sid) === session) this.#sessions.delete(sid);
        },
        rest: (isResting) => this.#rest(session, isResting),
      };
    });
  }

  /** Returns the session that an upgrade request belongs to. */
  find(request: IncomingMessage): PollingSession<P, R> | undefined {
    const session = this.#named(request);
    return session?.isAt(request.url) === true ? session : undefined;
  }

  /** Decides on a later request of a session, and answers it if it is refused. Returns whether it did. */
  answer(request: IncomingMessage, response: ServerResponse, gate: GateServices<P, R>): boolean {
    const session = this.#named(request);
    if (session === undefined) return false;
    const polling = new PollingRequest<P, R>(request, response, gate);
    const judged = this.#judge(session, polling);
    if (judged.allowed || (polling.mode === "report" && judged.code !== "draining")) {
      if (request.method !== "OPTIONS") session.follow(response);
      return false;
    }
    gate.reporter.decision(judged, "enforce", polling, undefined);
    // With sticky sessions the next request on this connection may be of a session in another process.
    response.shouldKeepAlive = false;
    refuseRequest(request, response, judged.status);
    return true;
  }

  #judge(session: PollingSession<P, R>, polling: PollingRequest<P, R>): Decision<P> {
    const { gate, handshake, transport } = polling;
    try {
      polling.adapt();
      return gate.isClosing() ? polling.deny("draining") : session.judge(handshake, isSameOrigin(transport.request));
    } catch (error) {
      gate.reporter.error(error, "the framework's adapter or the policy");
      return polling.deny("middleware-failed");
    }
  }

  /** Bounds the memory that clients can fill by opening sessions and leaving them. */
  #rest(session: PollingSession<P, R>, isResting: boolean): void {
    this.#resting.delete(session);
    if (!isResting) return;
    this.#resting.add(session);
    const [oldest] = this.#resting;
    if (this.#resting.size > maxResting) oldest?.drop();
  }

  #named(request: IncomingMessage): PollingSession<P, R> | undefined {
    if (this.#sessions.size === 0) return undefined;
    for (const sid of sidsOf(request.url).toReversed()) {
      const session = this.#sessions.get(sid);
      if (session !== undefined) return session;
    }
    return undefined;
  }
}
