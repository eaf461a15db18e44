import { type IncomingMessage, STATUS_CODES } from "node:http";
import {
  awaitedMessage,
  type Decision,
  deny,
  type Deny,
  type FirstMessage,
  type Handshake,
  type Policy,
  spokenProtocols,
  urlWithoutTokens,
} from "@wsorigin/core";
import type { Limits } from "./limits.ts";
import { decideWithin, handshakeOf } from "./asking.ts";
import { type Answered, handOn } from "./hand-on.ts";
import { type Adapter, type CheckedOptions, sourcesOf } from "./options.ts";
import { Identity, inTime } from "./identity.ts";
import { queryOf } from "./request.ts";
import { closeCodeOf } from "./refusal.ts";
import type { Reporter } from "./report.ts";
import type { Revocations } from "./revocations.ts";
import type { Arrival, Opened, Route } from "./route.ts";
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
  readonly revocations: Revocations;
  readonly draining: () => boolean;
}

/** What the steps came to: a refusal to send, or a decision to act on (which may be a refusal that is only reported). */
type Verdict<P, R> =
  | { readonly proceed: false; readonly decision: Deny }
  | (Cleared<P, R> & { readonly proceed: true });

/** A handshake that may proceed. */
interface Cleared<P, R> {
  readonly decision: Decision<P>;
  readonly request: R;
  readonly policy: Policy<P>;
  readonly handshake: Handshake;
  /** How the token is still to come, on the open socket. */
  readonly awaits: FirstMessage | undefined;
}

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
    if (verdict.proceed) this.#proceed(verdict);
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
    const decision = problem ?? inTime(await this.#ask(policy, handshake));
    // Only the gate's own routes can wait for a first message.
    const awaits = route === undefined || this.#mode === "report" ? undefined : awaitedMessage(decision);
    if (decision.allowed !== true && this.#mode === "enforce" && awaits === undefined) {
      // A policy of somebody's own making may say anything.
      if (decision.allowed !== false) throw new TypeError("policy.decide() gave no decision.");
      return refuse(decision);
    }
    hideTokens(incoming, policy);
    const cleared = { proceed: true, decision, request, policy, handshake, awaits } as const;
    if (this.#watch.over || route === undefined || adapter.before === undefined) return cleared;
    const stopped = await adapter.before(request, this.#watch.signal);
    return stopped === undefined ? cleared : refuse(stopped);
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
    return route === undefined ? undefined : { route, params: {} };
  }

  /** What is wrong with the request as a handshake. */
  #problem(): Deny | undefined {
    const wrong = this.#transport.problem();
    if (wrong !== undefined) return wrong;
    const malformed = (note: string): Deny => deny("handshake-malformed", this.#origin, { note });
    if (this.#transport.target !== undefined) return undefined;
    return malformed("The request target is no path, names another authority than Host does, or decodes to no text.");
  }

  #proceed(cleared: Cleared<P, R>): void {
    this.#watch.stop();
    this.#around.pending.delete(this);
    const { decision, awaits } = cleared;
    const { limits, revocations, options } = this.#around;
    // Others may have opened theirs while this one waited.
    const full = limits.refusal(0, this.#ip, this.#origin);
    if (full !== undefined) return this.#refuse(full);
    if (awaits !== undefined && limits.unauthenticated >= options.maxUnauthenticated)
      return this.#refuse(
        deny("too-many-pending", this.#origin, {
          note: `${limits.unauthenticated} open sockets owe their first message.`,
        }),
      );
    if (this.#mode === "enforce" && revocations.hit(decision, this.#started))
      return this.#refuse(deny("token-revoked", this.#origin));
    const transport = this.#transport;
    if (this.#found !== undefined) {
      const { route } = this.#found;
      const { serve } = route;
      const identity = this.#identify(cleared);
      const arrival = this.#arrive(cleared);
      if (serve.kind === "open") return this.#open(this.#found, serve.open, { identity, arrival }, cleared.request);
      return this.#handOn(decision, awaits, "timed-out", (answered) =>
        transport.giveTo((upgrade, socket, head) =>
          serve.take({ route, request: upgrade, socket, head, identity, arrival, answered }),
        ),
      );
    }
    if (transport.hasTakers()) return this.#handOn(decision, undefined, "route-not-found", () => transport.handOn());
    this.#refuse(this.#deny(transport.unserved));
  }

  #identify({ decision, policy, handshake }: Cleared<P, R>): Identity<P> {
    const { options } = this.#around;
    return new Identity(decision, {
      policy,
      handshake,
      mode: this.#mode,
      ip: this.#ip,
      deadline: options.deadline,
      failed: ({ status }) => this.#count(status),
    });
  }

  #arrive({ policy, handshake, awaits }: Cleared<P, R>): Arrival<P> {
    return {
      since: this.#started,
      awaits,
      duplex: this.#transport.duplex,
      decide: async (token, signal) => {
        const decision = inTime(await policy.decide(handshake, { signal, token }));
        return this.#around.revocations.hit(decision, this.#started) ? deny("token-revoked", this.#origin) : decision;
      },
      tell: (decision) => {
        this.#tell(decision, "enforce");
        if (!decision.allowed) this.#count(decision.status);
      },
    };
  }

  #open(
    { route, params }: Found<Route<P, R>>,
    open: (opened: Opened<P, R>) => void,
    who: Pick<Opened<P, R>, "identity" | "arrival">,
    request: R,
  ): void {
    const socket = this.#transport.accept(route.acceptor);
    if (socket === undefined) return this.#refuse(this.#deny("client-gone"));
    if (typeof socket === "string")
      return this.#refuse(deny("handshake-malformed", this.#origin, { note: `${socket}.` }));
    socket.once("close", this.#around.limits.open(this.#ip));
    if (who.arrival.awaits === undefined) this.#tell(who.identity.decision, this.#mode);
    const { headers, url } = this.#transport.request;
    open({ socket, params, search: queryOf(url), cookie: headers.cookie, request, ...who });
  }

  #handOn(
    decision: Decision<P>,
    awaits: FirstMessage | undefined,
    unanswered: "route-not-found" | "timed-out",
    give: (answered: Answered) => void,
  ): void {
    const { limits, options, reporter } = this.#around;
    const release = limits.open(this.#ip);
    this.#keepTrack();
    this.#transport.duplex.once("close", release);
    let opened = false;
    handOn(this.#transport, options.grace, {
      give: (answered) =>
        give((refusal) => {
          opened = refusal === undefined;
          answered(refusal);
        }),
      answered: (refusal) => {
        if (refusal !== undefined) return this.#tell(refusal, "enforce");
        if (awaits === undefined) return this.#tell(decision, this.#mode);
        // The first message decides; nobody waits for it where nothing was opened.
        if (!opened) this.#tell(this.#deny("client-gone"), "enforce");
      },
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
    this.#count(decision.status);
    const route = this.#found?.route;
    const how = route?.options.refuseWith ?? this.#around.options.refuseWith;
    // Only a well-formed handshake can be accepted, and a gate that closes accepts nothing.
    const socket =
      route !== undefined && how === "close" && this.#wellFormed && decision.code !== "draining"
        ? this.#transport.accept(route.acceptor)
        : undefined;
    if (typeof socket !== "object") return this.#transport.refuse(decision.status);
    this.#keepTrack();
    socket.close(closeCodeOf(decision.status, this.#around.options.closeCodes), STATUS_CODES[decision.status]);
  }

  /** Counts a refusal against the address, where it is the client's doing. */
  #count(status: Deny["status"]): void {
    if (status === 400 || status === 401 || status === 403) void this.#around.limits.fail(this.#ip);
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

/**
 * Takes the token off the request before anybody else gets it: off the subprotocols, of which `ws` by itself sends back the first that is offered,
 * and off the query, which frameworks write to their logs.
 */
function hideTokens(request: IncomingMessage, policy: object): void {
  const sources = sourcesOf(policy);
  if (request.url !== undefined) request.url = urlWithoutTokens(request.url, sources);
  const name = "sec-websocket-protocol";
  const offered = request.headers[name];
  if (offered === undefined || !sources.some(({ kind }) => kind === "bearerProtocol")) return;
  const spoken = spokenProtocols(offered);
  if (spoken === "") Reflect.deleteProperty(request.headers, name);
  else request.headers[name] = spoken;
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    if (request.rawHeaders[index]?.toLowerCase() === name)
      request.rawHeaders[index + 1] = spokenProtocols(request.rawHeaders[index + 1] ?? "");
  }
}
