import { deny, type Deny } from "@wsorigin/core";
import { type RateLimiterAbstract, RateLimiterMemory } from "rate-limiter-flexible";
import { networkOf } from "./network.ts";

export interface LimitOptions {
  readonly maxPending: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  readonly maxFailures?: FailureLimit | undefined;
}

/** How many refused handshakes one address may have in so many seconds. */
export interface FailureLimit {
  readonly count: number;
  readonly seconds: number;
  /**
   * Makes the counter, where several processes are to count together: `(options) => new RateLimiterRedis({ ...options, storeClient })` of
   * rate-limiter-flexible. In memory by default. One that fails refuses nobody and goes to `onError`: the policy still decides.
   */
  readonly limiter?: (options: { readonly points: number; readonly duration: number }) => RateLimiterAbstract;
}

/** Counts what one server may be made to hold, and for whom. */
export class Limits {
  readonly #options: LimitOptions;
  readonly #failures: RateLimiterAbstract | undefined;
  readonly #broken: (error: unknown) => void;
  readonly #perNetwork = new Map<string, number>();
  #connections = 0;
  #unauthenticated = 0;

  /** @param broken called with what the failures' counter throws */
  constructor(options: LimitOptions, broken: (error: unknown) => void) {
    this.#options = options;
    this.#broken = broken;
    const { maxFailures } = options;
    if (maxFailures === undefined) return;
    const { count: points, seconds: duration, limiter } = maxFailures;
    this.#failures = limiter?.({ points, duration }) ?? new RateLimiterMemory({ points, duration });
  }

  /** Whether one more handshake, beside `pending` others, would be too much for the server or from this address. */
  refusal(pending: number, ip: string, origin: string | undefined): Deny | undefined {
    const { maxPending, maxConnections, maxConnectionsPerIp } = this.#options;
    if (pending >= maxPending) return deny("too-many-pending", origin, { note: `${pending} are waiting.` });
    if (this.#connections >= maxConnections)
      return deny("too-many-connections", origin, { note: `${this.#connections} are open.` });
    if (maxConnectionsPerIp === Infinity) return undefined;
    const open = this.#perNetwork.get(networkOf(ip)) ?? 0;
    return open >= maxConnectionsPerIp
      ? deny("too-many-connections", origin, { note: `${open} are open from ${networkOf(ip)}.` })
      : undefined;
  }

  /** How many open sockets owe their first message. */
  get unauthenticated(): number {
    return this.#unauthenticated;
  }

  /** Counts an open socket that owes its first message; the function it returns takes it back. */
  await(): () => void {
    this.#unauthenticated++;
    return () => void this.#unauthenticated--;
  }

  /** Whether failures are counted at all: asking costs a turn of the event loop. */
  get countsFailures(): boolean {
    return this.#failures !== undefined;
  }

  async failureRefusal(ip: string, origin: string | undefined): Promise<Deny | undefined> {
    const result = await this.#failures?.get(networkOf(ip)).catch(this.#broken);
    const { maxFailures } = this.#options;
    if (
      typeof result !== "object" ||
      result === null ||
      maxFailures === undefined ||
      result.consumedPoints < maxFailures.count
    )
      return undefined;
    return deny("too-many-failures", origin, { note: `${result.consumedPoints} failures from ${networkOf(ip)}.` });
  }

  /** Counts a refused handshake. Never rejects. */
  async fail(ip: string): Promise<void> {
    await this.#failures?.penalty(networkOf(ip)).catch(this.#broken);
  }

  /** Counts an open socket; the function it returns takes it back. */
  open(ip: string): () => void {
    this.#connections++;
    if (this.#options.maxConnectionsPerIp === Infinity) return () => void this.#connections--;
    const network = networkOf(ip);
    this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1);
    return () => {
      this.#connections--;
      const left = (this.#perNetwork.get(network) ?? 1) - 1;
      if (left > 0) this.#perNetwork.set(network, left);
      else this.#perNetwork.delete(network);
    };
  }
}
