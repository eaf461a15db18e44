/** What became of each test of a suite, by its full name: its error, or `passed` or `skipped`. */
export type Outcomes = ReadonlyMap<string, string>;

/**
 * Reads the JSON report of Mocha, Vitest or Jest from what a program printed. Programs may print other lines before it.
 *
 * @throws {SyntaxError} if there is no report
 */
export function readReport(printed: string): Outcomes {
  for (let at = printed.indexOf("{"); at !== -1; at = printed.indexOf("{", at + 1)) {
    if (at > 0 && printed[at - 1] !== "\n") continue;
    const report = parse(printed.slice(at));
    const outcomes = report === undefined ? undefined : (mochaOutcomes(report) ?? jestOutcomes(report));
    if (outcomes !== undefined) return outcomes;
  }
  throw new SyntaxError(
    "The command printed no JSON report. Use `--reporter json` of Mocha or `--reporter=json` of Vitest.",
  );
}

/** Lists the tests with another outcome in `gated`, in a line each. */
export function differences(bare: Outcomes, gated: Outcomes): readonly string[] {
  return [...new Set([...bare.keys(), ...gated.keys()])]
    .map((name) => ({ name, before: bare.get(name) ?? "did not run", after: gated.get(name) ?? "did not run" }))
    .filter(({ before, after }) => before !== after && (before === "passed" || after === "passed"))
    .map(({ name, before, after }) => `${name}\n  bare:  ${before}\n  gated: ${after}`);
}

function mochaOutcomes(report: object): Outcomes | undefined {
  const [tests, pending] = [
    list(report, "tests"),
    new Set(list(report, "pending")?.map((test) => text(test, "fullTitle"))),
  ];
  if (tests === undefined) return undefined;
  return numbered(
    tests.map((test) => {
      const name = text(test, "fullTitle");
      const message = text(read(test, "err"), "message");
      return [name, pending.has(name) ? "skipped" : message === "" ? "passed" : firstLine(message)];
    }),
  );
}

function jestOutcomes(report: object): Outcomes | undefined {
  const files = list(report, "testResults");
  return files === undefined
    ? undefined
    : numbered(
        files.flatMap((file) =>
          (list(file, "assertionResults") ?? []).map((test): [string, string] => {
            const message = list(test, "failureMessages")?.find((each) => typeof each === "string") ?? "failed";
            const status = text(test, "status");
            return [text(test, "fullName"), status === "failed" ? firstLine(message) : status];
          }),
        ),
      );
}

/** Two tests of one name are told apart by their order. */
function numbered(tests: readonly (readonly [name: string, outcome: string])[]): Outcomes {
  const outcomes = new Map<string, string>();
  for (const [name, outcome] of tests) {
    let key = name;
    for (let count = 2; outcomes.has(key); count++) key = `${name} (${count})`;
    outcomes.set(key, outcome);
  }
  return outcomes;
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? "";
}

function parse(printed: string): object | undefined {
  try {
    const value: unknown = JSON.parse(printed.slice(0, printed.lastIndexOf("}") + 1));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function read(holder: unknown, name: string): unknown {
  return typeof holder === "object" && holder !== null ? Reflect.get(holder, name) : undefined;
}

function list(holder: unknown, name: string): readonly unknown[] | undefined {
  const value = read(holder, name);
  return Array.isArray(value) ? value : undefined;
}

function text(holder: unknown, name: string): string {
  const value = read(holder, name);
  return typeof value === "string" ? value : "";
}
