import type { IncomingMessage, ServerResponse } from "node:http";
import { originForm } from "@wsorigin/core/gate";
import { checkGuardOptions, checkRouteOptions } from "./check-options.ts";
import { Connections } from "./connection/connections.ts";
import type { OpenConnection } from "./connection/context.ts";
import type { OpenedSocket, RouteConnection } from "./connection/route-connection.ts";
import { GateError, issue } from "./errors.ts";
import { adviseOnPayload } from "./connection/advice.ts";
import type { AdapterGate } from "./gate.ts";
import { type AllowRequest, makeAllowRequest } from "./delegation/allow-request.ts";
import { PollingSessions } from "./delegation/polling-sessions.ts";
import { Failures } from "./limits/failures.ts";
import { Limits } from "./limits/limits.ts";
import { isKeyed, OpeningHandshake } from "./handshake/opening-handshake.ts";
import type { GateServices } from "./handshake/record.ts";
import { asksWhy, explainTo } from "./http/explain-route.ts";
import type { GuardOptions, Handler, RouteOptions } from "./options.ts";
import { Reporter } from "./report.ts";
import type { PathParams } from "./routing/path.ts";
import type { Adapter, FrameworkUpgrade, Route } from "./routing/route.ts";
import { type Found, Routes } from "./routing/routes.ts";
import { Acceptor } from "./transport/acceptor.ts";
import { Http1Request } from "./transport/http1-request.ts";
import type { Receiver } from "./transport/receiver.ts";
import { isHttp2 } from "./transport/request.ts";
import type { Delegates, Transport } from "./transport/transport.ts";

/** A route's handshake is not delegated. */
const noDelegates: Delegates = { exist: () => false, deliver: () => {} };

/** How long a guarded server may go without listening before that is reported, in milliseconds. */
const unusedAfter = 10_000;

/** A gate, as the events of its server drive it. */
export class ServerGate<P, R> implements AdapterGate<P, R>, Receiver {
  readonly #routes = new Routes<Route<P, R>>();
  readonly #services: GateServices<P, R>;
  readonly #unsubscribe: (() => void) | undefined;
  readonly #polling = new PollingSessions<P, R>();
  readonly passesUpgrades: boolean;
  readonly allowRequest: AllowRequest;
  #unused: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  /** The last request whose route was looked up, and that route: Node asks for it first, and delivers the handshake next. */
  #claimed: IncomingMessage | undefined;
  #claimedRoute: Found<Route<P, R>> | undefined;

