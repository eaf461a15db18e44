import { type Decision, type Deny, deny, type FirstMessage, type Handshake } from "@wsorigin/core";
import {
  attempt,
  checkClosing,
  denyTooLong,
  denyTooMuch,
  isEqual,
  judgeLateToken,
  maxEarly,
  tokenIn,
  type Verification,
} from "@wsorigin/core/gate";
import type { Connections } from "./connections.ts";
import { type Socket, subscribe } from "./socket.ts";

/** Who is behind a handshake that the guard let in. */
export interface Identity<P = unknown> {
  /** The page's origin; `undefined` if the policy allows handshakes without one. */
  readonly origin: string | undefined;
  /** The user, as the policy's `verify` granted. */
  readonly principal: P;
  /** Why the handshake was let in. In report mode this can be a refusal. */
  readonly decision: Decision<P>;
  /** The client's address, as the guard was called with it; `""` without one. */
  readonly ip: string;
}

/** An open socket that was attached to its handshake. */
export interface Connection<P = unknown> extends Identity<P> {
  /** When the grant expires, in milliseconds since the epoch; `undefined` if it does not. The socket is closed then. */
  readonly expiresAt: number | undefined;
  /**
   * Renews the token, with one that arrived in a message of your own protocol. It is verified for the same page, and must belong to the same subject (or have an equal
   * principal, if `verify` names no subject). Never rejects. A refusal changes nothing: the socket still closes when its current token expires.
   */
  readonly refresh: (token: string) => Promise<Decision<P>>;
  /** Closes the socket; `onMessage` gets nothing from then on. */
  close(code?: number, reason?: string): void;
  /** Call it with every message of a socket that has no events of its own, such as Bun's: a text, or bytes. */
  readonly receive: (data: unknown) => void;
  /** Call it when such a socket has closed. */
  readonly closed: () => void;
}

/** What an app does with its socket. */
export interface ConnectionHandlers<P> {
  /** Called once: at once, or after the first message was accepted. */
  readonly onOpen?: (connection: Connection<P>) => unknown;
  /** Called with each message: a text, or bytes as the socket gives them. Required if the token comes in the first message, which is not among them. */
  readonly onMessage?: (data: unknown, connection: Connection<P>) => unknown;
  readonly onClose?: (connection: Connection<P>) => unknown;
}

/** A handshake that was let in, as its socket needs it. */
export interface Admitted<P> {
  readonly handshake: Handshake;
  readonly decision: Decision<P>;
  readonly ip: string;
  readonly mode: "enforce" | "report";
  /** Since when revocations count. */
  readonly since: Verification;
  /** Set if the token comes in the first message. `settled` is called once. */
  readonly awaited: { readonly message: FirstMessage; readonly settled: (decision: Decision<P>) => void } | undefined;
}

/** One attached socket, until it closes. Nothing reaches the app before its token was accepted. */
export class SocketConnection<P> implements Connection<P> {
  readonly #socket: Socket;
  readonly #handlers: ConnectionHandlers<P>;
  readonly #held: Connections<P>;
  readonly #admitted: Admitted<P>;
  readonly #controller = new AbortController();
  readonly #early: unknown[] = [];
  readonly #cleanups: (() => void)[] = [];
  #decision: Decision<P>;
  #state: "closed" | "open" | "shut" | "verifying" | "waiting" = "waiting";
  /** Whether the app has been told of it. */
  #wasOpened = false;
  #earlyBytes = 0;
  #cancelExpiry: (() => void) | undefined;
  #removeIndex: (() => void) | undefined;

  constructor(socket: Socket, handlers: ConnectionHandlers<P>, admitted: Admitted<P>, held: Connections<P>) {
    this.#socket = socket;
    this.#handlers = handlers;
    this.#held = held;
    this.#admitted = admitted;
    this.#decision = admitted.decision;
    held.open.add(this);
    // The socket of an app that reads its own messages is left alone.
    const message = admitted.awaited === undefined && handlers.onMessage === undefined ? () => {} : this.receive;
    const unsubscribe = subscribe(socket, { message, close: this.closed });
    if (unsubscribe !== undefined) this.#cleanups.push(unsubscribe);
  }

  get origin(): string | undefined {
    return this.#decision.origin;
  }

