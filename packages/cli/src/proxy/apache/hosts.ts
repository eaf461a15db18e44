import { type ApacheLine, conditionsOf, type Container } from "./parse.ts";

/** A virtual host, or the main server. */
export interface Host {
  readonly container: Container | undefined;
  /** Its own lines, in order. */
  readonly lines: readonly ApacheLine[];
  /** Those of the main server, which hold where it has none. */
  readonly outer: readonly ApacheLine[];
}

/** What passes requests on: a ProxyPass, a ProxyPassMatch, or a RewriteRule with [P]. */
export interface Route {
  readonly host: Host;
  readonly line: ApacheLine;
  readonly kind: "prefix" | "expression" | "rewrite";
  readonly path: string;
  readonly target: string;
  /** `upgrade=websocket`, `timeout=30`, by their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
  /** The `<Location>` that it stands in. */
  readonly location: Container | undefined;
  /** The RewriteCond lines before it. */
  readonly conditions: readonly ApacheLine[];
}

export function hostsOf(lines: readonly ApacheLine[]): readonly Host[] {
  const own = new Map<Container | undefined, ApacheLine[]>();
  for (const line of lines) {
    const container = line.within.find(({ name }) => name === "virtualhost");
    const same = own.get(container);
    if (same === undefined) own.set(container, [line]);
    else same.push(line);
  }
  const outer = own.get(undefined) ?? [];
  return [...own].map(([container, each]) => ({ container, lines: each, outer: container === undefined ? [] : outer }));
}

export function routesOf(host: Host): readonly Route[] {
  const routes: Route[] = [];
  let conditions: ApacheLine[] = [];
  for (const line of host.lines) {
    if (line.name === "rewritecond") conditions.push(line);
    else if (line.name === "rewriterule") {
      const [path = "", target = "", flags = ""] = line.args;
      const proxied = /^\[(?:.*,)?\s*(?:P|proxy)\s*(?:,.*)?\]$/i.test(flags);
      if (proxied)
        routes.push({
          host,
          line,
          kind: "rewrite",
          path,
          target,
          parameters: new Map(),
          location: locationOf(line),
          conditions,
        });
      conditions = [];
    } else if (line.name === "proxypass" || line.name === "proxypassmatch") routes.push(passOf(host, line));
  }
  return routes;
}

function passOf(host: Host, line: ApacheLine): Route {
  const location = locationOf(line);
  const inLocation =
    location !== undefined && (/^(?:\w+:|!|balancer)/.test(line.args[0] ?? "") || line.args.length === 1);
  const [path = "/", target = ""] = inLocation ? [location.args.at(-1), line.args[0]] : line.args;
  const parameters = new Map(
    line.args.slice(inLocation ? 1 : 2).flatMap((word) => {
      const at = word.indexOf("=");
      return at === -1 ? [] : [[word.slice(0, at).toLowerCase(), word.slice(at + 1)] as const];
    }),
  );
  const expression = line.name === "proxypassmatch" || location?.name === "locationmatch" || location?.args[0] === "~";
  return { host, line, kind: expression ? "expression" : "prefix", path, target, parameters, location, conditions: [] };
}

function locationOf(line: ApacheLine): Container | undefined {
  return conditionsOf(line).findLast(({ name }) => name === "location" || name === "locationmatch");
}

/** Whether a route takes requests for a path. An expression that JavaScript cannot read is taken for no match. */
export function takes({ kind, path }: Pick<Route, "kind" | "path">, wanted: string): boolean {
  if (kind === "prefix") return wanted === path || wanted.startsWith(path.endsWith("/") ? path : `${path}/`);
  try {
    const expression = new RegExp(path.startsWith("!") ? path.slice(1) : path);
    return expression.test(wanted) || expression.test(wanted.slice(1));
  } catch {
    return false;
  }
}

/** The lines of a name that hold for a route, those of the main server last. Lines in containers for other paths are left out. */
export function settingsFor({ host, path, kind }: Route, name: string): readonly ApacheLine[] {
  const holds = (line: ApacheLine) =>
    line.name === name && conditionsOf(line).every((container) => covers(container, path, kind));
  const own = host.lines.filter(holds);
  return own.length > 0 ? own : host.outer.filter(holds);
}

function covers({ name, args }: Container, path: string, kind: Route["kind"]): boolean {
  if (name === "virtualhost") return true;
  const wanted = kind === "prefix" ? path : path.replace(/^\^/, "").replace(/[.*$(?[\\].*$/, "");
  if (name === "location")
    return args[0] === "~" ? false : takes({ kind: "prefix", path: args[0] ?? "/" }, wanted === "" ? "/" : wanted);
  return name === "locationmatch" ? takes({ kind: "expression", path: args[0] ?? "" }, wanted) : false;
}
