import { quote, show } from "../explain/text.ts";
import { sourceProblem, type TokenSource } from "../token/sources.ts";
import type { TokenOptions } from "../token/token.ts";
import type { Read } from "./entry.ts";
import { PolicyError, type PolicyIssue, type PolicyIssueCode } from "./errors.ts";
import { readHostEntry } from "./host-entry.ts";
import { type CheckedOptions, type PolicyOptions, policyOptions, tokenOptions } from "./options.ts";
import { readInsecureEntries, reportUnlisted } from "./insecure-entries.ts";
import { readOriginEntry } from "./origin-entry.ts";
import { splitList } from "./split-list.ts";

/** @throws {PolicyError} with every problem of the options at once */
export function checkOptions<P>(options: PolicyOptions<P>): CheckedOptions<P> {
  const issues: PolicyIssue[] = [];
  const report: Report = (code, entry, message) => void issues.push({ code, entry, message });
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    report(
      "option-invalid",
      "options",
      'createPolicy takes an object: createPolicy({ origins: ["https://app.example.com"] }).',
    );
    throw new PolicyError(issues);
  }

  reportUnknown(options, policyOptions, "", report);
  const choose: Choose = (name, value, choices) => {
    const found = value === undefined ? choices[0] : choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    report(
      "option-invalid",
      name,
      `${name}: ${show(value)} is invalid. Write ${choices.map((choice) => show(choice)).join(" or ")}.`,
    );
    return choices[0];
  };
  const list = <T>(name: "origins" | "hosts", value: unknown, read: (entry: unknown) => Read<T>): readonly T[] => {
    if (!Array.isArray(value)) {
      const what = value === "*" ? "would match everything" : "is not a list";
      report("option-invalid", name, `${name}: ${show(value)} ${what}. ${listToWrite(name, value, read)}`);
      return [];
    }
    const values: T[] = [];
    for (const entry of value) {
      const result = read(entry);
      if ("issue" in result) issues.push(result.issue);
      else values.push(result.value);
    }
    return values;
  };

  const sameHost = choose("sameHost", options.sameHost, [false, true]);
  const addIssue = (issue: PolicyIssue): void => void issues.push(issue);
  const insecure = readInsecureEntries(options.dangerouslyAllowInsecureOrigins, addIssue);
  const opaqueOrigin = choose("opaqueOrigin", options.opaqueOrigin, ["deny", "dangerously-allow"]);
  const mode = choose("mode", options.mode, ["enforce", "report"]);
  const missingOrigin = choose("missingOrigin", options.missingOrigin, ["deny", "allow", "token"]);
  const token = checkToken(options.token, report, choose);
  const has = (...kinds: readonly TokenSource["kind"][]): boolean =>
    token?.from.some(({ kind }) => kinds.includes(kind)) === true;
  if (missingOrigin === "token" && !has("bearerHeader")) {
    report(
      "option-incoherent",
      "missingOrigin",
      'missingOrigin: "token" needs a token from the Authorization header: browsers cannot set it. Write token: { from: [bearerHeader()], verify }, or missingOrigin: "deny".',
    );
  }
  if (has("cookie") && (missingOrigin === "allow" || opaqueOrigin === "dangerously-allow")) {
    const which = missingOrigin === "allow" ? 'missingOrigin: "allow"' : 'opaqueOrigin: "dangerously-allow"';
    report(
      "option-incoherent",
      "token",
      `token.from: cookie() needs an Origin rule, and ${which} allows handshakes without one: browsers send the cookie for every page. Remove ${which}, or use another token source.`,
    );
  }
  const directory = options.directory;
  if (
    directory !== undefined &&
    (typeof directory !== "object" || directory === null || typeof directory.has !== "function")
  ) {
    report(
      "option-invalid",
      "directory",
      `directory: ${show(directory)} has no has() method. Write directory: { has: async (origin, signal) => ... }.`,
    );
  }
  const origins =
    options.origins === undefined ? [] : list("origins", options.origins, (entry) => readOriginEntry(entry, insecure));
  if (Array.isArray(options.origins)) reportUnlisted(insecure, origins, addIssue);
  if (options.origins === undefined && !sameHost && directory === undefined) {
    report(
      "option-missing",
      "origins",
      'origins is missing: it lists the pages that may open a socket. Write origins: ["https://app.example.com"], or [] to allow none.',
    );
  }
  const hosts = options.hosts === undefined ? undefined : list("hosts", options.hosts, readHostEntry);
  if (sameHost && options.hosts === undefined) {
    report(
      "option-incoherent",
      "sameHost",
      'sameHost: true needs hosts: with DNS rebinding, any page can match its own Host. Write hosts: ["api.example.com"] with the names of this server.',
    );
  }
  if (issues.length > 0) throw new PolicyError(issues);
  return {
    origins,
    hosts,
    directory,
    sameHost,
    missingOrigin,
    token,
    opaqueOrigin,
    insecureToo: insecure === true,
    mode,
  };
}

