import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Decision, Deny, DenyStatus } from "@wsorigin/core";
import { refusalOf } from "@wsorigin/core/gate";
import { GateConnection } from "../connection/connection.ts";
import { identify, identityOf } from "../connection/identity.ts";
import { decideWithin } from "../handshake/decide.ts";
import type { Interruptible, Interruption } from "../handshake/pending.ts";
import { type GateServices, HandshakeRecord } from "../handshake/record.ts";
import { decideRequest, isSameOrigin } from "../http/request-policy.ts";
import { type Attempt, countAttempt, uncounted } from "../limits/failures.ts";
import { isResponse } from "../transport/request.ts";
import { asksForWebSocket } from "../transport/upgrade-field.ts";
import { PollingRequest } from "./polling-request.ts";
import { PollingSession } from "./polling-session.ts";
import type { PollingSessions } from "./polling-sessions.ts";

/** The option `allowRequest` of Socket.IO and Engine.IO. */
export type AllowRequest = (
  request: IncomingMessage,
  callback: (error: string | null | undefined, success: boolean) => void,
) => void;

/** Makes the `allowRequest` of a gate. */
export function makeAllowRequest<P, R>(gate: GateServices<P, R>, sessions: PollingSessions<P, R>): AllowRequest {
  return (request, callback) => {
    const connection = identityOf(request);
    // The gate has decided on this handshake, also if it only reports.
    if (connection instanceof GateConnection && isOf(connection, gate)) return callback(null, !connection.revoked);
    const response: unknown = Reflect.get(request, "res");
    if (isResponse(response) && !asksForWebSocket(request.headers))
      return void new PollingHandshake<P, R>(request, response, gate, sessions).run(callback);
    gate.reporter.error(
      new Error(
        "allowRequest got a WebSocket handshake on which this gate has not decided. Guard the server that Socket.IO uses.",
      ),
      "allowRequest",
    );
    callback(STATUS_CODES[403], false);
  };
}

function isOf(connection: GateConnection, gate: unknown): boolean {
  return connection.facts instanceof HandshakeRecord && connection.facts.gate === gate;
}

interface Outcome<P> {
  readonly decision: Decision<P>;
  /** Whether it holds even if the policy only reports: a limit, a middleware, the end of the gate. */
  readonly isOurs: boolean;
}

