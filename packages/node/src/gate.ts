import type { IncomingMessage, ServerResponse } from "node:http";
import { deny } from "@wsorigin/core";
import { Acceptor } from "./acceptor.ts";
import { type Context, OpenContext } from "./context.ts";
import { GateError } from "./errors.ts";
import { originForm } from "./form.ts";
import { Limits } from "./limits.ts";
import { maxIpLength, Opening, type Surroundings } from "./opening.ts";
import {
  type Adapter,
  checkGuardOptions,
  checkRouteOptions,
  type GuardOptions,
  type Handler,
  type RouteOptions,
} from "./options.ts";
import type { PathParams } from "./path.ts";
import { refusalOf } from "./refusal.ts";
import { Reporter } from "./report.ts";
import type { Opened, Route, Taken } from "./route.ts";
import { Routes } from "./routes.ts";
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
  #closing: Promise<void> | undefined;

  constructor(options: GuardOptions<P>, adapter: Adapter<P, R>) {
    const checked = checkGuardOptions(options);
    this.#around = {
      options: checked,
      adapter,
      routes: this.#routes,
      limits: new Limits(checked),
      reporter: new Reporter(checked),
      pending: new Set(),
      elsewhere: new Set(),
      draining: () => this.#closing !== undefined,
    };
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
    const open = (opened: Opened<P, R>): void => this.#open(path, handler, opened);
    this.#routes.add(path, this.#make(path, options, { kind: "open", open }));
    return this;
  }

  frameworkRoute(path: string, options: RouteOptions<P>, take: (taken: Taken<P, R>) => void): Route<P, R> {
    return this.#make(path, options, { kind: "take", take });
  }

  adopt(taken: Taken<P, R>, opened: Adopted<P, R>, handler: () => unknown): void {
    const { route, request: raw, ip, decision } = taken;
    taken.answered();
    const search = raw.url?.split("?", 2)[1] ?? "";
    this.#open(route.path, handler, { ...opened, search, cookie: raw.headers.cookie, ip, decision });
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

  #make(path: string, options: RouteOptions<P>, serve: Route<P, R>["serve"]): Route<P, R> {
    checkRouteOptions(path, options);
    const { protocols = this.#around.options.protocols, maxPayload = this.#around.options.maxPayload } = options;
    return { path, options, acceptor: new Acceptor({ protocols, maxPayload }), serve };
  }

  #open<Params>(path: string, handler: Handler<P, Params, R>, opened: Opened<P, R>): void {
    const context = new OpenContext<P, Params, R>(path, opened);
    this.#connections.add(context);
    context.socket.once("close", () => this.#connections.delete(context));
    const failed = (error: unknown): void => {
      this.#around.reporter.error(error, `the handler of ${path}`);
      context.socket.close(1011);
    };
    try {
      Promise.resolve(handler(context.socket, context)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  async #close(timeout: number): Promise<void> {
    // Called while a handshake is told of, it comes before that one's socket is among the connections.
    await Promise.resolve();
    const { pending, elsewhere } = this.#around;
    for (const opening of pending) opening.interrupt("draining");
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

/** RFC 6455 section 7.4, as far as a server may send it. */
function isSendable(code: number): boolean {
  return (
    Number.isInteger(code) &&
    ((code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999))
  );
}