type Report = (code: PolicyIssueCode, entry: string, message: string) => void;
type Choose = <const T>(name: string, value: unknown, choices: readonly [T, ...T[]]) => T;

const examples = { origins: "https://app.example.com", hosts: "api.example.com" };

/** What to write instead of a value that is not a list. One text with several entries is often an environment variable. */
function listToWrite(name: keyof typeof examples, value: unknown, read: (entry: unknown) => Read<unknown>): string {
  const parts = typeof value === "string" ? splitList(value) : [];
  const results = parts.map((part) => ({ part, result: read(part) }));
  const entries = results.flatMap(({ part, result }) => ("value" in result ? part : (result.instead ?? [])));
  if (entries.length === 0)
    return `Write ${name}: [${quote(examples[name])}] with your own ${name}, or [] to allow none.`;
  const unchanged = results.every(({ result }) => "value" in result);
  const variable = unchanged ? ` If it comes from an environment variable, write ${name}: splitList(value).` : "";
  return `Write ${name}: [${entries.map((entry) => quote(entry)).join(", ")}].${variable}`;
}

function checkToken<P>(
  given: TokenOptions<P> | undefined,
  report: Report,
  choose: Choose,
): TokenOptions<P> | undefined {
  if (given === undefined) return undefined;
  const example = "token: { from: [bearerHeader()], verify: async (token) => grant({ principal }) }";
  if (typeof given !== "object" || given === null) {
    report("option-invalid", "token", `token: ${show(given)} is invalid. Write ${example}.`);
    return undefined;
  }
  reportUnknown(given, tokenOptions, "token.", report);
  if (typeof given.verify !== "function")
    report("option-missing", "token.verify", `token.verify is missing, or not a function. Write ${example}.`);
  if (!Array.isArray(given.from) || given.from.length === 0)
    report("option-missing", "token.from", `token.from is missing, or not a list of sources. Write ${example}.`);
  const listed: readonly TokenSource[] = Array.isArray(given.from) ? given.from : [];
  const from = listed.filter((source, index) => {
    const problem = sourceProblem(source);
    if (problem !== undefined) report("option-invalid", `token.from[${index}]`, `token.from[${index}]: ${problem}`);
    return problem === undefined;
  });
  const names = from.map((source) => JSON.stringify(source, ["kind", "name"]));
  if (new Set(names).size < names.length)
    report(
      "option-invalid",
      "token.from",
      "token.from lists a source twice: every token would be ambiguous. Remove one.",
    );
  const required = choose("token.required", given.required, [true, false]);
  return { from, verify: (token, context) => given.verify(token, context), required };
}

/** Reports each option that does not exist, with those that do. */
function reportUnknown(given: object, table: object, prefix: string, report: Report): void {
  const names = Object.keys(table);
  for (const key of Object.keys(given)) {
    if (names.includes(key)) continue;
    const near = names.find((name) => name.toLowerCase().startsWith(key.slice(0, 4).toLowerCase()));
    const hint = near === undefined ? "" : ` Did you mean ${quote(prefix + near)}?`;
    const valid = `Valid options: ${names.join(", ")}.`;
    report("option-unknown", prefix + key, `Unknown option ${quote(prefix + key)}.${hint} ${valid}`);
  }
}
