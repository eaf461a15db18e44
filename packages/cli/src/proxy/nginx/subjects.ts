import type { Finding } from "../../finding.ts";
import { connectionVariable, isRedirect } from "./connection.ts";
import { match } from "./match.ts";
import { allLocations, innerBlocks, type Location, type Model, named, type Scope, type Server } from "./model.ts";
import { gapAround, headersOf, settingOf } from "./settings.ts";
import type { Directive } from "./parse.ts";
import { nginxRules } from "./rules.ts";
import { at, shown } from "./show.ts";

/** A location to check, and how sure it is that sockets go through it. */
export interface Subject {
  readonly location: Location;
  readonly sure: boolean;
  /** It is there for the socket alone: a path such as `/ws`, or the very path that was asked for. */
  readonly dedicated: boolean;
}

/** Paths that serve nothing but a socket, by their names. */
const socketPath = /(?:^|[/_.-])(?:ws|wss|sockets?|websockets?|cable|live)(?=$|[/_.$)?([-])/i;
/** Paths that serve a socket beside ordinary requests. */
const mixedPath = /(?:^|[/_.-])(?:socket\.io|sockjs|engine\.io|hubs?|signalr|graphql|subscriptions)(?=$|[/_.$)?([-])/i;

function looksDedicated({ path }: Location): boolean {
  return socketPath.test(path) && !mixedPath.test(path);
}

/** The locations to check where no path was given: those that look like a socket's, or all that pass requests on. */
export function subjectsOf(model: Model): readonly Subject[] {
  const proxied = model.servers
    .flatMap(allLocations)
    .filter(({ proxyPass, scope }) => proxyPass !== undefined || named(scope.directives, "include").length > 0);
  const sure = proxied.filter(
    (location) =>
      mentionsUpgrade(location.scope) ||
      (location.modifier !== "@" && (looksDedicated(location) || mixedPath.test(location.path))),
  );
  return (sure.length > 0 ? sure : proxied).map((location) => ({
    location,
    sure: sure.length > 0,
    dedicated: looksDedicated(location),
  }));
}

function mentionsUpgrade(scope: Scope): boolean {
  const own = [scope, ...innerBlocks(scope)].flatMap(({ directives }) => directives);
  if (own.some(({ name, args }) => name === "proxy_set_header" && args[0]?.toLowerCase() === "upgrade")) return true;
  const setting = settingOf(scope, "proxy_set_header");
  return setting !== undefined && headersOf(setting).has("upgrade");
}

export interface Chosen {
  readonly subjects: readonly Subject[];
  readonly findings: readonly Finding[];
  /** The `include` that was not read and that may hold the path's location. */
  readonly gap?: Directive;
}

/** The location that each server chooses for the path, and what is wrong where none passes it on. */
export function chosenBy(model: Model, path: string): Chosen {
  const subjects: Subject[] = [];
  const findings: Finding[] = [];
  const others: Finding[] = [];
  const unclear: Scope[] = [];
  for (const server of model.servers) {
    const redirect = server.scope.directives.find(isRedirect);
    const found = match(server, path);
    if (redirect !== undefined) {
      others.push(
        at(nginxRules.redirected, redirect, [
          `# let clients use the URL that this leads to: ${redirect.args.at(-1) ?? ""}`,
        ]),
      );
    } else if (found.kind === "slash") {
      const { owner } = found.location.scope;
      if (owner !== undefined)
        findings.push(at(nginxRules.redirected, owner, [`# in place of line ${owner.line}`, `location ${path} {`]));
      subjects.push({ location: found.location, sure: true, dedicated: true });
    } else if (found.kind === "location") {
      const { location } = found;
      const { owner } = location.scope;
      if (location.proxyPass !== undefined)
        subjects.push({
          location,
          sure: true,
          dedicated: looksDedicated(location) || (path !== "/" && withoutSlash(location.path) === withoutSlash(path)),
        });
      else if (owner !== undefined) {
        const redirect = location.scope.directives.find(isRedirect);
        unclear.push(location.scope);
        others.push(
          redirect === undefined
            ? at(nginxRules.notProxied, owner, newLocation(model, path, server))
            : at(nginxRules.redirected, redirect, newLocation(model, path, server)),
        );
      }
    }
  }
  // A server that only redirects, or serves files, is no problem where another one passes the path on.
  if (subjects.length > 0) return { subjects, findings };
  const gap = [...unclear, ...model.servers.map(({ scope }) => scope), model.http]
    .map(gapAround)
    .find((each) => each !== undefined);
  if (gap !== undefined) return { subjects, findings, gap };
  if (others.length > 0) findings.push(...others);
  else {
    const [server] = model.servers;
    const owner = server?.scope.owner;
    findings.push(
      owner === undefined
        ? { rule: nginxRules.notProxied, seen: [`no location for ${path}`], fix: newLocation(model, path, server) }
        : {
            ...at(nginxRules.notProxied, owner, newLocation(model, path, server)),
            seen: [shown(owner.text), `no location for ${path}`],
          },
    );
  }
  return { subjects, findings };
}

function newLocation(model: Model, path: string, server: Server | undefined): readonly string[] {
  const line = server?.scope.owner?.line;
  const { variable, map } = connectionVariable(model);
  return [
    ...map,
    line === undefined ? "# inside server { }" : `# inside server { }, line ${line}`,
    `location ${path.endsWith("/") ? "" : "= "}${path} {`,
    "  proxy_pass http://127.0.0.1:3000;",
    "  proxy_http_version 1.1;",
    "  proxy_set_header Upgrade $http_upgrade;",
    `  proxy_set_header Connection ${variable};`,
    "  proxy_set_header Host $http_host;",
    "  proxy_read_timeout 3600s;",
    "}",
  ];
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, "");
}
