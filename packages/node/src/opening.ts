import { type IncomingMessage, STATUS_CODES } from "node:http";
import { type Decision, deny, type Deny, type Handshake, type Policy } from "@wsorigin/core";
import type { Limits } from "./limits.ts";
import { decideWithin, handshakeOf } from "./asking.ts";
import { type Answered, handOn } from "./hand-on.ts";
import type { Adapter, CheckedOptions } from "./options.ts";
import { closeCodes } from "./refusal.ts";
import type { Reporter } from "./report.ts";
import { type Opened, principalOf, type Route } from "./route.ts";
import type { Found, Routes } from "./routes.ts";
import type { Transport } from "./transport.ts";
import { type Interruption, Watch } from "./watch.ts";

/** What an opening handshake needs of its gate. */
export interface Surroundings<P, R> {
  readonly options: CheckedOptions<P>;
  readonly adapter: Adapter<P, R>;
  readonly routes: Routes<Route<P, R>>;
  readonly limits: Limits;
  readonly reporter: Reporter;
  readonly pending: Set<Opening<P, R>>;
  /** What others were given, or what was opened only to be closed: destroyed when the gate closes. */
  readonly elsewhere: Set<Transport>;
  readonly draining: () => boolean;
}

/** What the steps came to: a refusal to send, or a decision to act on (which may be a refusal that is only reported). */
type Verdict<P, R> =
  | { readonly proceed: false; readonly decision: Deny }
  | { readonly proceed: true; readonly decision: Decision<P>; readonly request: R };

/**
 * One opening handshake, from its arrival to its one decision. Whatever comes first decides: a refusal, the last check, the deadline, the
 * client's leaving, the end of the gate. What comes later finds it over.
 */
export class Opening<P, R> {
  readonly #started = performance.now();
  readonly #transport: Transport;
  readonly #around: Surroundings<P, R>;
  readonly #watch: Watch;
  readonly #origin: string | undefined;
  #found: Found<Route<P, R>> | undefined;
  #ip = "";
  /** The mode of the policy that was asked. */
  #mode: "enforce" | "report" = "enforce";
  #reported: Promise<Decision<unknown> | undefined> | undefined;
  #wellFormed = false;

  constructor(transport: Transport, around: Surroundings<P, R>) {
    this.#transport = transport;
    this.#around = around;
    this.#origin = transport.request.headers.origin;
    this.#watch = new Watch(transport.duplex, around.options.deadline, (why) => this.#refuse(this.#deny(why)));
  }

