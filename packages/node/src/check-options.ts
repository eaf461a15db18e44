import {
  bearerIssues,
  type Check,
  checkEach,
  countProblem,
  definedOnly,
  durationProblem,
  examplePolicy,
  functionProblem,
  logProblem,
  oneOf,
  policyProblem,
  protocolsProblem,
  revocationsProblem,
  show,
  unknownOption,
} from "@wsorigin/core/gate";
import { GateError, type GateIssue, issue } from "./errors.ts";
import { type CheckedOptions, defaults, type GuardOptions, type RouteOptions } from "./options.ts";

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
  revocations: revocationsProblem,
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
        `guard() takes the server and an object: guard(server, { policy: ${examplePolicy} }).`,
      ),
    ]);
  const issues: GateIssue[] = [
    ...checkEach(options, gateChecks),
    ...bearerIssues(options.policy, options.protocols ?? []),
  ];
  if (options.policy === undefined)
    issues.push(
      issue("option-missing", "policy", `\`policy\` is missing. Write policy: ${examplePolicy} in these options.`),
    );
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

function failuresProblem(value: unknown): string | undefined {
  const read = (name: string): unknown => (typeof value === "object" && value !== null ? Reflect.get(value, name) : 0);
  if (!(Number(read("count")) > 0 && Number(read("seconds")) > 0))
    return "must be { count, seconds }, both above 0, such as { count: 20, seconds: 60 }.";
  const limiter = read("limiter");
  return limiter === undefined || typeof limiter === "function"
    ? undefined
    : "must have a function as its `limiter`: (options) => new RateLimiterRedis({ ...options, storeClient }). With a client of redis (node-redis), add useRedisPackage: true.";
}
