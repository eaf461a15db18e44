import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type Decision, deny, type Policy, shared } from "@wsorigin/core";
import { sourcesOf } from "@wsorigin/core/gate";
import { identify, identityOf } from "../connection/identity.ts";
import type { Interruption } from "../handshake/pending.ts";
import { boundedAddress } from "../limits/address.ts";
import { defaults, type Facts } from "../options.ts";
import { type EventSource, Reporter } from "../report.ts";
import { asksForWebSocket } from "../transport/upgrade-field.ts";
import { refuseRequest } from "./refuse-request.ts";
import { RequestIdentity } from "./request-identity.ts";
import { checkRequestOptions, type RequestGuardOptions } from "./request-options.ts";
import { decideRequest, hideTokens, hostOf, isPreflight } from "./request-policy.ts";

export type { RequestGuardOptions } from "./request-options.ts";

/** What a framework says about an ordinary request: the interface that adapters implement. */
export interface RequestAdapter<R> {
  /** Returns what the framework's trust settings say. */
  facts(request: R): Facts;
  /** Returns the path of its route, as it was written; `undefined` if there is none. */
  path?(request: R): string | undefined;
  /** Called when a token was removed from the query of Node's request, for what the framework has parsed before. */
  rewritten?(request: R): void;
}

/** What policies have decided on a request, or are deciding: each is asked once, by whatever copy of this package. */
const decided = shared("requests.1", () => new WeakMap<IncomingMessage, Map<object, Promise<boolean>>>());

/** Decides on ordinary HTTP requests by a policy, for one framework. */
export class RequestGate<P, R> implements Closable {
  readonly #policy: Policy<P>;
  readonly #adapter: RequestAdapter<R>;
  readonly #deadline: number;
  readonly #reporter: Reporter;
  readonly #pending = new Set<(why: Interruption) => void>();
  #closing = false;

  /** @throws {GateError} if an option is not valid, or the policy takes its token from where a request has none */
  constructor(policy: Policy<P>, options: RequestGuardOptions, adapter: RequestAdapter<R>) {
    checkRequestOptions(policy, options);
    this.#policy = policy;
    this.#adapter = adapter;
    this.#deadline = options.deadline ?? defaults.deadline;
    this.#reporter = new Reporter({ ...options, what: "an HTTP request" });
  }

