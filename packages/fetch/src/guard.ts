import { awaitedMessage, type Decision, deny, type Deny, type Handshake, type Policy } from "@wsorigin/core";
import { chooseProtocol, isDecision, notExpired, offeredProtocols, refusalOf, sourcesOf } from "@wsorigin/core/gate";
import { Admission, awaitedText } from "./admission.ts";
import type { Connection, ConnectionHandlers, Identity } from "./connection.ts";
import { Connections } from "./connections.ts";
import { decideWithin, type Interruption } from "./decide.ts";
import { checkOptions, type Facts, type UpgradeGuardOptions } from "./options.ts";
import { Reporter } from "./report.ts";
import { readRequest, stripRequest } from "./request.ts";
import type { Socket } from "./socket.ts";

/** The handshake may be upgraded. */
export interface Allowed<P> {
  readonly allowed: true;
  readonly decision: Decision<P>;
  /**
   * Who is behind it. Throws while the token is still to come in the first message: then the app learns it from `onOpen` of `attach`.
   */
  readonly identity: Identity<P>;
  /** The subprotocol to answer with; `undefined` if there is none. Pass it to the runtime: some echo what the client offers first, a token included. */
  readonly protocol: string | undefined;
  /** The request without its token, for handlers and logs. Upgrade with the original one: runtimes know theirs. */
  readonly request: Request;
  /**
   * Connects the open socket to its handshake, so that expiry, revocation, `disconnect` and `close` reach it. Required if the token comes in the first message.
   * Call it when the socket opens, within the deadline.
   */
  attach(socket: Socket, handlers?: ConnectionHandlers<P>): Connection<P>;
}

/** The handshake must be refused. */
export interface Refused {
  readonly allowed: false;
  readonly decision: Deny;
  /** What to answer: the status, fields and body of the gate of `@wsorigin/node`. */
  readonly response: Response;
}

export type UpgradeResult<P> = Allowed<P> | Refused;

/** Decides on handshakes. Never rejects. */
export interface UpgradeGuard<P = undefined> {
  (request: Request, facts?: Facts): Promise<UpgradeResult<P>>;
  /** The attached sockets. */
  readonly connections: ReadonlySet<Connection<P>>;
  /**
   * Closes every attached socket that matches, and returns how many.
   *
   * @param code 1008 by default; 1000, 1008, 1011, or 3000 to 4999
   * @throws {RangeError} if the code cannot be sent, or the reason is longer than 123 bytes
   */
  disconnect(predicate: (connection: Connection<P>) => boolean, code?: number, reason?: string): number;
  /** Refuses new handshakes with 503, closes attached sockets with 1001, and ends the subscription to `revocations`. */
  close(): void;
}

/**
 * Makes a guard: a function that decides whether a `Request` may be upgraded, in the order of the gate: limits, form, Host, Origin, token.
 *
 * @throws {UpgradeGuardError} with every problem of the options at once
 * @example
 * const guard = upgradeGuard({ policy, protocols: ["chat.v1"] });
 * const result = await guard(request, { ip });
 * if (!result.allowed) return result.response;
 */
export function upgradeGuard<P>(options: UpgradeGuardOptions<P>): UpgradeGuard<P> {
  const core = new GuardCore(checkOptions(options));
  return Object.assign((request: Request, facts: Facts = {}) => core.decide(request, facts), {
    connections: core.held.open,
    disconnect: (predicate: (connection: Connection<P>) => boolean, code = 1008, reason = "") =>
      core.held.disconnect(predicate, code, reason),
    close: () => core.close(),
  });
}

class GuardCore<P> {
  readonly #options: ReturnType<typeof checkOptions<P>>;
  readonly #reporter: Reporter;
  readonly held: Connections<P>;
  readonly #unsubscribe: (() => void) | undefined;
  /** Ends a handshake that is being decided. */
  readonly #pending = new Set<(why: Interruption) => void>();
  #isClosing = false;

