import type { Report, Rule } from "./finding.ts";

export const formats = ["text", "json", "sarif", "markdown", "github"] as const;

export type Format = (typeof formats)[number];

/** What a command may use of its surroundings. */
export interface Surroundings {
  /** Where relative paths start. */
  readonly cwd: string;
  /** For progress, one line each. The report goes elsewhere. */
  readonly progress: (line: string) => void;
  /** Standard input, whole. */
  readonly stdin: () => Promise<string>;
  /** Aborted by Ctrl-C, or when the time is over. */
  readonly signal: AbortSignal;
}

/** What came of a command: a report to be rendered, a text that is printed as it is (a configuration), or an output of the command's own. */
export type Outcome = { readonly report: Report } | { readonly text: string } | OwnOutput;

/** What a command prints that finds no problems. What comes from elsewhere is printable in it. */
interface OwnOutput {
  /** For people. */
  readonly paint: (color: boolean) => string;
  /** For `--json`. */
  readonly data: object;
  readonly exitCode: number;
}

export interface Command {
  readonly name: string;
  /** The whole of `wsorigin <name> --help`. */
  readonly usage: string;
  readonly rules: readonly Rule[];
  /** The formats that it has with these arguments, if not all. */
  readonly formats?: (args: readonly string[]) => readonly Format[] | undefined;
  /** How long it waits with these arguments because it was told to, in seconds: so much longer is its time limit. */
  readonly patience?: (args: readonly string[]) => number;
  /**
   * @param args what follows the command's name, without the options that all commands share
   * @throws {UsageError} where the arguments cannot be understood
   * @throws {CannotRun} where it could not be tried at all
   */
  run(args: readonly string[], surroundings: Surroundings): Promise<Outcome>;
}

/** What was written instead of one of a few names. */
export interface Mistyped {
  readonly given: string;
  readonly known: readonly string[];
}

/** The arguments cannot be understood: exit code 2. The message says what to write. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** Where a name is not known: the nearest known one is put behind the message. */
  readonly mistyped: Mistyped | undefined;

  constructor(message: string, options?: ErrorOptions & { readonly mistyped?: Mistyped }) {
    super(message, options);
    this.mistyped = options?.mistyped;
  }
}

/** It could not be tried at all (no such file): exit code 2. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}

/** The program was told to end. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** As shells report a program that a signal ended: 128 and the signal's number. */
  readonly exitCode: number;

  constructor(signal: "SIGINT" | "SIGTERM") {
    super(`Interrupted by ${signal}.`);
    this.exitCode = signal === "SIGINT" ? 130 : 143;
  }
}
