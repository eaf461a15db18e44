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
  /** The `map` blocks by the variable that they set, and the `upstream` blocks by their names. */
  readonly maps: ReadonlyMap<string, Directive>;
  readonly upstreams: ReadonlyMap<string, Directive>;
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
  const servers = named(http.directives, "server")
    .filter(isBlock("server"))
    .map((owner) => serverOf(owner, owner.block ?? [], http));
  // Locations outside of any server: a snippet that a server includes.
  if (block === undefined && named(http.directives, "location").some(isBlock("location")))
    servers.push(serverOf(undefined, http.directives, { ...http, directives: [] }));
  else if (block === undefined && servers.length === 0 && named(http.directives, "proxy_pass").length > 0)
    servers.push(loneLocation(http));
  const maps = firstBy(named(http.directives, "map"), ({ args }) => args[1]?.toLowerCase());
  const upstreams = firstBy(named(http.directives, "upstream"), ({ args }) => args[0]);
  return { http, whole: block !== undefined && complete, servers, maps, upstreams };
}

/** The blocks by their keys; the first one of a key counts. */
function firstBy(blocks: readonly Directive[], keyOf: (block: Directive) => string | undefined) {
  const found = new Map<string, Directive>();
  for (const each of blocks) {
    const key = keyOf(each);
    if (each.block !== undefined && key !== undefined && !found.has(key)) found.set(key, each);
  }
  return found;
}

const indexes = new WeakMap<readonly Directive[], ReadonlyMap<string, readonly Directive[]>>();

/** A block's directives of one name, blocks too. A block may hold thousands, and is asked for by each of them: they are sorted once. */
export function named(directives: readonly Directive[], name: string): readonly Directive[] {
  const index = indexes.get(directives) ?? indexOf(directives);
  indexes.set(directives, index);
  return index.get(name) ?? [];
}

function indexOf(directives: readonly Directive[]): ReadonlyMap<string, readonly Directive[]> {
  const index = new Map<string, Directive[]>();
  for (const each of directives) {
    const same = index.get(each.name);
    if (same === undefined) index.set(each.name, [each]);
    else same.push(each);
  }
  return index;
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
  return named(parent.directives, "location")
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
    named(scope.directives, kind)
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
