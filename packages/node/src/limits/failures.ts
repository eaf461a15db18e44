import { type Decision, deny, type Deny } from "@wsorigin/core";
import { type RateLimiterAbstract, RateLimiterMemory } from "rate-limiter-flexible";
import { networkOf } from "./network.ts";

/** How many refused handshakes one address may cause within so many seconds. */
export interface FailureLimit {
  /** How many refused handshakes an address may cause within `seconds`. */
  readonly count: number;
  /** The length of that time, in seconds. */
  readonly seconds: number;
  /**
   * Makes the counter, if several processes count together: `(options) => new RateLimiterRedis({ ...options, storeClient })` of
   * rate-limiter-flexible; with a client of `redis` (node-redis), add `useRedisPackage: true`. Default: in memory. If the counter fails, no handshake is refused because of it, and the error goes to `onError`; the policy
   * still decides.
   */
  readonly limiter?: (options: { readonly points: number; readonly duration: number }) => RateLimiterAbstract;
}

/** One attempt that is being decided. Exactly one of its methods is called, once. */
export interface Attempt {
  /** The attempt was refused because of the client: it counts. */
  readonly failed: () => void;
  /** The attempt does not count. */
  readonly passed: () => void;
}

/** How often an attempt asks again for a point that another one is giving back. */
const maxTries = 3;

/** What an attempt is if failures are not limited. */
export const uncounted: Attempt = Object.freeze({ failed: ignore, passed: ignore });

/** Settles an attempt: refusals that the client caused (400, 401, 403) count. */
export function countAttempt(attempt: Attempt, decision: Decision<unknown>): void {
  if (!decision.allowed && (decision.status === 400 || decision.status === 401 || decision.status === 403))
    attempt.failed();
  else attempt.passed();
}

/** The attempts of one network in this process. */
interface Local {
  deciding: number;
  readonly waiting: (() => void)[];
}

/**
 * Limits failures per network. An attempt takes a point before anything verifies it, so that many guesses at once cannot get past the limit, and gives it
 * back unless it fails. Attempts that find no point left wait while others are being decided, because those may give theirs back: valid clients that
 * connect at the same moment are all accepted.
 */
export class Failures {
  readonly #count: number;
  readonly #limiter: RateLimiterAbstract;
  readonly #broken: (error: unknown) => void;
  readonly #local = new Map<string, Local>();

  /** @param broken called with errors of the counter */
  constructor({ count, seconds, limiter }: FailureLimit, broken: (error: unknown) => void) {
    this.#count = count;
    this.#broken = broken;
    this.#limiter =
      limiter?.({ points: count, duration: seconds }) ?? new RateLimiterMemory({ points: count, duration: seconds });
  }

  /** Takes a point for an attempt. Never rejects. Without a point left, resolves with a refusal. */
  async take(ip: string, origin: string | undefined): Promise<Attempt | Deny> {
    const network = networkOf(ip);
    try {
      for (let tries = 0; ; tries++) {
        const taken = await this.#limiter.penalty(network, 1);
        if (taken.consumedPoints <= this.#count) return this.#attempt(network, taken.msBeforeNext);
        const { consumedPoints } = await this.#limiter.reward(network, 1);
        // Another attempt held the last point for a moment only.
        if (consumedPoints < this.#count && tries < maxTries) continue;
        const local = this.#local.get(network);
        if (local === undefined)
          return deny("too-many-failures", origin, { note: `${consumedPoints} failures from ${network}.` });
        await new Promise<void>((resolve) => void local.waiting.push(resolve));
      }
    } catch (error) {
      this.#broken(error);
      return uncounted;
    }
  }

  #attempt(network: string, msLeft: number): Attempt {
    const local = this.#local.get(network) ?? { deciding: 0, waiting: [] };
    this.#local.set(network, local);
    local.deciding++;
    const windowEnd = performance.now() + msLeft;
    const settle = (wake: number): void => {
      if (--local.deciding === 0) {
        this.#local.delete(network);
        for (const next of local.waiting.splice(0)) next();
      } else for (const next of local.waiting.splice(0, wake)) next();
    };
    return {
      failed: () => settle(0),
      passed: () => {
        // A point of a window that is over is gone already; giving it back would add one to the next window.
        const given = performance.now() < windowEnd ? this.#limiter.reward(network, 1) : Promise.resolve();
        given.catch(this.#broken).finally(() => settle(1));
      },
    };
  }
}

function ignore(): void {}
