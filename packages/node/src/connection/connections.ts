import type { Deny } from "@wsorigin/core";
import {
  attempt,
  checkClosing,
  closeCodeOf,
  isThenable,
  reasonOf,
  Revocations,
  Schedule,
  unrevoked,
  type Verification,
} from "@wsorigin/core/gate";
import { type Attempt, countAttempt, type Failures, uncounted } from "../limits/failures.ts";
import type { Addressed, Limits } from "../limits/limits.ts";
import type { CheckedOptions } from "../options.ts";
import type { Reporter } from "../report.ts";
import type { Wire } from "../transport/followed-stream.ts";
import { adviseOnProtocol } from "./advice.ts";
import type { ConnectionHost, Expiring } from "./connection.ts";
import type { DelegatedConnection } from "./delegated-connection.ts";
import { FirstMessageReader } from "./first-message.ts";
import type { OpenedSocket, RouteConnection } from "./route-connection.ts";
import { judgeToken } from "./late-token.ts";

/** The open connections of a gate, and everything that ends them: expiry, revocation, `disconnect` and shutdown. */
export class Connections<P, R> implements ConnectionHost<P> {
  readonly #open = new Set<DelegatedConnection<P, R> | RouteConnection<P, R>>();
  readonly #readers = new Set<FirstMessageReader<P>>();
  readonly #schedule: Schedule;
  readonly #options: CheckedOptions<P>;
  readonly #limits: Limits;
  readonly #failures: Failures | undefined;
  readonly #reporter: Reporter;
  /** `undefined` if the gate has no revocation source: then nothing is indexed. */
  readonly revocations: Revocations | undefined;

