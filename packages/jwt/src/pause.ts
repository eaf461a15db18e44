/** The first pause after a failure, and the longest, in milliseconds. */
const shortest = 10_000;
const longest = 60_000;

/**
 * The pause between requests to an endpoint that fails: 10 seconds, doubled with each failure up to 60. By a monotonic clock, so that setting the
 * system's clock neither ends it nor makes it longer.
 */
export class Pause {
  #length = 0;
  #ends = 0;

  /** How long it still lasts, in milliseconds; 0 if requests are allowed. */
  get left(): number {
    return Math.max(0, this.#ends - performance.now());
  }

  /** After a failure. */
  extend(): void {
    this.#length = Math.min(longest, this.#length === 0 ? shortest : 2 * this.#length);
    this.#ends = performance.now() + this.#length;
  }

  /** After a success. */
  end(): void {
    this.#length = 0;
    this.#ends = 0;
  }
}
