import type { Finding, Rule, Severity } from "../../finding.ts";
import { innerBlocks, type Location, type Model, named, type Scope } from "./model.ts";
import { gapFor, headersOf, lineOf, type Setting, settingOf, upstreamOf } from "./settings.ts";
import type { Directive } from "./parse.ts";
import { at, inPlaceOf, inside } from "./show.ts";
import type { Subject } from "./subjects.ts";

/** One location while it is checked: what is known of it, and what was found. */
export class Context {
  readonly model: Model;
  readonly subject: Subject;
  readonly location: Location;
  readonly scope: Scope;
  /** The `proxy_set_header` lines that hold. */
  readonly headers: Setting | undefined;
  readonly findings: Finding[] = [];
  readonly #gaps: Directive[] = [];

  constructor(model: Model, subject: Subject) {
    this.model = model;
    this.subject = subject;
    this.location = subject.location;
    this.scope = subject.location.scope;
    this.headers = settingOf(this.scope, "proxy_set_header");
  }

  /** The `include` that was not read and that an answer would depend on. */
  get gap(): Directive | undefined {
    return this.#gaps[0];
  }

  /** Whether this is set, or may be set in a file that was not read: then nothing can be said of its absence. */
  unclear(name: string): boolean {
    const gap = gapFor(this.scope, name);
    if (gap !== undefined) this.#gaps.push(gap);
    return gap !== undefined;
  }

  add(rule: Rule, line: Directive | undefined, fix: readonly string[], severity?: Severity): void {
    const where = line ?? this.scope.owner ?? this.location.proxyPass;
    if (where === undefined) return;
    const finding = at(rule, where, fix);
    this.findings.push(severity === undefined ? finding : { ...finding, severity });
  }

  /** In the block whose headers hold: a line elsewhere would cancel them. */
  besideHeaders(lines: readonly string[]): readonly string[] {
    return [inside(this.headers?.scope ?? this.scope), ...lines];
  }

  inLocation(lines: readonly string[]): readonly string[] {
    return [inside(this.scope), ...lines];
  }

  /** In place of the line where the location has it, in the location where it is inherited. */
  overriding(line: Directive, right: string): readonly string[] {
    return this.scope.directives.includes(line) ? inPlaceOf(line, right) : this.inLocation([right]);
  }

  header(name: string): Directive | undefined {
    return this.headers === undefined ? undefined : headersOf(this.headers).get(name);
  }

  line(name: string): Directive | undefined {
    return lineOf(this.scope, name);
  }

  /** The upstream's own line: ordinary requests share connections. */
  keepalive(): Directive | undefined {
    const host = hostOf(this.location.proxyPass?.args[0] ?? "");
    return upstreamOf(this.model, host)?.block?.find(({ name }) => name === "keepalive");
  }

  isSet(variable: string): boolean {
    for (let at: Scope | undefined = this.scope; at !== undefined; at = at.parent)
      if (settersOf(at).has(variable.toLowerCase())) return true;
    return false;
  }

  /** What a variable is set to, where that is a fixed text. */
  resolved(host: string): string {
    if (!host.startsWith("$")) return host;
    for (let at: Scope | undefined = this.scope; at !== undefined; at = at.parent) {
      const setter = settersOf(at).get(host.toLowerCase());
      if (setter?.args[1] !== undefined) return hostOf(setter.args[1]);
    }
    return host;
  }
}

const setterNames = ["set", "auth_request_set", "js_set", "perl_set", "geo", "split_clients"];
const setters = new WeakMap<readonly Directive[], ReadonlyMap<string, Directive>>();

/** The lines of a block, and of the `if` blocks in it, that give variables a value (`map` aside), by what they name. */
function settersOf(scope: Scope): ReadonlyMap<string, Directive> {
  const known = setters.get(scope.directives);
  if (known !== undefined) return known;
  const found = new Map<string, Directive>();
  for (const { directives } of [scope, ...innerBlocks(scope)])
    for (const line of setterNames.flatMap((name) => named(directives, name)))
      for (const argument of line.args.filter((argument) => !found.has(argument.toLowerCase())))
        found.set(argument.toLowerCase(), line);
  setters.set(scope.directives, found);
  return found;
}

export function hostOf(target: string): string {
  const rest = target.replace(/^\w+:\/\//, "");
  if (rest.startsWith("[")) return rest.slice(0, rest.indexOf("]") + 1);
  return rest.replace(/[:/?].*$/s, "");
}

/** A value that a tool such as `envsubst` puts in before nginx sees the file: `${BACKEND}`. nginx's own variables are in lower case. */
export function hasPlaceholder(value: string): boolean {
  return /\$(?:\{[A-Z][A-Z0-9_]*\}|[A-Z][A-Z0-9_]+)/.test(value);
}