  constructor(options: ReturnType<typeof checkOptions<P>>) {
    this.#options = options;
    this.#reporter = new Reporter(options);
    this.held = new Connections(options, this.#reporter);
    this.#unsubscribe = options.revocations?.subscribe((revocation) => this.held.revocations?.publish(revocation));
  }

  async decide(request: Request, facts: Facts): Promise<UpgradeResult<P>> {
    const { policy, report } = this.#options;
    const started = performance.now();
    const { handshake, fields, problem } = readRequest(request, facts);
    const { origin, host } = fields;
    const { ip = "", route } = facts;
    const since = this.held.begin();
    let reported: Promise<Decision<unknown> | undefined> | undefined;
    const tell = async (decision: Decision<P>, mode: "enforce" | "report" = "enforce"): Promise<void> => {
      const ms = performance.now() - started;
      const second = await reported;
      const event = { decision, route, ip, ms, mode, ...(second !== undefined && { reported: second }) };
      this.#reporter.decision(event, { path: route, ip, host });
    };
    const refuse = (decision: Deny): Refused => {
      since.end();
      void tell(decision);
      return { allowed: false, decision, response: responseOf(decision) };
    };
    try {
      // What is not a Request has no signal.
      if (handshake === undefined) return refuse(problem);
      const full = this.#full(request, origin);
      if (full !== undefined) return refuse(full);
      if (problem !== undefined) return refuse(problem);
      reported = report && this.#askSecond(report, handshake);
      const decision = await this.#ask(policy, handshake, request.signal);
      const { mode } = policy;
      const message = mode === "report" ? undefined : awaitedMessage(decision);
      if (!decision.allowed && mode === "enforce" && message === undefined) return refuse(decision);
      const refusal =
        this.held.refusal(origin) ??
        (message && this.held.unauthenticatedRefusal(origin)) ??
        (mode === "enforce" && since.hit(decision) ? deny("token-revoked", origin, { host }) : undefined);
      if (refusal !== undefined) return refuse(refusal);
      const stripped = stripRequest(request, fields, sourcesOf(policy));
      const offered = new Set(offeredProtocols(stripped.protocols));
      const protocol = chooseProtocol(offered, this.#options.protocols) || undefined;
      const admission = new Admission(
        { handshake, decision, ip, mode, since, message, tell: (settled) => void tell(settled) },
        this.held,
      );
      if (message === undefined) void tell(decision, mode);
      return allowed(admission, { decision, ip, protocol, request: stripped.request });
    } catch (error) {
      this.#reporter.error(error, "the policy");
      return refuse(deny("middleware-failed", origin, { host }));
    }
  }

  close(): void {
    this.#isClosing = true;
    this.#unsubscribe?.();
    for (const interrupt of this.#pending) interrupt("draining");
    this.held.close();
  }

  #full(request: Request, origin: string | undefined): Deny | undefined {
    if (this.#isClosing) return deny("draining", origin);
    if (request.signal?.aborted === true) return deny("client-gone", origin);
    const { size } = this.#pending;
    if (size >= this.#options.maxPending)
      return deny("too-many-pending", origin, { note: `${size} handshakes are waiting.` });
    return this.held.refusal(origin);
  }

  /** Asks the policy, within the deadline and while the client is there. */
  async #ask(policy: Policy<P>, handshake: Handshake, gone: AbortSignal | undefined): Promise<Decision<P>> {
    const decision = await decideWithin(policy, handshake, {
      ms: this.#options.deadline,
      gone,
      pending: this.#pending,
    });
    // A policy that was not made by createPolicy() may return anything.
    if (!isDecision(decision)) throw new TypeError("policy.decide() returned no decision.");
    return notExpired(decision, Date.now());
  }

  /** Asks the second policy, which only reports. It verifies no token: that could redeem a single-use ticket. */
  async #askSecond(policy: Policy<unknown>, handshake: Handshake): Promise<Decision<unknown> | undefined> {
    try {
      return await decideWithin(policy, handshake, { ms: this.#options.deadline, verify: false });
    } catch (error) {
      this.#reporter.error(error, "the second policy");
      return undefined;
    }
  }
}

function allowed<P>(
  admission: Admission<P>,
  { decision, ip, protocol, request }: Pick<Allowed<P>, "decision" | "protocol" | "request"> & { readonly ip: string },
): Allowed<P> {
  return {
    allowed: true,
    decision,
    get identity() {
      if (admission.isAwaiting) throw new TypeError(awaitedText);
      return { origin: decision.origin, principal: Reflect.get<object, string>(decision, "principal"), decision, ip };
    },
    protocol,
    request,
    attach: (socket, handlers = {}) => admission.attach(socket, handlers),
  };
}

/** The gate's refusal. `Connection` is the runtime's to send. */
function responseOf({ status }: Deny): Response {
  const { headers, body } = refusalOf(status);
  return new Response(body, { status, headers: headers.map(([name, value]) => [name, value]) });
}
