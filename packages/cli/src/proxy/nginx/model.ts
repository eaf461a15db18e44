import type { Directive } from "./parse.ts";

/** A block whose settings hold for what is in it, unless that says otherwise. */
export interface Scope {
  readonly kind: "http" | "server" | "location" | "if" | "limit_except";
  /** The block's own line; `undefined` for the file as a whole. */
  readonly owner: Directive | undefined;
  readonly directives: readonly Directive[];
  readonly parent: Scope | undefined;
}

export interface Server {
  readonly scope: Scope;
  readonly locations: readonly Location[];
}

export interface Location {
  readonly scope: Scope;
  readonly server: Server;
  readonly modifier: "" | "=" | "^~" | "~" | "~*" | "@";
  readonly path: string;
  readonly nested: readonly Location[];
  /** Its own `proxy_pass`, or that of an `if` in it. */
  readonly proxyPass: Directive | undefined;
}

/** What the files say, as nginx takes it. */
export interface Model {
  readonly http: Scope;
  /** There is an `http` block, and nothing that belongs in it stands in a file that was not read. */
  readonly whole: boolean;
  readonly servers: readonly Server[];
}

/**
 * Makes a model of a whole configuration, of a file of `sites-enabled`, or of a snippet that holds locations or only settings.
 *
 * @param complete whether all that it includes was read
 */
export function modelOf(directives: readonly Directive[], complete: boolean): Model {
  const block = directives.find(({ name, block }) => name === "http" && block !== undefined);
  const http: Scope = {
    kind: "http",
    owner: block,
    directives: block?.block ?? directives,
    parent: undefined,
  };
  const servers = http.directives.filter(isBlock("server")).map((owner) => serverOf(owner, owner.block ?? [], http));
  // Locations outside of any server: a snippet that a server includes.
  if (block === undefined && http.directives.some(isBlock("location")))
    servers.push(serverOf(undefined, http.directives, { ...http, directives: [] }));
  else if (block === undefined && servers.length === 0 && http.directives.some(({ name }) => name === "proxy_pass"))
    servers.push(loneLocation(http));
  return { http, whole: block !== undefined && complete, servers };
}

function isBlock(wanted: string) {
  return ({ name, block }: Directive): boolean => name === wanted && block !== undefined;
}

function serverOf(owner: Directive | undefined, directives: readonly Directive[], parent: Scope): Server {
  const scope: Scope = { kind: "server", owner, directives, parent };
  const locations: Location[] = [];
  const server: Server = { scope, locations };
  locations.push(...locationsOf(scope, server));
  return server;
}

function locationsOf(parent: Scope, server: Server): readonly Location[] {
  return parent.directives
    .filter(isBlock("location"))
    .map((owner) => locationOf({ kind: "location", owner, directives: owner.block ?? [], parent }, server));
}

/** The inside of a location: settings that a location includes. */
function loneLocation(http: Scope): Server {
  const scope: Scope = { kind: "server", owner: undefined, directives: [], parent: { ...http, directives: [] } };
  const locations: Location[] = [];
  const server: Server = { scope, locations };
  locations.push(locationOf({ ...http, kind: "location", parent: scope }, server));
  return server;
}

function locationOf(scope: Scope, server: Server): Location {
  const { modifier, path } = patternOf(scope.owner?.args ?? []);
  const proxyPass =
    scope.directives.find(({ name }) => name === "proxy_pass") ??
    innerBlocks(scope)
      .flatMap(({ directives }) => directives)
      .find(({ name }) => name === "proxy_pass");
  return { scope, server, modifier, path, nested: locationsOf(scope, server), proxyPass };
}

/** `location =/ws` and `location ~\.php$` are right too. */
function patternOf(args: readonly string[]): Pick<Location, "modifier" | "path"> {
  const [first = "/", second] = args;
  for (const modifier of ["=", "^~", "~*", "~"] as const) {
    if (first === modifier) return { modifier, path: second ?? "" };
    if (first.startsWith(modifier)) return { modifier, path: first.slice(modifier.length) };
  }
  return first.startsWith("@") ? { modifier: "@", path: first } : { modifier: "", path: first };
}