  constructor(options: CheckedOptions<P>, limits: Limits, failures: Failures | undefined, reporter: Reporter) {
    this.#options = options;
    this.#limits = limits;
    this.#failures = failures;
    this.#reporter = reporter;
    this.#schedule = new Schedule(
      (error) => reporter.error(error, "a timer of the gate"),
      () => Date.now(),
    );
    this.revocations = options.revocations === undefined ? undefined : new Revocations();
  }

  get open(): ReadonlySet<DelegatedConnection<P, R> | RouteConnection<P, R>> {
    return this.#open;
  }

  /** Runs the handler of an open socket: at once, or after its first message was accepted. What the handler throws closes the socket with 1011. */
  start(
    connection: RouteConnection<P, R>,
    opened: OpenedSocket<R>,
    run: (connection: RouteConnection<P, R>) => unknown,
  ): void {
    const { awaited } = connection;
    adviseOnProtocol(this.#reporter, connection, opened.socket.protocol);
    opened.socket.on("close", () => this.#closed(connection, opened));
    if (awaited === undefined) return this.#run(connection, opened, run);
    const { message, since, attempt, tell } = awaited;
    const { policy, handshake, transport } = connection.facts;
    this.#limits.awaitAuthentication();
    const reader = new FirstMessageReader<P>({
      socket: opened.socket,
      stream: transport.stream,
      message,
      origin: connection.origin,
      judge: (token, signal) => judgeToken({ token, policy, handshake, current: connection.decision, since, signal }),
      settled: (decision) => {
        this.#readers.delete(reader);
        this.#limits.authenticated();
        countAttempt(attempt, decision);
        tell(decision);
        if (decision.allowed) {
          connection.settle(decision, since);
          this.#run(connection, opened, run);
        } else {
          this.#refuse(opened, decision);
        }
        since.end();
      },
    });
    this.#readers.add(reader);
  }

  /** Begins a verification, for which revocations are remembered. */
  begin(): Verification {
    return this.revocations?.begin() ?? unrevoked;
  }

  /** Verifies a token of an open socket, within the deadline. */
  async verifying<T>(verify: (since: Verification, signal: AbortSignal) => Promise<T>): Promise<T> {
    const since = this.begin();
    const controller = new AbortController();
    const timer = setTimeout(
      () => controller.abort(new Error("The token was not verified in time.")),
      this.#options.deadline,
    );
    try {
      return await verify(since, controller.signal);
    } finally {
      clearTimeout(timer);
      since.end();
    }
  }

  /** Takes a point for a token that is about to be verified. */
  async attempt(from: Addressed, origin: string | undefined): Promise<Attempt | Deny> {
    return this.#failures === undefined ? uncounted : this.#failures.take(from.ip, origin);
  }

  /** Calls `onExpiring`, and closes the socket when its grant expires. Returns a function that cancels both. */
  schedule(connection: Expiring<P>, expiresAt: number): () => void {
    const { options, route } = connection;
    const { onExpiring = this.#options.onExpiring, warnBefore = this.#options.warnBefore } = options;
    const end = (): (() => void) => this.#schedule.at(expiresAt, () => this.end(connection, "Token expired"));
    if (onExpiring === undefined) return end();
    let cancel = this.#schedule.at(expiresAt - warnBefore, () => {
      cancel = end();
      attempt(
        () => connection.warn(onExpiring),
        (error) => this.#reporter.error(error, `onExpiring of ${route}`),
      );
    });
    return () => cancel();
  }

  /** Closes a socket whose grant has ended. Its owner gets no message from now on. */
  end(connection: Pick<Expiring<P>, "shut">, reason: string): void {
    connection.shut(closeCodeOf(401, this.#options.closeCodes), reason);
  }

  /** See `Gate.disconnect`. */
  disconnect(
    predicate: (connection: DelegatedConnection<P, R> | RouteConnection<P, R>) => boolean,
    code: number,
    reason: string,
  ): number {
    checkClosing(code, reason);
    const chosen = [...this.#open].filter(predicate);
    for (const connection of chosen) connection.shut(code, reason);
    return chosen.length;
  }

  /** Closes every socket with 1001, and destroys what is left after `timeout` milliseconds. Resolves when all are closed. */
  async close(timeout: number): Promise<void> {
    for (const reader of this.#readers) reader.interrupt("draining");
    const open = [...this.#open];
    const closed = Promise.all(open.map((connection) => new Promise<void>((resolve) => connection.onClose(resolve))));
    for (const connection of open) connection.shut(1001, "");
    const timer = setTimeout(() => open.forEach((connection) => connection.terminate()), timeout);
    await closed;
    clearTimeout(timer);
  }

  /** Holds a connection whose socket another listener has opened. */
  hold(connection: DelegatedConnection<P, R>, wire: Wire): void {
    this.#open.add(connection);
    connection.open(wire);
    connection.facts.session?.upgraded(connection, wire);
    wire.onClose(() => {
      this.#open.delete(connection);
      connection.dispose();
    });
    // While it was being opened.
    if (connection.revoked) this.end(connection, "Token revoked");
  }

  /** Lists a connection that is held, or leaves it out: a polling session has none while its WebSocket stands for it. */
  list(connection: DelegatedConnection<P, R>, isListed: boolean): void {
    if (isListed) this.#open.add(connection);
    else this.#open.delete(connection);
  }

  #run(
    connection: RouteConnection<P, R>,
    opened: OpenedSocket<R>,
    run: (connection: RouteConnection<P, R>) => unknown,
  ): void {
    this.#open.add(connection);
    connection.open(opened);
    try {
      const result = run(connection);
      if (isThenable(result)) Promise.resolve(result).catch((error: unknown) => this.#failed(connection, error));
    } catch (error) {
      this.#failed(connection, error);
    }
    // While it was being opened.
    if (connection.revoked) this.end(connection, "Token revoked");
  }

  #failed({ socket, route }: RouteConnection<P, R>, error: unknown): void {
    this.#reporter.error(error, `the handler of ${route}`);
    socket.close(1011);
  }

  #closed(connection: RouteConnection<P, R>, { slot }: OpenedSocket<R>): void {
    this.#open.delete(connection);
    connection.dispose();
    if (slot !== undefined) this.#limits.release(slot);
  }

  #refuse({ socket }: OpenedSocket<R>, { code, status }: Deny): void {
    if (code === "draining") return socket.close(1001);
    socket.close(closeCodeOf(status, this.#options.closeCodes), reasonOf(status));
  }
}
