import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import { type Decision, deny } from "@wsorigin/core";
import { Admission } from "./admission.ts";
import { Acceptor } from "./acceptor.ts";
import { handshakeOf } from "./asking.ts";
import { type Context, OpenContext } from "./context.ts";
import { GateError } from "./errors.ts";
import { answerWhy, asksWhy, isLocal, originOfPage } from "./explain-route.ts";
import { originForm } from "./form.ts";
import { Limits } from "./limits.ts";
import type { Identity } from "./identity.ts";
import { maxIpLength, Opening, type Surroundings } from "./opening.ts";
import {
  type Adapter,
  checkGuardOptions,
  checkRouteOptions,
  type Facts,
  type GuardOptions,
  type Handler,
  type RouteOptions,
} from "./options.ts";
import type { PathParams } from "./path.ts";
import { closeCodeOf, refusalOf } from "./refusal.ts";
import { queryOf } from "./request.ts";
import { attempt, Reporter } from "./report.ts";
import type { Opened, Route, Taken } from "./route.ts";
import { isRevoked, type Revocation, Revocations } from "./revocations.ts";
import { Routes } from "./routes.ts";
import { Schedule } from "./schedule.ts";
import type { Transport } from "./transport.ts";

/** The one owner of a server's upgrades. */
export interface Gate<P = undefined, R = IncomingMessage> {
  /**
   * Answers upgrades on a path. Paths are path-to-regexp's, as in Express 5: `/chat/:room`, `/files/*path`; the first that matches, in the order
   * they were added.
   *
   * The handler runs before the first message can arrive. What it throws, at once or later, closes its socket with 1011 and goes to `onError`.
   *
   * @throws {GateError} where the path or an option cannot be understood, or the path has a handler already
   */
  route<const Path extends string>(path: Path, handler: Handler<P, PathParams<Path>, R>): this;
  route<const Path extends string>(
    path: Path,
    options: RouteOptions<P>,
    handler: Handler<P, PathParams<Path>, R>,
  ): this;
  /** What is open on the gate's routes. */
  readonly connections: ReadonlySet<Context<P, unknown, R>>;
  /**
   * Closes every open socket that the predicate picks; no message reaches their handlers from then on.
   *
   * @param code 1000, 1008 (default), 1011, or 3000 to 4999
   * @returns how many were closed
   * @throws {RangeError} where the code cannot be sent, or the reason is longer than 123 bytes; then nothing is closed
   */
  disconnect(predicate: (context: Context<P, unknown, R>) => boolean, code?: number, reason?: string): number;
  /**
   * Ends it: new handshakes get 503, pending ones too, open sockets 1001. Resolves once all are gone; after `timeout` milliseconds (default 5000)
   * what is left is destroyed. Sockets that other listeners took are destroyed at the end: close Socket.IO and the like first. From then on
   * `server.close()` has no socket of the gate's to wait for, and the server still upgrades nothing.
   */
  close(options?: { readonly timeout?: number }): Promise<void>;
}

/** What a framework knows of a socket that it opened. */
export type Adopted<P, R> = Pick<Opened<P, R>, "socket" | "request" | "params">;

/** What a gate does for an adapter whose framework routes and opens sockets itself. */
export interface AdapterGate<P = undefined, R = IncomingMessage> extends Gate<P, R> {
  /**
   * Makes a route of the framework's own, for `Adapter.find` to give: the gate decides, `take` answers.
   *
   * @throws {GateError} where an option cannot be understood
   */
  frameworkRoute(path: string, options: RouteOptions<P>, take: (taken: Taken<P, R>) => void): Route<P, R>;
  /**
   * Counts a socket that the framework opened among `connections`, so that `disconnect` and `close` reach it, and runs its handler as the gate
   * runs its own.
   */
  adopt(taken: Taken<P, R>, opened: Adopted<P, R>, handler: () => unknown): void;
}

