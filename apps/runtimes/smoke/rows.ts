import type { Runner } from "@wsorigin/testing";

/** How many rows run at the same time: most of them wait for timers and sockets. */
const lanes = 16;

/** A longer row hangs, in milliseconds. */
const limit = 60_000;

interface PendingRow {
  readonly name: string;
  readonly body: () => Promise<void>;
}

/** Collects the rows of a suite, and runs them. Runtimes have different test runners; this one needs nothing of them. */
export class Rows {
  readonly #path: string[] = [];
  readonly #together: PendingRow[] = [];
  readonly #alone: PendingRow[] = [];

  /** For `describeAdapter` and `describeEndpoint`. */
  readonly runner: Runner = {
    describe: (name, body) => {
      this.#path.push(name);
      body();
      this.#path.pop();
    },
    test: (name, body) => void this.#alone.push(this.#row(name, body)),
    concurrent: (name, body) => void this.#together.push(this.#row(name, body)),
  };

  get size(): number {
    return this.#alone.length + this.#together.length;
  }

  /** Runs every row. Returns the errors of those that fail, by name. */
  async run(): Promise<Readonly<Record<string, string>>> {
    const failures: Record<string, string> = {};
    const waiting = [...this.#together];
    const work = async (): Promise<void> => {
      for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) await play(row, failures);
    };
    await Promise.all(Array.from({ length: lanes }, work));
    for (const row of this.#alone) await play(row, failures);
    return failures;
  }

  #row(name: string, body: () => Promise<void>): PendingRow {
    return { name: [...this.#path.slice(1), name].join(" > "), body };
  }
}

async function play({ name, body }: PendingRow, failures: Record<string, string>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`It has not ended after ${limit} ms.`)), limit);
  });
  try {
    await Promise.race([body(), late]);
  } catch (error) {
    failures[name] = error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