  constructor(options: GuardOptions<P>, adapter: Adapter<P, R>, isListening: boolean) {
    const checked = checkGuardOptions(options);
    const reporter = new Reporter(checked);
    const limits = new Limits(checked);
    const { maxFailures } = checked;
    const failures =
      maxFailures && new Failures(maxFailures, (error) => reporter.error(error, "the counter of failures"));
    const connections = new Connections<P, R>(checked, limits, failures, reporter);
    this.#services = {
      options: checked,
      adapter,
      limits,
      failures,
      reporter,
      connections,
      pending: new Set(),
      delegated: new Set(),
      paths: () => this.#routes.paths,
      find: (request) => this.#find(request),
      sessionOf: (request) => this.#polling.find(request),
      isClosing: () => this.#closing !== undefined,
    };
    this.allowRequest = makeAllowRequest(this.#services, this.#polling);
    this.passesUpgrades = checked.unrouted === "pass";
    this.#unsubscribe = checked.revocations?.subscribe((revocation) =>
      this.#asked("the revocation source", () => connections.revocations?.publish(revocation), undefined),
    );
    if (!isListening) this.#unused = setTimeout(() => this.#warnUnused(), unusedAfter).unref();
  }

  get connections(): ReadonlySet<OpenConnection<P, R>> {
    return this.#services.connections.open;
  }

  route<const Path extends string>(
    path: Path,
    ...rest: readonly [Handler<P, PathParams<Path>, R>] | readonly [RouteOptions<P>, Handler<P, PathParams<Path>, R>]
  ): this {
    const [options, handler] = rest.length === 1 ? [{}, rest[0]] : rest;
    if (typeof handler !== "function")
      throw new GateError([
        issue(
          "handler-missing",
          path,
          `route ${JSON.stringify(path)}: the handler is missing. Write gate.route(path, (socket, context) => { ... }).`,
        ),
      ]);
    const { adapter } = this.#services;
    const run = (connection: RouteConnection<P, R>): unknown =>
      adapter.context === undefined
        ? handler(connection.socket, connection)
        : Reflect.apply(handler, undefined, [connection.socket, adapter.context(connection)]);
    this.#routes.add(path, this.#make(path, options, { kind: "handler", run }));
    return this;
  }

  frameworkRoute(path: string, options: RouteOptions<P>, take: (upgrade: FrameworkUpgrade<P, R>) => void): Route<P, R> {
    return this.#make(path, options, { kind: "framework", take });
  }

  adopt(
    { connection, route, answered }: FrameworkUpgrade<P, R>,
    opened: OpenedSocket<R>,
    handler: () => unknown,
  ): void {
    answered();
    opened.socket.on("error", route.acceptor.onError);
    this.#services.connections.start(connection, opened, handler);
  }

  disconnect(predicate: (connection: OpenConnection<P, R>) => boolean, code = 1008, reason = ""): number {
    return this.#services.connections.disconnect(predicate, code, reason);
  }

  close({ timeout = 5000 }: { readonly timeout?: number } = {}): Promise<void> {
    return (this.#closing ??= this.#close(timeout));
  }

  receive(transport: Transport): void {
    try {
      new OpeningHandshake(transport, this.#services).run();
    } catch (error) {
      this.error(error, "the gate");
      transport.destroy();
    }
  }

  answer(request: IncomingMessage, response: ServerResponse): boolean {
    return this.#asked("the gate", () => this.#answer(request, response), false);
  }

  claims(request: IncomingMessage): boolean {
    if (this.#services.options.unrouted === "refuse") return true;
    const found = this.#find(request);
    this.#claimed = request;
    this.#claimedRoute = found;
    return found !== undefined;
  }

  inUse(): void {
    clearTimeout(this.#unused);
    this.#unused = undefined;
  }

  notice(text: string): void {
    this.#services.reporter.notice(text);
  }

  error(error: unknown, where: string): void {
    this.#services.reporter.error(error, where);
  }

  /** Answers two kinds of ordinary requests on a route: a handshake that lost its Upgrade field, and a page that asks why it is refused. */
  #answer(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#polling.answer(request, response, this.#services)) return true;
    if (isHttp2(request)) return false;
    const { options, adapter } = this.#services;
    const explains = options.explainRoute !== undefined && options.explainRoute !== false && asksWhy(request);
    if (!explains && !isKeyed(request)) return false;
    const found = this.#find(request);
    if (found === undefined) return false;
    if (isKeyed(request)) {
      this.receive(new Http1Request(request, response, noDelegates));
      return true;
    }
    const policy = found.route.options.policy ?? options.policy;
    return explainTo(request, response, { policy, adapter, everywhere: options.explainRoute === "everywhere" });
  }

  #make(path: string, options: RouteOptions<P>, serve: Route<P, R>["serve"]): Route<P, R> {
    const gate = this.#services.options;
    checkRouteOptions(path, options, gate);
    const { protocols = gate.protocols, maxPayload = gate.maxPayload } = options;
    const tooLong = (): void => adviseOnPayload(this.#services.reporter, path, maxPayload);
    return { path, options, acceptor: new Acceptor({ protocols, maxPayload, tooLong }), serve };
  }

  /** The route of the gate, or else of the framework's own router. If that one throws, there is none, and the app answers. */
  #find(request: IncomingMessage): Found<Route<P, R>> | undefined {
    const claimed = this.#claimed;
    const known = this.#claimedRoute;
    this.#claimed = undefined;
    this.#claimedRoute = undefined;
    if (claimed === request) return known;
    const target = originForm(request.url ?? "", request.headers.host);
    const found = target === undefined ? undefined : this.#routes.find(target);
    const { adapter } = this.#services;
    if (found !== undefined || adapter.find === undefined || target === undefined) return found;
    const route = this.#asked("the framework's router", () => adapter.find?.(request), undefined);
    return route === undefined ? undefined : { route, params: {} };
  }

  async #close(timeout: number): Promise<void> {
    // Called while a handshake is reported, it comes before that one's socket is among the connections.
    await Promise.resolve();
    const { pending, delegated, connections } = this.#services;
    this.inUse();
    this.#unsubscribe?.();
    for (const handshake of pending) handshake.interrupt("draining");
    await connections.close(timeout);
    for (const transport of delegated) transport.destroy();
  }

  #warnUnused(): void {
    this.#services.reporter.notice(
      "The guarded server is not listening after ten seconds, and no connection has reached it. Guard the server that listens: const server = createServer(app); guard(server, ...); server.listen(3000). app.listen() makes another server. In a worker that gets its connections from another process, as with @socket.io/sticky, nothing is wrong.",
    );
  }

  /** Asks something that may throw where nothing would catch it. */
  #asked<T>(where: string, ask: () => T, otherwise: T): T {
    try {
      return ask();
    } catch (error) {
      this.error(error, where);
      return otherwise;
    }
  }
}
