import type { IncomingMessage, ServerResponse } from "node:http";
import { type Decision, deny, type Deny, type DenyCode, type Policy } from "@wsorigin/core";
import { sourcesOf, type Verification } from "@wsorigin/core/gate";
import type { ConnectionFacts } from "../connection/connection.ts";
import { PolicyHandshake } from "../handshake/policy-handshake.ts";
import type { GateServices } from "../handshake/record.ts";
import { hideTokens, hostOf, isSameOrigin } from "../http/request-policy.ts";
import type { Facts } from "../options.ts";
import type { EventSource } from "../report.ts";
import { readAddress } from "../limits/address.ts";

/** What is known about one polling request of Engine.IO. */
export class PollingRequest<P, R> implements ConnectionFacts<P, R>, EventSource {
  readonly #started = performance.now();
  readonly path = undefined;
  readonly gate: GateServices<P, R>;
  readonly response: ServerResponse;
  readonly transport: ConnectionFacts<P, R>["transport"];
  readonly handshake: PolicyHandshake;
  /** As the gate's, for tokens that renew the grant. */
  readonly policy: Policy<P>;
  readonly mode: "enforce" | "report";
  facts: Pick<Facts, "host" | "secure"> = {};
  since: Verification | undefined;
  #request: R | undefined;
  #ip: string | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, gate: GateServices<P, R>) {
    this.gate = gate;
    this.response = response;
    this.transport = { request, stream: request.socket };
    this.handshake = new PolicyHandshake(request, this);
    const { policy, unrouted } = gate.options;
    this.policy = sameOriginPolicy(policy, isSameOrigin(request));
    this.mode = unrouted === "pass" ? "report" : policy.mode;
  }

  /** Asks the framework about the request, and removes the token from it. */
  adapt(): void {
    const { adapter, options } = this.gate;
    const { request } = this.transport;
    this.#request = adapter.adapt(request);
    this.facts = adapter.facts?.(this.#request) ?? {};
    this.handshake.trust({ secure: this.facts.secure, host: this.facts.host ?? authorityOf(request) });
    // The client may be gone when its event is reported.
    void this.ip;
    hideTokens(request, sourcesOf(options.policy));
    // Engine.IO has parsed the query already, and hands it to the app.
    const query: unknown = Reflect.get(request, "_query");
    if (typeof query !== "object" || query === null) return;
    for (const source of sourcesOf(options.policy))
      if (source.kind === "queryParam") Reflect.deleteProperty(query, source.name);
  }

  get request(): R {
    if (this.#request === undefined) throw new TypeError("The adapter returned no request.");
    return this.#request;
  }

  get ip(): string {
    return (this.#ip ??= this.#askIp());
  }

  get ms(): number {
    return performance.now() - this.#started;
  }

  get host(): string | undefined {
    return hostOf(this.transport.request);
  }

  get origin(): string | undefined {
    return this.transport.request.headers.origin;
  }

  deny(code: DenyCode, note?: string): Deny {
    return deny(code, this.origin, { host: this.host, note });
  }

  #askIp(): string {
    const request = this.#request;
    return request === undefined ? "" : readAddress(() => this.gate.adapter.ip(request), this.gate.reporter);
  }
}

/** Over HTTP/2 there is an authority instead of the Host field. */
function authorityOf(request: IncomingMessage): string | undefined {
  return request.headers[":authority"] === undefined ? undefined : hostOf(request);
}

/** The policy for a session whose first request had no Origin, because it came from the server's own page. */
function sameOriginPolicy<P>(policy: Policy<P>, sameOrigin: boolean): Policy<P> {
  if (!sameOrigin) return policy;
  return {
    ...policy,
    decide: (handshake, given): Promise<Decision<P>> => policy.decide(handshake, { ...given, sameOrigin }),
  };
}
