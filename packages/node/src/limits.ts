import { deny, type Deny } from "@wsorigin/core";
import { RateLimiterMemory } from "rate-limiter-flexible";
import { networkOf } from "./network.ts";

export interface LimitOptions {
  readonly maxPending: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  readonly maxFailures?: { readonly count: number; readonly seconds: number } | undefined;
}

/** Counts what one server may be made to hold, and for whom. */
export class Limits {
  readonly #options: LimitOptions;
  readonly #failures: RateLimiterMemory | undefined;
  readonly #perNetwork = new Map<string, number>();
  #connections = 0;

  constructor(options: LimitOptions) {
    this.#options = options;
    const { maxFailures } = options;
    if (maxFailures !== undefined)
      this.#failures = new RateLimiterMemory({ points: maxFailures.count, duration: maxFailures.seconds });
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

  /** Whether failures are counted at all: asking costs a turn of the event loop. */
  get countsFailures(): boolean {
    return this.#failures !== undefined;
  }

  async failureRefusal(ip: string, origin: string | undefined): Promise<Deny | undefined> {
    const result = await this.#failures?.get(networkOf(ip));
    const { maxFailures } = this.#options;
    if (
      result === undefined ||
      result === null ||
      maxFailures === undefined ||
      result.consumedPoints < maxFailures.count
    )
      return undefined;
    return deny("too-many-failures", origin, { note: `${result.consumedPoints} failures from ${networkOf(ip)}.` });
  }

  /** Counts a refused handshake. Never rejects. */
  async fail(ip: string): Promise<void> {
    await this.#failures?.penalty(networkOf(ip));
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
