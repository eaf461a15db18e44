import type { Runner } from "@wsorigin/testing";

/** How many rows run at the same time: most of them wait for timers and sockets. */
const lanes = 16;

/** After how many milliseconds a row hangs. The waits inside of rows end after 30 seconds. */
const limit = 60_000;

interface Row {
  readonly name: string;
  readonly body: () => Promise<void>;
}

/** Collects the rows of a suite, and runs them. Each runtime has a test runner of its own; this one needs nothing of them. */
export class Rows {
  readonly #path: string[] = [];
  readonly #together: Row[] = [];
  readonly #alone: Row[] = [];

  /** For `describeAdapter` and `describeEndpoint`. */
  readonly runner: Runner = {
    describe: (name, body) => {
      this.#path.push(name);
      body();
      this.#path.pop();
    },
    test: (name, body) => void this.#alone.push(this.#row(name, body)),
    concurrent: (name, body) => this.add(name, body),
  };

  /** A row that may run at the same time as others. */
  add(name: string, body: () => Promise<void>): void {
    this.#together.push(this.#row(name, body));
  }

  get size(): number {
    return this.#alone.length + this.#together.length;
  }

  /**
   * Runs every row. Returns the errors of those that fail, by name. A row that fails runs once more, by itself, because a busy machine makes rows late;
   * one that is expected to fail does not.
   */
  async run(expected: ReadonlySet<string>): Promise<Readonly<Record<string, string>>> {
    const failed = new Map<Row, string>();
    const play = async (row: Row): Promise<void> => {
      const error = await errorOf(row);
      if (error === undefined) failed.delete(row);
      else failed.set(row, error);
    };
    const waiting = [...this.#together];
    const work = async (): Promise<void> => {
      for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) await play(row);
    };
    await Promise.all(Array.from({ length: lanes }, work));
    for (const row of this.#alone) await play(row);
    for (const row of failed.keys()) if (!expected.has(row.name)) await play(row);
    return Object.fromEntries(Array.from(failed, ([{ name }, error]) => [name, error]));
  }

  /** Named by its themes, without the suite. */
  #row(name: string, body: () => Promise<void>): Row {
    return { name: [...this.#path.slice(1), name].join(" > "), body };
  }
}

async function errorOf({ body }: Row): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`It has not ended after ${limit} ms.`)), limit);
  });
  try {
    await Promise.race([body(), late]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
  }
}
