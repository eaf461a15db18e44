import type { TokenSource } from "@wsorigin/core";
import { GateError, type GateIssue, issue } from "./errors.ts";
import { isToken } from "./handshake/validate.ts";
import { type CheckedOptions, defaults, type GuardOptions, type RouteOptions } from "./options.ts";

/** Says what is wrong with the value of an option, as a sentence without a subject: `must be a function.` */
export type Check = (value: unknown) => string | undefined;

const example = 'createPolicy({ origins: ["https://app.example.com"] })';

/** Every option of a route, with its check. The compiler asks for a line here when an option is added. */
const routeChecks = {
  policy: policyProblem,
  protocols: protocolsProblem,
  refuseWith: oneOf("status", "close"),
  maxPayload: (value) =>
    typeof value === "number" && Number.isSafeInteger(value) && value > 0
      ? undefined
      : `is ${show(value)}; it must be a whole number of bytes above 0. The default is ${defaults.maxPayload}.`,
  onExpiring: functionProblem,
  warnBefore: (value) =>
    typeof value === "number" && value >= 0
      ? undefined
      : `is ${show(value)}; it must be milliseconds, 0 or more. The default is ${defaults.warnBefore}.`,
} satisfies Record<keyof RouteOptions, Check>;

/** The same for a gate. */
const gateChecks = {
  ...routeChecks,
  report: policyProblem,
  unrouted: oneOf("filter", "refuse", "pass"),
  deadline: durationProblem(defaults.deadline),
  grace: durationProblem(defaults.grace),
  maxPending: countProblem(defaults.maxPending),
  maxConnections: countProblem(defaults.maxConnections),
  maxConnectionsPerIp: countProblem(defaults.maxConnectionsPerIp),
  maxFailures: failuresProblem,
  maxUnauthenticated: countProblem(defaults.maxUnauthenticated),
  revocations: (value) =>
    hasMethod(value, "subscribe")
      ? undefined
      : "must have a subscribe() method, as the object that createTickets() returns has.",
  explainRoute: oneOf(true, false, "everywhere"),
  closeCodes: oneOf("http", "iana"),
  onDecision: functionProblem,
  onError: functionProblem,
  log: logProblem,
} satisfies Record<keyof GuardOptions, Check>;

/** @throws {GateError} with every problem at once */
export function checkGuardOptions<P>(options: GuardOptions<P>): CheckedOptions<P> {
  if (typeof options !== "object" || options === null)
    throw new GateError([
      issue(
        "option-missing",
        "options",
        `guard() takes the server and an object: guard(server, { policy: ${example} }).`,
      ),
    ]);
  const issues = [...checkEach(options, gateChecks), ...bearerIssues(options.policy, options.protocols ?? [])];
  if (options.policy === undefined)
    issues.push(issue("option-missing", "policy", `\`policy\` is missing. Write policy: ${example} in these options.`));
  if (issues.length > 0) throw new GateError(issues);
  return { ...defaults, ...definedOnly(options) };
}

/**
 * @param gate the gate's options, which a route uses where it has none of its own
 * @throws {GateError} with every problem at once
 */
export function checkRouteOptions<P>(
  path: string,
  options: RouteOptions<P>,
  gate: Pick<CheckedOptions<P>, "policy" | "protocols">,
): void {
  const { policy = gate.policy, protocols = gate.protocols } = options;
  const issues = [...checkEach(options, routeChecks), ...bearerIssues(policy, protocols)];
  if (issues.length > 0)
    throw new GateError(
      issues.map(({ code, entry, message }) => issue(code, entry, `route ${JSON.stringify(path)}: ${message}`)),
    );
}

/** Where a policy looks for its token. A policy that was not made by `createPolicy()` may not say. */
export function sourcesOf(policy: object): readonly TokenSource[] {
  const sources: unknown = Reflect.get(policy, "sources");
  return Array.isArray(sources) ? sources : [];
}

/** Checks the value of each option, and that there is such an option. */
export function checkEach(options: object, checks: Readonly<Record<string, Check>>): GateIssue[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) return [unknownOption(name, checks)];
    const problem = value === undefined ? undefined : check(value);
    return problem === undefined ? [] : [issue("option-invalid", name, `\`${name}\` ${problem}`)];
  });
}

/**
 * Checks that an option holds an object, and that this one has no options that do not exist: a misspelt name would be ignored.
 *
 * @param valid has the names of the options as keys
 */
