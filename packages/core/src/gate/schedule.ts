import { unref } from "./unref.ts";

/** How long to wait before the clock is read again, in milliseconds: it may jump. */
const longestWait = 1000;

interface Entry {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly run: () => void;
  /** Its index in the heap; -1 after it was removed. */
  place: number;
}

/**
 * Runs callbacks at times of the wall clock, with one timer for all of them. Each runs at most a second late, also if the clock jumps or the time is
 * further away than a timer can hold (2^31 ms). Does not keep the process alive.
 */
export class Schedule {
  /** A binary heap: the earliest first. */
  readonly #heap: Entry[] = [];
  readonly #failed: (error: unknown) => void;
  readonly #now: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param failed called with what an entry throws
   * @param now the clock: `() => Date.now()`
   */
  constructor(failed: (error: unknown) => void, now: () => number) {
    this.#failed = failed;
    this.#now = now;
  }

  /** How many entries wait. */
  get size(): number {
    return this.#heap.length;
  }

  /** Runs something at a time in milliseconds since the epoch. Returns a function that cancels it. */
  at(at: number, run: () => void): () => void {
    const entry: Entry = { at, run, place: this.#heap.length };
    this.#heap.push(entry);
    this.#rise(entry);
    if (entry.place === 0) this.#arm();
    return () => this.#remove(entry);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const [first] = this.#heap;
    if (first === undefined) return;
    const wait = Math.min(Math.max(first.at - this.#now(), 0), longestWait);
    this.#timer = unref(setTimeout(() => this.#runDue(), wait));
  }

  #runDue(): void {
    try {
      for (let first = this.#heap[0]; first !== undefined && first.at <= this.#now(); first = this.#heap[0]) {
        this.#remove(first);
        try {
          first.run();
        } catch (error) {
          this.#failed(error);
        }
      }
    } finally {
      this.#arm();
    }
  }

  #remove(entry: Entry): void {
    if (entry.place < 0) return;
    const last = this.#heap.pop();
    if (last !== undefined && last !== entry) {
      this.#put(last, entry.place);
      this.#rise(last);
      this.#sink(last);
    }
    entry.place = -1;
    if (this.#heap.length === 0) clearTimeout(this.#timer);
  }

  #rise(entry: Entry): void {
    while (entry.place > 0) {
      const parent = this.#heap[(entry.place - 1) >> 1];
      if (parent === undefined || parent.at <= entry.at) return;
      this.#swap(entry, parent);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1];
      const right = this.#heap[2 * entry.place + 2];
      const least = right !== undefined && left !== undefined && right.at < left.at ? right : left;
      if (least === undefined || least.at >= entry.at) return;
      this.#swap(least, entry);
    }
  }

  #swap(upper: Entry, lower: Entry): void {
    const { place } = upper;
    this.#put(upper, lower.place);
    this.#put(lower, place);
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }
}