/** The `if` and `limit_except` blocks of a location. */
export function innerBlocks(scope: Scope): readonly Scope[] {
  return (["if", "limit_except"] as const).flatMap((kind) =>
    scope.directives
      .filter(isBlock(kind))
      .map((owner) => ({ kind, owner, directives: owner.block ?? [], parent: scope })),
  );
}

/** All locations of a server, nested ones after the one that they are in. */
export function allLocations({ locations }: Server): readonly Location[] {
  return locations.flatMap(withNested);
}

function withNested(location: Location): readonly Location[] {
  return [location, ...location.nested.flatMap(withNested)];
}

/** A setting's lines, and where they stand. */
export interface Setting {
  readonly scope: Scope;
  readonly lines: readonly Directive[];
}

/** The lines that hold for a scope: those of the nearest block that has any. All of the outer ones are then void. */
export function settingOf(scope: Scope, name: string): Setting | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const lines = at.directives.filter((directive) => directive.name === name && directive.block === undefined);
    if (lines.length > 0) return { scope: at, lines };
  }
  return undefined;
}

/** The line that holds, of a setting that there is one of. */
export function lineOf(scope: Scope, name: string): Directive | undefined {
  return settingOf(scope, name)?.lines.at(-1);
}

/** What a server does with a request for a path. */
export type Match =
  | { readonly kind: "location"; readonly location: Location }
  /** `/ws`, where there is only a `/ws/` with a `proxy_pass`: nginx itself answers 301. */
  | { readonly kind: "slash"; readonly location: Location }
  | { readonly kind: "none" };

/** Chooses the location by nginx's rules: exact, then the longest prefix, unless a regular expression matches and it is not `^~`. */
export function match(server: Server, path: string): Match {
  return matchIn(server.locations, path) ?? { kind: "none" };
}

function matchIn(locations: readonly Location[], path: string): Match | undefined {
  const exact = locations.find(({ modifier, path: own }) => modifier === "=" && own === path);
  if (exact !== undefined) return { kind: "location", location: exact };
  const prefixes = locations.filter(({ modifier }) => modifier === "" || modifier === "^~");
  const slash = prefixes.find(({ path: own, proxyPass }) => own === `${path}/` && proxyPass !== undefined);
  if (slash !== undefined && !prefixes.some(({ path: own }) => own === path)) return { kind: "slash", location: slash };
  const longest = prefixes
    .filter(({ path: own }) => path.startsWith(own))
    .reduce<Location | undefined>(
      (best, next) => (next.path.length > (best?.path.length ?? -1) ? next : best),
      undefined,
    );
  const nested = longest === undefined ? undefined : matchIn(longest.nested, path);
  if (nested?.kind === "slash" || (nested?.kind === "location" && nested.location.modifier !== "")) return nested;
  if (longest?.modifier !== "^~" && nested === undefined) {
    const regex = locations.find((location) => matchesRegex(location, path));
    if (regex !== undefined) return matchIn(regex.nested, path) ?? { kind: "location", location: regex };
  }
  return nested ?? (longest === undefined ? undefined : { kind: "location", location: longest });
}

/** nginx's expressions are PCRE. One that JavaScript cannot read is taken for no match. */
function matchesRegex({ modifier, path }: Location, target: string): boolean {
  if (modifier !== "~" && modifier !== "~*") return false;
  try {
    return new RegExp(path.replace(/^\(\?i\)/, ""), modifier === "~*" || path.startsWith("(?i)") ? "i" : "").test(
      target,
    );
  } catch {
    return false;
  }
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
export function mapOf({ http }: Model, variable: string): Directive | undefined {
  return http.directives.find(
    ({ name, args, block }) =>
      name === "map" && block !== undefined && args[1]?.toLowerCase() === variable.toLowerCase(),
  );
}

/** The `upstream` block of this name. */
export function upstreamOf({ http }: Model, name: string): Directive | undefined {
  return http.directives.find((directive) => isBlock("upstream")(directive) && directive.args[0] === name);
}
