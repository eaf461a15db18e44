import { parseArgs, type ParseArgsConfig } from "node:util";
import { type Format, formats, UsageError } from "./command.ts";

/** What every command takes. */
export interface CommonOptions {
  readonly format: Format;
  readonly strict: boolean;
  /** In seconds. */
  readonly timeout: number;
  /** `undefined`: as the surroundings say. */
  readonly color: boolean | undefined;
  readonly ascii: boolean;
  readonly help: boolean;
  readonly version: boolean;
  readonly listRules: boolean;
  readonly explain: string | undefined;
}

/**
 * Takes the options that all commands share out of the arguments, wherever they stand; what follows `--` is left alone.
 *
 * @throws {UsageError} where one has no value, or one that cannot be understood
 */
export function readCommon(argv: readonly string[]): CommonOptions & { readonly rest: readonly string[] } {
  const rest: string[] = [];
  const found = new Map<string, string>();
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? "";
    if (argument === "--") {
      rest.push(...argv.slice(index + 1));
      break;
    }
    const [name, inline] = argument.startsWith("--") ? split(argument) : [argument];
    if (flags.has(name) && inline === undefined) found.set(flags.get(name) ?? name, "");
    else if (valued.has(name)) {
      const value = inline ?? argv[++index];
      if (value === undefined || value === "") throw new UsageError(`${name} needs a value.`);
      found.set(name, value);
    } else rest.push(argument);
  }
  const format = found.has("--json") ? "json" : found.has("--sarif") ? "sarif" : (found.get("--format") ?? "text");
  const known = formats.find((each) => each === format);
  if (known === undefined)
    throw new UsageError(`--format is ${JSON.stringify(format)}; it must be one of ${formats.join(", ")}.`, {
      mistyped: { given: format, known: formats },
    });
  const timeout = Number(found.get("--timeout") ?? 60);
  if (!(timeout > 0 && timeout <= 86_400))
    throw new UsageError(`--timeout is ${JSON.stringify(found.get("--timeout"))}; it must be seconds, above 0.`);
  return {
    rest,
    format: known,
    strict: found.has("--strict"),
    timeout,
    color: found.has("--no-color") ? false : found.has("--color") ? true : undefined,
    ascii: found.has("--ascii"),
    help: found.has("--help"),
    version: found.has("--version"),
    listRules: found.has("--list-rules"),
    explain: found.get("--explain"),
  };
}

const flags = new Map(
  ["--json", "--sarif", "--strict", "--color", "--no-color", "--ascii", "--help", "--version", "--list-rules"].map(
    (name) => [name, name],
  ),
).set("-h", "--help");

const valued = new Set(["--format", "--timeout", "--explain"]);

/** The options that every command takes, as they are written. */
export const commonNames: readonly string[] = [...flags.values(), ...valued].filter(
  (name, index, all) => all.indexOf(name) === index,
);

function split(argument: string): readonly [name: string, value?: string] {
  const equals = argument.indexOf("=");
  return equals < 0 ? [argument] : [argument.slice(0, equals), argument.slice(equals + 1)];
}

/**
 * The options of one command, by `parseArgs` of Node.
 *
 * @param help where to read on, behind the message
 * @throws {UsageError} where they cannot be understood
 */
export function readOwn<const Config extends ParseArgsConfig>(
  config: Config,
  help?: string,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const behind = help === undefined ? "" : ` ${help}`;
    const unknown = unknownOption(error);
    if (unknown === undefined) {
      const message = error instanceof Error ? error.message : String(error);
      throw new UsageError(`${message}${behind}`, { cause: error });
    }
    const own = Object.keys(config.options ?? {}).map((name) => `--${name}`);
    throw new UsageError(
      `Unknown option ${JSON.stringify(unknown)}. Valid options: ${[...own, ...commonNames].join(", ")}.${behind}`,
      { cause: error, mistyped: { given: unknown, known: [...own, ...commonNames] } },
    );
  }
}

/** The option that `parseArgs` does not know, as it was written. */
function unknownOption(error: unknown): string | undefined {
  if (!(error instanceof Error) || Reflect.get(error, "code") !== "ERR_PARSE_ARGS_UNKNOWN_OPTION") return undefined;
  return /^Unknown option '([^']*)'/.exec(error.message)?.[1];
}