  /** A refusal that is only reported has no principal: then it is undefined, whatever P says. */
  get principal(): P {
    return Reflect.get<object, string>(this.#decision, "principal");
  }

  get decision(): Decision<P> {
    return this.#decision;
  }

  get ip(): string {
    return this.#admitted.ip;
  }

  get expiresAt(): number | undefined {
    return this.#decision.allowed && this.#admitted.mode === "enforce" ? this.#decision.expiresAt : undefined;
  }

  readonly refresh = async (token: string): Promise<Decision<P>> => {
    if (this.#state !== "open") return deny("client-gone", this.origin);
    const since = this.#held.begin();
    const decision = await this.#judge(token, since);
    if (decision.allowed) this.#settle(decision);
    since.end();
    return decision;
  };

  readonly receive = (data: unknown): void => {
    if (this.#state === "open") return this.#deliver(data);
    if (this.#state === "verifying") return this.#keep(data);
    const { awaited } = this.#admitted;
    if (this.#state !== "waiting" || awaited === undefined) return;
    const { message, settled } = awaited;
    if (sizeOf(data) > message.maxBytes) return settled(denyTooLong(message, this.origin));
    const token = tokenIn(message, typeof data === "string" ? data : undefined, this.origin);
    if (typeof token !== "string") return settled(token);
    this.#state = "verifying";
    void this.#judge(token, this.#admitted.since).then(settled);
  };

  readonly closed = (): void => {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#controller.abort(new Error("Closed."));
    this.#held.open.delete(this);
    this.#cancelExpiry?.();
    this.#removeIndex?.();
    for (const cleanup of this.#cleanups) cleanup();
    if (this.#wasOpened) this.#call("onClose", () => this.#handlers.onClose?.(this));
    else this.#admitted.awaited?.settled(deny("client-gone", this.origin));
  };

  close(code = 1000, reason = ""): void {
    checkClosing(code, reason);
    this.shut(code, reason);
  }

  /** Closes the socket, whose app gets no message from now on. */
  shut(code: number, reason: string): void {
    if (this.#state === "closed" || this.#state === "shut") return;
    this.#state = "shut";
    this.#cancelExpiry?.();
    this.#removeIndex?.();
    attempt(
      () => this.#socket.close(code, reason),
      (error) => this.#held.reporter.error(error, "close()"),
    );
  }

  /** Gives the socket to the app, with the decision that let it in, or that is only reported. */
  open(decision: Decision<P>): void {
    if (this.#state === "closed") return;
    this.#state = "open";
    this.#wasOpened = true;
    this.#decision = decision;
    this.#call("onOpen", () => this.#handlers.onOpen?.(this));
    this.#settle(this.#decision);
    for (const data of this.#early.splice(0)) this.receive(data);
  }

  /** Closes a socket that its app has not seen. */
  refuse(decision: Deny): void {
    this.shut(...this.#held.closingOf(decision));
  }

  /** The grant was revoked. */
  revoke(): void {
    this.#end("Token revoked");
  }

  /** Takes over a decision, with its expiry and its keys. */
  #settle(decision: Decision<P>): void {
    if (this.#state !== "open") return;
    this.#decision = decision;
    this.#cancelExpiry?.();
    this.#removeIndex?.();
    if (this.#admitted.mode === "report") return;
    this.#removeIndex = this.#held.revocations?.index(this);
    this.#cancelExpiry = this.#held.atExpiry(decision, () => this.#end("Token expired"));
  }

  #end(reason: string): void {
    const [code] = this.#held.closingOf(deny("token-expired"));
    this.shut(code, reason);
  }

  async #judge(token: string, since: Verification): Promise<Decision<P>> {
    const { handshake } = this.#admitted;
    const { policy, deadline } = this.#held.options;
    const controller = new AbortController();
    const stop = (): void => controller.abort(new Error("Too late."));
    const timer = setTimeout(stop, deadline);
    this.#controller.signal.addEventListener("abort", stop);
    try {
      return await judgeLateToken({
        token,
        policy,
        handshake,
        current: this.#decision,
        since,
        signal: controller.signal,
        now: () => Date.now(),
        isEqual,
      });
    } finally {
      clearTimeout(timer);
      this.#controller.signal.removeEventListener("abort", stop);
    }
  }

  #keep(data: unknown): void {
    this.#early.push(data);
    this.#earlyBytes += sizeOf(data);
    if (this.#earlyBytes > maxEarly) this.#admitted.awaited?.settled(denyTooMuch(this.origin));
  }

  #deliver(data: unknown): void {
    this.#call("onMessage", () => this.#handlers.onMessage?.(data, this));
  }

  /** Calls the app. What it throws closes the socket with 1011. */
  #call(name: string, call: () => unknown): void {
    attempt(call, (error) => {
      this.#held.reporter.error(error, name);
      this.shut(1011, "");
    });
  }
}

/** In bytes. A length that cannot be read counts as too long. */
function sizeOf(data: unknown): number {
  if (typeof data === "string") return new TextEncoder().encode(data).length;
  const { byteLength, size }: { readonly byteLength?: unknown; readonly size?: unknown } = Object(data);
  return [byteLength, size].find((length) => typeof length === "number") ?? Infinity;
}