  async run(): Promise<void> {
    let verdict: Verdict<P, R>;
    try {
      verdict = await this.#judge();
    } catch (error) {
      this.#around.reporter.error(error, "the framework's adapter or a middleware");
      verdict = { proceed: false, decision: this.#deny("middleware-failed") };
    }
    if (this.#watch.over) return;
    if (verdict.proceed) this.#proceed(verdict.decision, verdict.request);
    else this.#refuse(verdict.decision);
  }

  /** Gives the handshake up. */
  interrupt(why: Interruption): void {
    this.#watch.interrupt(why);
  }

  /** The steps, in the order of the contract: limits, route, form, Host, Origin, token, middleware. Each may refuse. */
  async #judge(): Promise<Verdict<P, R>> {
    const { options, adapter, limits, pending, routes, draining } = this.#around;
    const { request: incoming, target } = this.#transport;
    const refuse = (decision: Deny): Verdict<P, R> => ({ proceed: false, decision });

    const { request, ...facts } = adapter.adapt(incoming);
    this.#ip = (facts.ip ?? "").slice(0, maxIpLength);
    const full = draining() ? this.#deny("draining") : limits.refusal(pending.size, this.#ip, this.#origin);
    if (full !== undefined) return refuse(full);
    pending.add(this);
    const failed = limits.countsFailures ? await limits.failureRefusal(this.#ip, this.#origin) : undefined;
    if (failed !== undefined) return refuse(failed);

    if (target !== undefined) this.#found = routes.find(target) ?? this.#findElsewhere(incoming);
    const route = this.#found?.route;
    if (route === undefined && options.unrouted === "refuse") return refuse(this.#deny("route-not-found"));
    const passes = route === undefined && options.unrouted === "pass";

    const problem = this.#problem();
    if (problem !== undefined && !passes) return refuse(problem);
    this.#wellFormed = problem === undefined;

    const policy = route?.options.policy ?? options.policy;
    this.#mode = passes ? "report" : policy.mode;
    const handshake = handshakeOf(incoming, facts);
    if (options.report !== undefined) this.#reported = this.#askBeside(options.report, handshake);
    const decision = problem ?? (await this.#ask(policy, handshake));
    if (decision.allowed !== true && this.#mode === "enforce") {
      // A policy of somebody's own making may say anything.
      if (decision.allowed !== false) throw new TypeError("policy.decide() gave no decision.");
      return refuse(decision);
    }
    if (this.#watch.over || route === undefined || adapter.before === undefined)
      return { proceed: true, decision, request };
    const stopped = await adapter.before(request, this.#watch.signal);
    return stopped === undefined ? { proceed: true, decision, request } : refuse(stopped);
  }

  /** What the second policy says; nothing, where it fails. */
  #askBeside(policy: Policy<unknown>, handshake: Handshake): Promise<Decision<unknown> | undefined> {
    return decideWithin(policy, handshake, this.#around.options.deadline).catch((error: unknown) => {
      this.#around.reporter.error(error, "the policy that reports");
      return undefined;
    });
  }

  /** A policy that only reports must let through even what it cannot decide: it has half of the time, and the rest is left for the others. */
  #ask(policy: Policy<P>, handshake: Handshake): Promise<Decision<P>> {
    return this.#mode === "enforce"
      ? policy.decide(handshake, this.#watch)
      : decideWithin(policy, handshake, this.#around.options.deadline / 2);
  }

  /** The route of the framework's own router. */
  #findElsewhere(request: IncomingMessage): Found<Route<P, R>> | undefined {
    const route = this.#around.adapter.find?.(request);
    return route === undefined ? undefined : { route, params: {}, query: "" };
  }

  /** What is wrong with the request as a handshake. */
  #problem(): Deny | undefined {
    const wrong = this.#transport.problem();
    if (wrong !== undefined) return wrong;
    const malformed = (note: string): Deny => deny("handshake-malformed", this.#origin, { note });
    if (this.#transport.target !== undefined) return undefined;
    return malformed("The request target is no path, names another authority than Host does, or decodes to no text.");
  }

  #proceed(decision: Decision<P>, request: R): void {
    this.#watch.stop();
    this.#around.pending.delete(this);
    // Others may have opened theirs while this one waited.
    const full = this.#around.limits.refusal(0, this.#ip, this.#origin);
    if (full !== undefined) return this.#refuse(full);
    const transport = this.#transport;
    if (this.#found !== undefined) {
      const { route } = this.#found;
      const { serve } = route;
      if (serve.kind === "open") return this.#open(this.#found, serve.open, decision, request);
      return this.#handOn(decision, "timed-out", (answered) =>
        transport.giveTo((upgrade, socket, head) =>
          serve.take({
            route,
            request: upgrade,
            socket,
            head,
            ip: this.#ip,
            origin: decision.origin,
            principal: principalOf(decision),
            decision,
            answered,
          }),
        ),
      );
    }
    if (transport.hasTakers()) return this.#handOn(decision, "route-not-found", () => transport.handOn());
    this.#refuse(this.#deny(transport.unserved));
  }

  #open(
    { route, params, query }: Found<Route<P, R>>,
    open: (opened: Opened<P, R>) => void,
    decision: Decision<P>,
    request: R,
  ): void {
    const socket = this.#transport.accept(route.acceptor);
    if (socket === undefined) return this.#refuse(this.#deny("client-gone"));
    if (typeof socket === "string")
      return this.#refuse(deny("handshake-malformed", this.#origin, { note: `${socket}.` }));
    socket.once("close", this.#around.limits.open(this.#ip));
    this.#tell(decision, this.#mode);
    const { cookie } = this.#transport.request.headers;
    open({ socket, params, search: query, cookie, request, ip: this.#ip, decision });
  }

  #handOn(
    decision: Decision<P>,
    unanswered: "route-not-found" | "timed-out",
    give: (answered: Answered) => void,
  ): void {
    const { limits, options, reporter } = this.#around;
    const release = limits.open(this.#ip);
    this.#keepTrack();
    this.#transport.duplex.once("close", release);
    handOn(this.#transport, options.grace, {
      give,
      answered: (refusal) => this.#tell(refusal ?? decision, refusal === undefined ? this.#mode : "enforce"),
      unanswered: () => this.#refuse(this.#deny(unanswered)),
      failed: (error) => reporter.error(error, "another upgrade listener"),
    });
  }

  /** Remembers a connection that is none of the gate's sockets for as long as it is there. */
  #keepTrack(): void {
    const { elsewhere } = this.#around;
    elsewhere.add(this.#transport);
    this.#transport.duplex.once("close", () => elsewhere.delete(this.#transport));
  }

  #refuse(decision: Deny): void {
    this.#watch.stop();
    this.#around.pending.delete(this);
    this.#tell(decision, "enforce");
    if (decision.code === "client-gone") return void this.#transport.duplex.destroy();
    if (decision.status === 400 || decision.status === 401 || decision.status === 403)
      void this.#around.limits.fail(this.#ip);
    const route = this.#found?.route;
    const how = route?.options.refuseWith ?? this.#around.options.refuseWith;
    // Only a well-formed handshake can be accepted, and a gate that closes accepts nothing.
    const socket =
      route !== undefined && how === "close" && this.#wellFormed && decision.code !== "draining"
        ? this.#transport.accept(route.acceptor)
        : undefined;
    if (typeof socket !== "object") return this.#transport.refuse(decision.status);
    this.#keepTrack();
    socket.close(closeCodes[decision.status], STATUS_CODES[decision.status]);
  }

  #deny(code: Interruption | "middleware-failed" | Transport["unserved"]): Deny {
    return deny(code, this.#origin, { host: this.#transport.request.headers.host });
  }

  #tell(decision: Decision<P>, mode: "enforce" | "report"): void {
    const route = this.#found?.route.path;
    const event = { decision, route, ip: this.#ip, ms: performance.now() - this.#started, mode };
    const { reporter } = this.#around;
    // The second policy is told of, never waited for.
    if (this.#reported === undefined) return reporter.decision(event);
    void this.#reported.then((reported) => reporter.decision(reported === undefined ? event : { ...event, reported }));
  }
}

/** What a log and a counter can bear of an address: behind a proxy that is trusted too much, it is the client's to write. */
export const maxIpLength = 64;
