import type { ConfigurationIssue } from "../config/errors.ts";
import { isToken } from "./form.ts";
import { sourcesOf } from "./policy.ts";

/** Says what is wrong with the value of an option, as a sentence without a subject: `must be a function.` */
export type Check = (value: unknown) => string | undefined;

/** A problem that every check of options can find. */
export type CheckIssue = ConfigurationIssue<"option-incoherent" | "option-invalid" | "option-unknown">;

/** The smallest policy, as messages show it. */
export const examplePolicy = 'createPolicy({ origins: ["https://app.example.com"] })';

/** Checks the value of each option, and that there is such an option. */
export function checkEach(options: object, checks: Readonly<Record<string, Check>>): CheckIssue[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) return [unknownOption(name, checks)];
    const problem = value === undefined ? undefined : check(value);
    return problem === undefined ? [] : [{ code: "option-invalid", entry: name, message: `\`${name}\` ${problem}` }];
  });
}

/**
 * Reports an option that does not exist.
 *
 * @param valid has the names of the options as keys
 */
export function unknownOption(entry: string, valid: object): CheckIssue {
  const list = Object.keys(valid).join(", ");
  return {
    code: "option-unknown",
    entry,
    message: `Unknown option ${JSON.stringify(entry)}. Valid options: ${list}.`,
  };
}

/** Browsers fail a handshake that offers subprotocols and gets none back, and a token is never sent back. */
export function bearerIssues(policy: unknown, protocols: readonly unknown[]): readonly CheckIssue[] {
  if (policyProblem(policy) !== undefined || !sourcesOf(Object(policy)).some(({ kind }) => kind === "bearerProtocol"))
    return [];
  if (protocols.length === 0)
    return [
      {
        code: "option-incoherent",
        entry: "protocols",
        message:
          '`protocols` is missing, but the policy takes its token from the subprotocols. Write protocols: ["chat.v1"].',
      },
    ];
  return protocols.some((name) => typeof name === "string" && name.startsWith("bearer."))
    ? [
        {
          code: "option-incoherent",
          entry: "protocols",
          message: '`protocols` has a name that begins with "bearer.", which marks a token. Rename that subprotocol.',
        },
      ]
    : [];
}

/** Checks that a value is a policy. */
export function policyProblem(value: unknown): string | undefined {
  const fits = hasMethod(value, "decide") && ["enforce", "report"].includes(String(value["mode"]));
  if (fits) return undefined;
  const isOptions = typeof value === "object" && value !== null && ("origins" in value || "sameHost" in value);
  const what = isOptions ? " These are its options." : "";
  return `must be created with createPolicy().${what} Write ${examplePolicy}.`;
}

/** Checks a list of subprotocols. */
export function protocolsProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'must be a list, such as ["chat.v1"].';
  const bad: unknown = value.find((name) => typeof name !== "string" || !isToken(name));
  if (bad !== undefined)
    return `has the entry ${JSON.stringify(bad)}, which is not a token (RFC 9110 section 5.6.2: letters, digits and !#$%&'*+-.^_\`|~).`;
  return new Set(value).size < value.length ? "lists a subprotocol twice. Remove one of them." : undefined;
}

/** Checks an option that is a function of a text, or false. */
export function logProblem(value: unknown): string | undefined {
  return value === false || typeof value === "function" ? undefined : "must be a function that takes a text, or false.";
}

/** Checks an option that is a function. */
export function functionProblem(value: unknown): string | undefined {
  return typeof value === "function" ? undefined : "must be a function.";
}

/** Checks a number above 0. */
export function countProblem(usual: number): Check {
  return (value) =>
    typeof value === "number" && value > 0
      ? undefined
      : `is ${show(value)}; it must be a number above 0. The default is ${usual}.`;
}

/** Checks a time in milliseconds. */
export function durationProblem(usual: number): Check {
  const count = countProblem(usual);
  return (value) =>
    count(value) ?? (Number(value) > 0x7fff_ffff ? `is ${show(value)}; timers hold at most 2147483647 ms.` : undefined);
}

/** Checks one of a few values. */
export function oneOf(...choices: readonly (boolean | string)[]): Check {
  const words = choices.map((choice) => JSON.stringify(choice));
  const list = `${words.slice(0, -1).join(", ")} or ${String(words.at(-1))}`;
  return (value) => (choices.some((choice) => choice === value) ? undefined : `is ${show(value)}; it must be ${list}.`);
}

/** Writes a value for a message. */
export function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Whether a value has a method of this name. */
function hasMethod(value: unknown, name: string): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "function";
}

/** Copies options without those that are undefined. */
export function definedOnly<T extends object>(options: T): T {
  const copy = { ...options };
  for (const key of Object.keys(copy)) if (Reflect.get(copy, key) === undefined) Reflect.deleteProperty(copy, key);
  return copy;
}

/** Checks a source of revocations. */
export function revocationsProblem(value: unknown): string | undefined {
  return hasMethod(value, "subscribe")
    ? undefined
    : "must have a subscribe() method, as the object that createTickets() returns has.";
}
