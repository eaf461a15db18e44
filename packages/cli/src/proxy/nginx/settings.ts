import type { Model, Scope } from "./model.ts";
import { named } from "./model.ts";
import type { Directive } from "./parse.ts";

/** A setting's lines, and where they stand. */
export interface Setting {
  readonly scope: Scope;
  readonly lines: readonly Directive[];
}

/** The lines that hold for a scope: those of the nearest block that has any. All of the outer ones are then void. */
export function settingOf(scope: Scope, name: string): Setting | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const lines = named(at.directives, name);
    if (lines.length > 0) return { scope: at, lines };
  }
  return undefined;
}

/** The line that holds, of a setting that there is one of. */
export function lineOf(scope: Scope, name: string): Directive | undefined {
  return settingOf(scope, name)?.lines.at(-1);
}

/** What a `map` makes of a value; `undefined` where nothing is said of it, which makes it empty. */
export function mapped(map: Directive, value: string): string {
  let fallback = "";
  let regex: string | undefined;
  for (const { name, args } of map.block ?? []) {
    const [result = ""] = args;
    if (name === "default") fallback = result;
    else if (name.startsWith("~")) {
      if (regex === undefined && mapExpression(name)?.test(value) === true) regex = result;
    } else if (name.replace(/^\\/, "").toLowerCase() === value.toLowerCase()) return result;
  }
  return regex ?? fallback;
}

function mapExpression(name: string): RegExp | undefined {
  const insensitive = name.startsWith("~*");
  try {
    return new RegExp(name.slice(insensitive ? 2 : 1), insensitive ? "i" : "");
  } catch {
    return undefined;
  }
}

/** The `map` that sets this variable. */
export function mapOf({ maps }: Model, variable: string): Directive | undefined {
  return maps.get(variable.toLowerCase());
}

const headers = new WeakMap<readonly Directive[], ReadonlyMap<string, Directive>>();

/** The lines of a `proxy_set_header` setting by the header's name, in lower case; of two the last. */
export function headersOf({ lines }: Setting): ReadonlyMap<string, Directive> {
  const known = headers.get(lines);
  if (known !== undefined) return known;
  const found = new Map(lines.map((line) => [(line.args[0] ?? "").toLowerCase(), line] as const));
  headers.set(lines, found);
  return found;
}

/**
 * The `include` that was not read and that may set this: in the scope, or in one around it that is nearer than the lines that are known. Headers of
 * one block add up, so one beside the known lines counts too.
 */
export function gapFor(scope: Scope, name: string): Directive | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const known = named(at.directives, name).length > 0;
    const [gap] = named(at.directives, "include");
    if (gap !== undefined && (!known || name === "proxy_set_header")) return gap;
    if (known) return undefined;
  }
  return undefined;
}

/** The first `include` that was not read, in the scope or around it. */
export function gapAround(scope: Scope): Directive | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const [gap] = named(at.directives, "include");
    if (gap !== undefined) return gap;
  }
  return undefined;
}

/** The `upstream` block of this name. */
export function upstreamOf({ upstreams }: Model, name: string): Directive | undefined {
  return upstreams.get(name);
}