/** The first polling request of a session, from its arrival to its one decision. */
class PollingHandshake<P, R> implements Interruptible {
  readonly #polling: PollingRequest<P, R>;
  readonly #gate: GateServices<P, R>;
  readonly #sessions: PollingSessions<P, R>;
  readonly #controller = new AbortController();
  #over = false;
  #attempt: Attempt = uncounted;
  /** The decision of the second policy. */
  #reported: Decision<unknown> | Promise<Decision<unknown>> | undefined;
  #interrupt: (why: Interruption) => void = () => {};

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    gate: GateServices<P, R>,
    sessions: PollingSessions<P, R>,
  ) {
    this.#polling = new PollingRequest(request, response, gate);
    this.#gate = gate;
    this.#sessions = sessions;
  }

  interrupt(why: Interruption): void {
    this.#interrupt(why);
  }

  /** Decides, and calls back once. Never rejects. */
  async run(callback: Parameters<AllowRequest>[1]): Promise<void> {
    const { reporter } = this.#gate;
    const { transport, response } = this.#polling;
    try {
      const refusal = this.#settle(await this.#decide());
      // Middleware of Express puts a response of its own there, and Engine.IO answers with what it finds.
      Reflect.set(transport.request, "res", response);
      if (refusal !== undefined) answerWith(response, refusal.status);
      callback(refusal && STATUS_CODES[refusal.status], refusal === undefined);
    } catch (error) {
      reporter.error(error, "Engine.IO");
      response.destroy();
    }
  }

  /** Decides within the deadline, and while the client is there. Never rejects. */
  async #decide(): Promise<Outcome<P>> {
    const { pending, connections, options, limits, reporter } = this.#gate;
    const polling = this.#polling;
    const { response } = polling;
    const gone = (): void => this.interrupt("client-gone");
    const interrupted = new Promise<Outcome<P>>((resolve) => {
      this.#interrupt = (why) => resolve({ decision: polling.deny(why), isOurs: why !== "timed-out" });
    });
    const timer = setTimeout(() => this.interrupt("timed-out"), options.deadline);
    response.once("close", gone);
    try {
      polling.adapt();
      const full = this.#gate.isClosing()
        ? polling.deny("draining")
        : limits.refusal(pending.size, polling, polling.origin);
      if (full !== undefined) return { decision: full, isOurs: true };
      pending.add(this);
      polling.since = connections.begin();
      return await Promise.race([this.#ask(), interrupted]);
    } catch (error) {
      reporter.error(error, "the framework's adapter, a middleware or the policy");
      return { decision: polling.deny("middleware-failed"), isOurs: true };
    } finally {
      this.#over = true;
      clearTimeout(timer);
      response.off("close", gone);
      pending.delete(this);
      this.#controller.abort(new Error("The request has been decided."));
    }
  }

  async #ask(): Promise<Outcome<P>> {
    const { failures, options, adapter } = this.#gate;
    const { report, policy, deadline } = options;
    const polling = this.#polling;
    const { request } = polling.transport;
    if (failures !== undefined) {
      const taken = await failures.take(polling.ip, polling.origin);
      if ("code" in taken) return { decision: taken, isOurs: true };
      if (this.#over) taken.passed();
      else this.#attempt = taken;
    }
    const sameOrigin = isSameOrigin(request);
    if (report !== undefined)
      this.#reported = decideWithin(report, polling.handshake, deadline, { verify: false, sameOrigin });
    const facts = { ...polling.facts, ip: polling.ip };
    const decision = await decideRequest(policy, request, facts, { deadline, watch: (end) => this.#watch(end) });
    // Middleware runs for what the policy has allowed, as it does on a handshake.
    if (adapter.before === undefined || this.#over || options.unrouted === "pass") return { decision, isOurs: false };
    if (!decision.allowed && polling.mode === "enforce") return { decision, isOurs: false };
    const refusal = await adapter.before(polling.request, () => this.#controller.signal);
    return refusal === undefined ? { decision, isOurs: false } : { decision: refusal, isOurs: true };
  }

  /** Ends the wait for the policy when the request is over. */
  #watch(end: (why: Interruption) => void): () => void {
    const { signal } = this.#controller;
    const abort = (): void => end("timed-out");
    signal.addEventListener("abort", abort);
    return () => signal.removeEventListener("abort", abort);
  }

  /** Reports the decision, and begins the session. Returns the refusal, if it is one. */
  #settle({ decision: given, isOurs }: Outcome<P>): Deny | undefined {
    const polling = this.#polling;
    const { mode, since } = polling;
    const isRevoked = mode === "enforce" && since?.hit(given) === true;
    const decision = isRevoked ? polling.deny("token-revoked") : given;
    const refusal = !decision.allowed && (mode === "enforce" || isOurs) ? decision : undefined;
    if (refusal === undefined) {
      const session = new PollingSession<P, R>(polling, decision);
      const { request } = polling.transport;
      identify(request, session.connection);
      // The response names the session. Compressed, it could not be read.
      request.headers["accept-encoding"] = "identity";
      this.#sessions.add(session);
      this.#attempt.passed();
    } else countAttempt(this.#attempt, refusal);
    since?.end();
    void this.#tell(decision, refusal === undefined ? mode : "enforce");
    return refusal;
  }

  async #tell(decision: Decision<P>, mode: "enforce" | "report"): Promise<void> {
    const { reporter } = this.#gate;
    const reported = this.#reported;
    if (!(reported instanceof Promise)) return reporter.decision(decision, mode, this.#polling, reported);
    const second = await reported.catch((error: unknown) => {
      reporter.error(error, "the policy that reports");
    });
    reporter.decision(decision, mode, this.#polling, second ?? undefined);
  }
}

/** Has Engine.IO refuse with the status and the fields of the gate. By itself it answers 403. */
function answerWith(response: ServerResponse, status: DenyStatus): void {
  for (const [name, value] of refusalOf(status).headers)
    if (!name.startsWith("Content-")) response.setHeader(name, value);
  const writeHead = response.writeHead.bind(response);
  Reflect.set(response, "writeHead", (_status: number, ...rest: readonly unknown[]): unknown =>
    Reflect.apply(writeHead, response, [status, ...rest]),
  );
}
