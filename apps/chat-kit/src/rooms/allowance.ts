/** How many messages a visitor may send at once, and how many more each second. */
const burst = 8;
const perSecond = 1;

interface Bucket {
  tokens: number;
  at: number;
}

/** Counts what each visitor sends, over all their tabs and over HTTP and WebSocket together. */
export class Allowance {
  readonly #buckets = new WeakMap<object, Bucket>();

  /** Takes one message off what a visitor may send. `false`: there is nothing left just now. */
  take(who: object): boolean {
    const now = performance.now();
    const bucket = this.#buckets.get(who) ?? { tokens: burst, at: now };
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    this.#buckets.set(who, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
