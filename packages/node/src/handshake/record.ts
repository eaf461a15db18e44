import { type Decision, deny, type Deny, type DenyCode, type Policy } from "@wsorigin/core";
import { formProblem, type Verification } from "@wsorigin/core/gate";
import type { Upgradable } from "../connection/connection.ts";
import type { Connections } from "../connection/connections.ts";
import type { CheckedOptions } from "../options.ts";
import type { EventSource, Reporter } from "../report.ts";
import type { Adapter, Route } from "../routing/route.ts";
import type { Found } from "../routing/routes.ts";
import type { Transport } from "../transport/transport.ts";
import { routeList } from "../connection/advice.ts";
import { readAddress } from "../limits/address.ts";
import { type Attempt, type Failures, uncounted } from "../limits/failures.ts";
import type { Limits } from "../limits/limits.ts";
import type { Interruptible } from "./pending.ts";
import { PolicyHandshake } from "./policy-handshake.ts";

/** What a handshake needs from its gate. */
export interface GateServices<P, R> {
  readonly options: CheckedOptions<P>;
  readonly adapter: Adapter<P, R>;
  readonly limits: Limits;
  readonly failures: Failures | undefined;
  readonly reporter: Reporter;
  readonly connections: Connections<P, R>;
  /** Handshakes that wait for something. */
  readonly pending: Set<Interruptible>;
  /** Connections that the gate let in and did not open itself: destroyed when the gate closes. */
  readonly delegated: Set<Transport>;
  /** The paths of the gate's own routes, as they were written. */
  readonly paths: () => readonly string[];
  readonly find: (request: Transport["request"]) => Found<Route<P, R>> | undefined;
  /** Returns the session of Engine.IO that the upgrade request belongs to. */
  readonly sessionOf: (request: Transport["request"]) => Upgradable<P, R> | undefined;
  readonly isClosing: () => boolean;
}

/** What is known about one opening handshake while it is decided. */
export class HandshakeRecord<P, R> implements EventSource {
  /** `undefined` if nothing listens to events. */
  readonly #started: number | undefined;
  readonly transport: Transport;
  readonly gate: GateServices<P, R>;
  readonly found: Found<Route<P, R>> | undefined;
  readonly session: Upgradable<P, R> | undefined;
  readonly policy: Policy<P>;
  /** What is wrong with its form, as it arrived. */
  readonly problem: Deny | undefined;
  readonly handshake: PolicyHandshake;
  #request: R | undefined;
  #ip: string | undefined;
  /** `"report"`: the policy, or `unrouted: "pass"`, lets everything through. */
  mode: "enforce" | "report" = "enforce";
  attempt: Attempt = uncounted;
  /** Since when revocations count; `undefined` while nothing is waited for. */
  since: Verification | undefined;
  /** The decision of the second policy. */
  reported: Decision<unknown> | Promise<Decision<unknown> | undefined> | undefined;

  constructor(transport: Transport, gate: GateServices<P, R>) {
    this.#started = gate.reporter.isHeard ? performance.now() : undefined;
    this.transport = transport;
    this.gate = gate;
    this.found = gate.find(transport.request);
    this.session = this.found === undefined ? gate.sessionOf(transport.request) : undefined;
    this.policy = this.session?.policy ?? this.found?.route.options.policy ?? gate.options.policy;
    this.problem = formProblem(transport.request, transport.protocol);
    this.handshake = new PolicyHandshake(transport.request, this);
  }

  get path(): string | undefined {
    return this.found?.route.path;
  }

  /** The client's address, read on first use. */
  get ip(): string {
    return (this.#ip ??= this.#askIp());
  }

  get ms(): number {
    return this.#started === undefined ? 0 : performance.now() - this.#started;
  }

  get host(): string | undefined {
    return this.transport.request.headers.host;
  }

  get origin(): string | undefined {
    return this.transport.request.headers.origin;
  }

  /** The framework's request. */
  get request(): R {
    if (this.#request === undefined) throw new TypeError("The adapter returned no request.");
    return this.#request;
  }

  /** Asks the framework about the request, from which a token was removed. */
  adapt(): void {
    const { adapter } = this.gate;
    this.#request = adapter.adapt(this.transport.request);
    if (adapter.facts !== undefined) this.handshake.trust(adapter.facts(this.#request));
    // An event names the address, which a client that resets its connection takes away.
    if (this.#started !== undefined) void this.ip;
  }

  /** The framework has failed, and is not asked for the address any more. */
  forgetIp(): void {
    this.#ip ??= "";
  }

  deny(code: DenyCode, note?: string): Deny {
    return deny(code, this.origin, { host: this.host, note });
  }

  /** Refuses a handshake that nothing serves. */
  denyRoute(note?: string): Deny {
    const routes = routeList(this.gate.paths());
    return this.deny(
      "route-not-found",
      note === undefined ? routes : `${note}${routes === undefined ? "" : ` ${routes}`}`,
    );
  }

  /** Reports a decision. The second policy is reported with it, and never waited for by anything else. */
  tell(decision: Decision<P>, mode: "enforce" | "report"): void {
    const { reporter } = this.gate;
    const { reported } = this;
    if (!(reported instanceof Promise)) return reporter.decision(decision, mode, this, reported);
    void reported.then((second) => reporter.decision(decision, mode, this, second));
  }

  #askIp(): string {
    const request = this.#request;
    return request === undefined ? "" : readAddress(() => this.gate.adapter.ip(request), this.gate.reporter);
  }
}