/** A gate, as the server's events drive it. */
export class ServerGate<P, R> implements AdapterGate<P, R> {
  readonly #connections = new Set<Context<P, unknown, R>>();
  readonly #routes = new Routes<Route<P, R>>();
  readonly #around: Surroundings<P, R>;
  readonly #admissions = new Set<Admission<P>>();
  readonly #schedule = new Schedule();
  readonly #unsubscribe: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: GuardOptions<P>, adapter: Adapter<P, R>) {
    const checked = checkGuardOptions(options);
    const reporter = new Reporter(checked);
    this.#around = {
      options: checked,
      adapter,
      routes: this.#routes,
      limits: new Limits(checked, (error) => reporter.error(error, "the counter of failures")),
      reporter,
      revocations: new Revocations(2 * checked.deadline + checked.grace),
      pending: new Set(),
      elsewhere: new Set(),
      draining: () => this.#closing !== undefined,
    };
    this.#unsubscribe = checked.revocations?.subscribe((revocation) => this.#revoke(revocation));
  }

  get connections(): ReadonlySet<Context<P, unknown, R>> {
    return this.#connections;
  }

  route<const Path extends string>(
    path: Path,
    ...rest: readonly [Handler<P, PathParams<Path>, R>] | readonly [RouteOptions<P>, Handler<P, PathParams<Path>, R>]
  ): this {
    const [options, handler] = rest.length === 1 ? [{}, rest[0]] : rest;
    if (typeof handler !== "function")
      throw new GateError([
        `route ${JSON.stringify(path)}: there is no handler. Write gate.route(path, (socket, context) => { ... }).`,
      ]);
    const route = this.#make(path, options, {
      kind: "open",
      open: (opened: Opened<P, R>): void => this.#open(route, handler, opened),
    });
    this.#routes.add(path, route);
    return this;
  }

  frameworkRoute(path: string, options: RouteOptions<P>, take: (taken: Taken<P, R>) => void): Route<P, R> {
    return this.#make(path, options, { kind: "take", take });
  }

  adopt(taken: Taken<P, R>, opened: Adopted<P, R>, handler: () => unknown): void {
    const { route, request: raw, identity, arrival } = taken;
    taken.answered();
    const search = queryOf(raw.url);
    this.#open(route, handler, { ...opened, search, cookie: raw.headers.cookie, identity, arrival });
  }

  disconnect(predicate: (context: Context<P, unknown, R>) => boolean, code = 1008, reason = ""): number {
    if (!isSendable(code))
      throw new RangeError(`The close code ${code} cannot be sent: use 1000, 1008, 1011, or 3000 to 4999.`);
    if (Buffer.byteLength(reason) > 123)
      throw new RangeError("The close reason is longer than 123 bytes (RFC 6455 section 5.5).");
    const chosen = [...this.#connections].filter(predicate);
    for (const { socket } of chosen) {
      // A peer may take its time to answer the close, and go on sending until then.
      socket.removeAllListeners("message");
      socket.close(code, reason);
    }
    return chosen.length;
  }

  close({ timeout = 5000 }: { readonly timeout?: number } = {}): Promise<void> {
    return (this.#closing ??= this.#close(timeout));
  }

  /** Decides on one opening handshake. Never throws. */
  receive(transport: Transport): void {
    const opening = new Opening(transport, this.#around);
    opening.run().catch((error: unknown) => {
      this.#around.reporter.error(error, "the gate");
      transport.duplex.destroy();
    });
  }

  /**
   * Answers an ordinary request that can only be a handshake whose Upgrade or Connection field a proxy removed: every stripping proxy passes
   * Sec-WebSocket-Key on. Says whether it did.
   */
  answerStripped(request: IncomingMessage, response: ServerResponse): boolean {
    const { headers } = request;
    if (request.method !== "GET" || headers["sec-websocket-key"] === undefined) return false;
    const target = originForm(request.url ?? "", headers.host);
    const found = target === undefined ? undefined : this.#routes.find(target);
    const route = found?.route ?? this.#findElsewhere(request);
    if (route === undefined) return false;
    const started = performance.now();
    const note =
      headers.upgrade === undefined
        ? "Upgrade is missing."
        : `Upgrade is there, but Connection is ${JSON.stringify(headers.connection?.slice(0, 64) ?? "missing")} and does not name it.`;
    const decision = deny("upgrade-stripped", headers.origin, { host: headers.host, note });
    const { status, headers: fields, body } = refusalOf(decision.status);
    response.sendDate = false;
    response.writeHead(status, [["Connection", "close"], ...fields].flat());
    response.end(body);
    this.#around.reporter.decision({
      decision,
      route: route.path,
      ip: this.#ipOf(request),
      ms: performance.now() - started,
      mode: "enforce",
    });
    return true;
  }

  /** Answers page code that asks why it is refused, where `explainRoute` says so. Says whether it did. */
  answerWhy(request: IncomingMessage, response: ServerResponse): boolean {
    const { explainRoute = false, policy: usual } = this.#around.options;
    if (explainRoute === false || !asksWhy(request)) return false;
    const target = originForm(request.url ?? "", request.headers.host);
    const found = target === undefined ? undefined : this.#routes.find(target);
    const route = found?.route ?? this.#findElsewhere(request);
    const facts = this.#asked<Facts>(() => this.#around.adapter.adapt(request), {});
    if (route === undefined || (explainRoute === true && !isLocal(request, facts.ip ?? ""))) return false;
    const secure = isSecureRequest(request, facts);
    const origin = originOfPage(request, { host: facts.host, secure });
    const asked = handshakeOf(request, facts);
    const headers = { ...request.headers, origin };
    // What is asked about is the page's Origin, which a GET to its own server does not have.
    answerWhy(
      response,
      route.options.policy ?? usual,
      { ...asked, headers, rawHeaders: undefined, secure },
      request.headers.origin,
    );
    return true;
  }

  #make(path: string, options: RouteOptions<P>, serve: Route<P, R>["serve"]): Route<P, R> {
    checkRouteOptions(path, options, this.#around.options);
    const { protocols = this.#around.options.protocols, maxPayload = this.#around.options.maxPayload } = options;
    return { path, options, acceptor: new Acceptor({ protocols, maxPayload }), serve };
  }

  /** Takes over an open socket: at once, or when its first message has said whose it is. */
  #open<Params>(route: Route<P, R>, handler: Handler<P, Params, R>, opened: Opened<P, R>): void {
    const { socket, identity, arrival } = opened;
    if (arrival.awaits === undefined) return this.#run(route, handler, opened);
    const release = this.#around.limits.await();
    const settled = (decision: Decision<P>): void => {
      release();
      this.#admissions.delete(admission);
      arrival.tell(decision);
      if (decision.allowed) {
        identity.settle(decision);
        return this.#run(route, handler, opened);
      }
      const draining = decision.code === "draining";
      const code = draining ? 1001 : closeCodeOf(decision.status, this.#around.options.closeCodes);
      socket.close(code, draining ? "" : STATUS_CODES[decision.status]);
    };
    const { awaits: message, duplex, decide } = arrival;
    const admission = new Admission<P>({ socket, duplex, message, origin: identity.origin, decide, settled });
    this.#admissions.add(admission);
  }

  #run<Params>(route: Route<P, R>, handler: Handler<P, Params, R>, opened: Opened<P, R>): void {
    const context = new OpenContext<P, Params, R>(route.path, opened);
    this.#connections.add(context);
    const stop = this.#expire(route, context, opened.identity);
    context.socket.once("close", () => {
      this.#connections.delete(context);
      stop();
    });
    const failed = (error: unknown): void => {
      this.#around.reporter.error(error, `the handler of ${route.path}`);
      context.socket.close(1011);
    };
    try {
      Promise.resolve(handler(context.socket, context)).catch(failed);
    } catch (error) {
      failed(error);
    }
    // Between its verification and now.
    if (this.#around.revocations.hit(opened.identity.decision, opened.arrival.since))
      this.#end(context, "Token revoked");
  }

  /** Warns before the token of a socket ends, and closes it then; begins anew with each token. Gives what ends it. */
  #expire(route: Route<P, R>, context: Context<P, unknown, R>, identity: Identity<P>): () => void {
    const { onExpiring = this.#around.options.onExpiring, warnBefore = this.#around.options.warnBefore } =
      route.options;
    let cancel = (): void => {};
    const warn = (expiresAt: number): void => {
      cancel = this.#schedule.at(expiresAt, () => this.#end(context, "Token expired"));
      if (onExpiring === undefined) return;
      attempt(
        () => onExpiring(context),
        (error) => this.#around.reporter.error(error, `onExpiring of ${route.path}`),
      );
    };
    const arm = (): void => {
      cancel();
      const { expiresAt } = identity;
      if (expiresAt !== undefined) cancel = this.#schedule.at(expiresAt - warnBefore, () => warn(expiresAt));
    };
    arm();
    identity.onChange(arm);
    return () => {
      cancel();
      identity.onChange(() => {});
    };
  }

  /** Closes a socket whose grant has ended. No message reaches its handler from now on. */
  #end({ socket }: Context<P, unknown, R>, reason: string): void {
    socket.removeAllListeners("message");
    socket.close(closeCodeOf(401, this.#around.options.closeCodes), reason);
  }

  #revoke(revocation: Revocation): void {
    this.#around.revocations.add(revocation);
    for (const context of this.#connections) {
      if (isRevoked(context.decision, revocation)) this.#end(context, "Token revoked");
    }
  }

  async #close(timeout: number): Promise<void> {
    // Called while a handshake is told of, it comes before that one's socket is among the connections.
    await Promise.resolve();
    const { pending, elsewhere } = this.#around;
    this.#unsubscribe?.();
    for (const opening of pending) opening.interrupt("draining");
    for (const admission of this.#admissions) admission.interrupt("draining");
    const open = [...this.#connections];
    const gone = Promise.all(open.map(({ socket }) => new Promise((resolve) => socket.once("close", resolve))));
    for (const { socket } of open) socket.close(1001);
    const timer = setTimeout(() => open.forEach(({ socket }) => socket.terminate()), timeout);
    await gone;
    clearTimeout(timer);
    for (const { duplex } of elsewhere) duplex.destroy();
  }

  /** The route of the framework's own router; none, where that fails: then the app answers the request. */
  #findElsewhere(request: IncomingMessage): Route<P, R> | undefined {
    return this.#asked(() => this.#around.adapter.find?.(request), undefined);
  }

  #ipOf(request: IncomingMessage): string {
    return this.#asked(() => (this.#around.adapter.adapt(request).ip ?? "").slice(0, maxIpLength), "");
  }

  /** What an adapter says to an ordinary request; something else, where it throws: nobody would catch it there. */
  #asked<T>(ask: () => T, otherwise: T): T {
    try {
      return ask();
    } catch (error) {
      this.#around.reporter.error(error, "the framework's adapter");
      return otherwise;
    }
  }
}

/** Whether the client speaks TLS, as the framework's trust settings say, or the connection. */
function isSecureRequest({ socket }: IncomingMessage, { secure }: Facts): boolean {
  return secure ?? ("encrypted" in socket && socket.encrypted === true);
}

/** RFC 6455 section 7.4, as far as a server may send it. */
function isSendable(code: number): boolean {
  return (
    Number.isInteger(code) &&
    ((code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999))
  );
}