  /**
   * Decides, and answers a refused request. Never rejects. Resolves with whether the app may answer.
   *
   * @param refusing called before a refusal is written
   */
  async admit(
    request: R,
    incoming: IncomingMessage,
    response: ServerResponse,
    refusing?: () => void,
  ): Promise<boolean> {
    // The gate of the server has let this handshake in.
    if (asksForWebSocket(incoming.headers) && identityOf(incoming)?.decision.allowed === true) return true;
    const policies = decided.get(incoming) ?? new Map<object, Promise<boolean>>();
    decided.set(incoming, policies);
    const known = policies.get(this.#policy);
    if (known !== undefined) return known;
    const admitted = this.#admit(request, incoming, response, refusing);
    policies.set(this.#policy, admitted);
    return admitted;
  }

  async #admit(
    request: R,
    incoming: IncomingMessage,
    response: ServerResponse,
    refusing: (() => void) | undefined,
  ): Promise<boolean> {
    const policy = this.#policy;
    const started = performance.now();
    let facts: Facts = {};
    let path: string | undefined;
    let decision: Decision<P>;
    let mode: "enforce" | "report" = "enforce";
    const refuse = (code: "draining" | "middleware-failed"): Decision<P> =>
      deny(code, incoming.headers.origin, { host: hostOf(incoming) });
    try {
      facts = factsOf(this.#adapter, request);
      path = this.#adapter.path?.(request);
      const preflight = isPreflight(incoming);
      const asked = this.#closing
        ? refuse("draining")
        : decideRequest(policy, incoming, facts, {
            deadline: this.#deadline,
            token: !preflight,
            watch: (interrupt) => this.#watch(response, interrupt),
          });
      if (hideTokens(incoming, sourcesOf(policy))) this.#adapter.rewritten?.(request);
      decision = await asked;
      mode = this.#closing ? "enforce" : policy.mode;
      // The type of its principal would promise a user, and a preflight has none.
      if (!preflight && (decision.allowed || mode === "report"))
        identify(
          incoming,
          new RequestIdentity(decision, { policy, request, incoming, facts, deadline: this.#deadline }),
        );
    } catch (error) {
      this.#reporter.error(error, "the framework's adapter or the policy");
      decision = refuse("middleware-failed");
    }
    const source: EventSource = {
      path,
      ip: facts.ip ?? "",
      ms: performance.now() - started,
      host: hostOf(incoming),
    };
    this.#reporter.decision(decision, mode, source, undefined);
    if (decision.allowed || (mode === "report" && decision.code !== "client-gone")) return true;
    refusing?.();
    if (decision.code === "client-gone") response.destroy();
    else refuseRequest(incoming, response, decision.status);
    return false;
  }

  close(): void {
    this.#closing = true;
    for (const interrupt of this.#pending) interrupt("draining");
  }

  #watch(response: ServerResponse, interrupt: (why: Interruption) => void): () => void {
    const gone = (): void => interrupt("client-gone");
    response.once("close", gone);
    this.#pending.add(interrupt);
    return () => {
      response.off("close", gone);
      this.#pending.delete(interrupt);
    };
  }
}

function factsOf<R>(adapter: RequestAdapter<R>, request: R): Facts {
  const { ip, ...rest } = adapter.facts(request);
  return { ...rest, ip: boundedAddress(ip) };
}

/** Options of `requestGuard()` without a framework. */
export interface PlainRequestGuardOptions extends RequestGuardOptions {
  /** As in `guard()`: what is known about a request behind a proxy that this server trusts. */
  readonly facts?: (request: IncomingMessage) => Facts;
}

/** What every `requestGuard()` returns, besides the function that the framework calls. */
export interface Closable {
  /** Shuts down: requests that arrive or wait for a decision from now on are refused with 503 (`draining`). Responses that have begun go on. */
  close(): void;
}

/** Guards request listeners. */
export interface RequestGuard extends Closable {
  /** Returns a listener that calls this one for the requests that the policy allows, and answers the others. */
  (listener: (request: IncomingMessage, response: ServerResponse) => unknown): RequestListener;
}

/**
 * `requestGuard()` for authors of adapters.
 *
 * @param make returns the framework's middleware, which asks `gate.admit()` and calls the next one if that resolves with `true`
 * @throws {GateError} if an option is not valid, or the policy takes its token from where a request has none
 */
export function guardRequests<P, R, Middleware extends object>(
  policy: Policy<P>,
  options: RequestGuardOptions,
  adapter: RequestAdapter<R>,
  make: (gate: RequestGate<P, R>) => Middleware,
): Middleware & Closable {
  const gate = new RequestGate<P, R>(policy, options, adapter);
  return Object.assign(make(gate), { close: () => gate.close() });
}

/**
 * Guards ordinary HTTP requests by the policy of the sockets: server-sent events, long polling, MCP and other local servers, which DNS rebinding reaches. Checks
 * Host, then Origin, then the token, and refuses as the gate does. A request without an Origin passes if its browser says that it comes from this server or
 * from the user (`Sec-Fetch-Site: same-origin` or `none`) and the policy has `hosts`; otherwise `missingOrigin` decides.
 *
 * @throws {GateError} if an option is not valid, or the policy takes its token from where a request has none
 * @example
 * const guarded = requestGuard(createPolicy({ origins: ["https://app.example.com"], hosts: ["localhost"] }));
 * createServer(guarded((request, response) => response.end(`Hello, ${identityOf(request)?.origin}`))).listen(3000, "127.0.0.1");
 */
export function requestGuard<P>(policy: Policy<P>, options: PlainRequestGuardOptions = {}): RequestGuard {
  const { facts: given = (): Facts => ({}), ...rest } = options;
  const readFacts = (request: IncomingMessage): Facts => {
    const { ip = request.socket.remoteAddress, ...facts } = given(request) ?? {};
    return { ...facts, ip };
  };
  return guardRequests<P, IncomingMessage, (listener: Parameters<RequestGuard>[0]) => RequestListener>(
    policy,
    rest,
    { facts: readFacts },
    (gate) => (listener) => (request, response) =>
      void serve(gate.admit(request, request, response), () => listener(request, response)),
  );
}

async function serve(admitted: Promise<boolean>, listener: () => void): Promise<void> {
  if (await admitted) listener();
}