export function unknownOptions(given: unknown, valid: object, where: string): readonly GateIssue[] {
  if (typeof given !== "object" || given === null)
    return [issue("option-invalid", where, `\`${where}\` is ${JSON.stringify(given)}; it must be an object.`)];
  return Object.keys(given)
    .filter((name) => !Object.hasOwn(valid, name))
    .map((name) => unknownOption(`${where}.${name}`, valid));
}

function unknownOption(entry: string, valid: object): GateIssue {
  const list = Object.keys(valid).join(", ");
  return issue("option-unknown", entry, `Unknown option ${JSON.stringify(entry)}. Valid options: ${list}.`);
}

/** Browsers fail a handshake that offers subprotocols and gets none back, and a token is never sent back. */
function bearerIssues(policy: unknown, protocols: readonly unknown[]): readonly GateIssue[] {
  if (policyProblem(policy) !== undefined || !sourcesOf(Object(policy)).some(({ kind }) => kind === "bearerProtocol"))
    return [];
  if (protocols.length === 0)
    return [
      issue(
        "option-incoherent",
        "protocols",
        '`protocols` is missing, but the policy takes its token from the subprotocols. Write protocols: ["chat.v1"].',
      ),
    ];
  return protocols.some((name) => typeof name === "string" && name.startsWith("bearer."))
    ? [
        issue(
          "option-incoherent",
          "protocols",
          '`protocols` has a name that begins with "bearer.", which marks a token. Rename that subprotocol.',
        ),
      ]
    : [];
}

function policyProblem(value: unknown): string | undefined {
  const fits = hasMethod(value, "decide") && ["enforce", "report"].includes(String(value["mode"]));
  if (fits) return undefined;
  const isOptions = typeof value === "object" && value !== null && ("origins" in value || "sameHost" in value);
  const what = isOptions ? " These are its options." : "";
  return `must be created with createPolicy().${what} Write ${example}.`;
}

function protocolsProblem(value: unknown): string | undefined {
  if (!Array.isArray(value)) return 'must be a list, such as ["chat.v1"].';
  const bad: unknown = value.find((name) => typeof name !== "string" || !isToken(name));
  if (bad !== undefined)
    return `has the entry ${JSON.stringify(bad)}, which is not a token (RFC 9110 section 5.6.2: letters, digits and !#$%&'*+-.^_\`|~).`;
  return new Set(value).size < value.length ? "lists a subprotocol twice. Remove one of them." : undefined;
}

function failuresProblem(value: unknown): string | undefined {
  const read = (name: string): unknown => (typeof value === "object" && value !== null ? Reflect.get(value, name) : 0);
  if (!(Number(read("count")) > 0 && Number(read("seconds")) > 0))
    return "must be { count, seconds }, both above 0, such as { count: 20, seconds: 60 }.";
  const limiter = read("limiter");
  return limiter === undefined || typeof limiter === "function"
    ? undefined
    : "must have a function as its `limiter`: (options) => new RateLimiterRedis({ ...options, storeClient }). With a client of redis (node-redis), add useRedisPackage: true.";
}

export function logProblem(value: unknown): string | undefined {
  return value === false || typeof value === "function" ? undefined : "must be a function that takes a text, or false.";
}

export function functionProblem(value: unknown): string | undefined {
  return typeof value === "function" ? undefined : "must be a function.";
}

function countProblem(usual: number): Check {
  return (value) =>
    typeof value === "number" && value > 0
      ? undefined
      : `is ${show(value)}; it must be a number above 0. The default is ${usual}.`;
}

function durationProblem(usual: number): Check {
  const count = countProblem(usual);
  return (value) =>
    count(value) ?? (Number(value) > 0x7fff_ffff ? `is ${show(value)}; timers hold at most 2147483647 ms.` : undefined);
}

function oneOf(...choices: readonly (boolean | string)[]): Check {
  const words = choices.map((choice) => JSON.stringify(choice));
  const list = `${words.slice(0, -1).join(", ")} or ${String(words.at(-1))}`;
  return (value) => (choices.some((choice) => choice === value) ? undefined : `is ${show(value)}; it must be ${list}.`);
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function hasMethod(value: unknown, name: string): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "function";
}

function definedOnly<T extends object>(options: T): T {
  const copy = { ...options };
  for (const key of Object.keys(copy)) if (Reflect.get(copy, key) === undefined) Reflect.deleteProperty(copy, key);
  return copy;
}
