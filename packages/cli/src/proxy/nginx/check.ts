import type { Finding, Report, Rule, Severity, Step } from "../../finding.ts";
import type { Configuration } from "./files.ts";
import {
  allLocations,
  innerBlocks,
  lineOf,
  type Location,
  mapOf,
  mapped,
  match,
  type Model,
  modelOf,
  type Scope,
  type Server,
  type Setting,
  settingOf,
  upstreamOf,
} from "./model.ts";
import type { Directive } from "./parse.ts";
import { nginxRules } from "./rules.ts";

export interface CheckOptions {
  /** What the report calls the file. */
  readonly target: string;
  /** The path that sockets are opened at. Where it is not given the locations that look like a socket's are checked. */
  readonly path?: string | undefined;
}

/** A location to check, and how sure it is that sockets go through it. */
interface Subject {
  readonly location: Location;
  readonly sure: boolean;
  /** It is there for the socket alone: a path such as `/ws`, or the very path that was asked for. */
  readonly dedicated: boolean;
}

/** Checks a configuration of nginx: what a WebSocket handshake would meet on its way through it. */
export function checkNginx(configuration: Configuration, { target, path }: CheckOptions): Report {
  const model = modelOf(configuration.directives, configuration.missing.length === 0);
  const findings: Finding[] = [];
  for (const { file, line, column, text, message } of configuration.problems) {
    const place = { file, line, column };
    findings.push({ rule: nginxRules.syntax, seen: [shown(text), message], fix: ["nginx -t"], place });
  }
  for (const directive of configuration.missing)
    findings.push(
      at(nginxRules.includeMissing, directive, ["nginx -T > nginx-all.conf", "wsorigin proxy --check nginx-all.conf"]),
    );

  const checked = new Map<Location, Subject>();
  const steps: Step[] = [
    {
      name: "read",
      outcome: configuration.problems.length === 0 ? "ok" : "failed",
      detail: `${plural(configuration.files, "file")}, ${plural(model.servers.length, "server")}`,
    },
  ];
  const chosen = path === undefined ? subjectsOf(model) : chosenBy(model, path, findings);
  for (const subject of chosen) checked.set(subject.location, subject);
  for (const subject of checked.values()) {
    const { location } = subject;
    const found = new Check(model, subject).run();
    findings.push(...found);
    steps.push({
      name: titleOf(location),
      outcome: found.some(({ rule, severity }) => (severity ?? rule.severity) === "failure") ? "failed" : "ok",
      detail: `${location.proxyPass?.file ?? ""}:${location.scope.owner?.line ?? 1}, to ${withoutPassword(location.proxyPass?.args[0] ?? "")}`,
    });
  }
  for (const server of new Set([...checked.keys()].map(({ server }) => server))) findings.push(...listensOf(server));
  if (checked.size === 0)
    steps.push({ name: "locations", outcome: "skipped", detail: "no location that passes sockets on was found" });
  return { command: "proxy", target, findings: unique(findings), steps };
}

/** Two locations may share a line of their server: what is wrong with it is told once. */
function unique(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ rule, place, fix }) => {
    const key = [rule.id, place?.file, place?.line, place?.column, ...fix].join("\n");
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

// Which locations

/** Paths that serve nothing but a socket, by their names. */
const socketPath = /(?:^|[/_.-])(?:ws|wss|sockets?|websockets?|cable|live)(?=$|[/_.$)?([-])/i;
/** Paths that serve a socket beside ordinary requests. */
const mixedPath = /(?:^|[/_.-])(?:socket\.io|sockjs|engine\.io|hubs?|signalr|graphql|subscriptions)(?=$|[/_.$)?([-])/i;

function looksDedicated({ path }: Location): boolean {
  return socketPath.test(path) && !mixedPath.test(path);
}

function subjectsOf(model: Model): readonly Subject[] {
  const proxied = model.servers.flatMap(allLocations).filter(({ proxyPass }) => proxyPass !== undefined);
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
  return (
    own.some((line) => line.name === "proxy_set_header" && isHeader(line, "upgrade")) ||
    settingOf(scope, "proxy_set_header")?.lines.some((line) => isHeader(line, "upgrade")) === true
  );
}

function chosenBy(model: Model, path: string, findings: Finding[]): readonly Subject[] {
  const subjects: Subject[] = [];
  const others: Finding[] = [];
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
        others.push(
          redirect === undefined
            ? at(nginxRules.notProxied, owner, newLocation(model, path, server))
            : at(nginxRules.redirected, redirect, newLocation(model, path, server)),
        );
      }
    }
  }
  // A server that only redirects, or serves files, is no problem where another one passes the path on.
  if (subjects.length > 0) return subjects;
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
  return subjects;
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

function isRedirect({ name, args }: Directive): boolean {
  if (name === "return") return /^30[1278]$/.test(args[0] ?? "") || /^(?:https?:\/\/|\$scheme)/.test(args[0] ?? "");
  return (
    name === "rewrite" &&
    (/^(?:permanent|redirect)$/.test(args[2] ?? "") || /^(?:https?:\/\/|\$scheme)/.test(args[1] ?? ""))
  );
}

// What is wrong with one

const mapLines: readonly string[] = [
  "# inside http { }",
  "map $http_upgrade $connection_upgrade {",
  "  default upgrade;",
  "  '' '';",
  "}",
];

/** The variable for Connection that there is, or one with the map that it needs. */
function connectionVariable({ http }: Model): { readonly variable: string; readonly map: readonly string[] } {
  const right = http.directives.find(
    (line) =>
      line.name === "map" &&
      line.block !== undefined &&
      line.args[0]?.toLowerCase() === "$http_upgrade" &&
      mapped(line, "websocket").toLowerCase() === "upgrade" &&
      mapped(line, "").toLowerCase() !== "upgrade",
  );
  const variable = right?.args[1];
  return variable === undefined ? { variable: "$connection_upgrade", map: mapLines } : { variable, map: [] };
}

class Check {
  readonly #model: Model;
  readonly #subject: Subject;
  readonly #location: Location;
  readonly #scope: Scope;
  readonly #headers: Setting | undefined;
  readonly #findings: Finding[] = [];

  constructor(model: Model, subject: Subject) {
    this.#model = model;
    this.#subject = subject;
    this.#location = subject.location;
    this.#scope = subject.location.scope;
    this.#headers = settingOf(this.#scope, "proxy_set_header");
  }

  run(): readonly Finding[] {
    this.#inInnerBlocks();
    const outer = this.#cancelled();
    if (outer === undefined) this.#upgradeAndConnection();
    // Of a location that may never see a socket nothing more is said.
    if (!this.#subject.sure) return this.#findings;
    if (outer === undefined) this.#host();
    this.#origin();
    this.#httpVersion();
    this.#readTimeout();
    this.#redirects();
    this.#limits();
    this.#log();
    this.#cors();
    this.#authentication();
    this.#cache();
    this.#upstream();
    return this.#findings;
  }

  #add(rule: Rule, line: Directive | undefined, fix: readonly string[], severity?: Severity): void {
    const where = line ?? this.#scope.owner ?? this.#location.proxyPass;
    if (where === undefined) return;
    const finding = at(rule, where, fix);
    this.#findings.push(severity === undefined ? finding : { ...finding, severity });
  }

  /** In the block whose headers hold: a line elsewhere would cancel them. */
  #besideHeaders(lines: readonly string[]): readonly string[] {
    return [inside(this.#headers?.scope ?? this.#scope), ...lines];
  }

  #inLocation(lines: readonly string[]): readonly string[] {
    return [inside(this.#scope), ...lines];
  }

  #header(name: string): Directive | undefined {
    return this.#headers?.lines.findLast((line) => isHeader(line, name));
  }

  #inInnerBlocks(): void {
    for (const { directives } of innerBlocks(this.#scope))
      for (const line of directives.filter(({ name }) => name === "proxy_set_header"))
        this.#add(nginxRules.headerInIf, line, [
          `# in place of line ${line.line}: nothing`,
          inside(this.#scope),
          shown(line.text),
        ]);
  }

  /** The outer block's lines that the location's own cancel, where the upgrade was among them. */
  #cancelled(): readonly Directive[] | undefined {
    const { lines = [], scope } = this.#headers ?? {};
    const [first] = lines;
    const above = scope?.parent === undefined ? undefined : settingOf(scope.parent, "proxy_set_header");
    if (first === undefined || above === undefined) return undefined;
    const lost = above.lines.filter((line) => !lines.some((own) => isHeader(own, line.args[0] ?? "")));
    if (!lost.some((line) => isHeader(line, "upgrade") || isHeader(line, "connection"))) return undefined;
    // Somebody else's location, which only happens to stand below the socket's headers.
    if (!this.#subject.sure) return undefined;
    this.#add(nginxRules.inheritance, first, this.#besideHeaders(lost.map(({ text }) => shown(text))));
    return lost;
  }

  #upgradeAndConnection(): void {
    const upgrade = this.#header("upgrade");
    const connection = this.#header("connection");
    const { sure } = this.#subject;
    if (upgrade === undefined) {
      const lines = ["proxy_set_header Upgrade $http_upgrade;"];
      const value = connectionVariable(this.#model);
      if (connection === undefined) lines.push(`proxy_set_header Connection ${value.variable};`);
      const map = connection === undefined ? value.map : [];
      this.#add(
        nginxRules.upgradeMissing,
        undefined,
        [...map, ...this.#besideHeaders(lines)],
        sure ? undefined : "warning",
      );
      if (connection === undefined) return;
    } else this.#upgradeValue(upgrade);
    if (connection === undefined) {
      const { variable, map } = connectionVariable(this.#model);
      const lines = this.#besideHeaders([`proxy_set_header Connection ${variable};`]);
      this.#add(nginxRules.connectionMissing, undefined, [...map, ...lines]);
    } else if (sure) this.#connectionValue(connection);
  }

  #upgradeValue(line: Directive): void {
    const [, value = ""] = line.args;
    const fix = inPlaceOf(line, "proxy_set_header Upgrade $http_upgrade;");
    if (value.toLowerCase() === "websocket") {
      this.#add(nginxRules.upgradeHardCoded, line, fix);
      return;
    }
    if (value.toLowerCase() === "$http_upgrade") return;
    const map = mapOf(this.#model, value);
    if (map !== undefined) {
      if (map.args[0]?.toLowerCase() !== "$http_upgrade") return;
      const result = mapped(map, "websocket").toLowerCase();
      if (result !== "websocket" && !result.startsWith("$")) this.#add(nginxRules.upgradeVariable, line, fix);
      return;
    }
    // Set somewhere, to something that is not known here.
    if (value.startsWith("$") && (this.#isSet(value) || (!/^\$(?:http_|upgrade$)/i.test(value) && !this.#model.whole)))
      return;
    this.#add(nginxRules.upgradeVariable, line, fix);
  }

  #connectionValue(line: Directive): void {
    const [, value = ""] = line.args;
    const { variable, map: lines } = connectionVariable(this.#model);
    const fix = [...lines, ...inPlaceOf(line, `proxy_set_header Connection ${variable};`)];
    if (tokens(value).includes("upgrade")) {
      if (!this.#subject.dedicated) this.#add(nginxRules.connectionHardCoded, line, fix);
      else if (this.#keepalive() !== undefined) this.#add(nginxRules.connectionHardCoded, line, fix, "note");
      return;
    }
    // The client's own, passed on: right for every request.
    if (value.toLowerCase() === "$http_connection") return;
    if (!value.startsWith("$") || /^\$(?:http_|upgrade$)/i.test(value)) {
      this.#add(nginxRules.connectionWrong, line, fix);
      return;
    }
    const map = mapOf(this.#model, value);
    if (map !== undefined) this.#connectionMap(map);
    else if (!this.#isSet(value))
      this.#add(
        nginxRules.mapMissing,
        line,
        mapLines.map((text) => text.replace("$connection_upgrade", value)),
        this.#model.whole ? undefined : "note",
      );
  }

  #connectionMap(map: Directive): void {
    const [source = "", variable = ""] = map.args;
    const fix = [`# in place of the block at line ${map.line}`, ...mapLines.slice(1)].map((text) =>
      text.replace("$connection_upgrade", variable),
    );
    const sample = new Map([
      ["$http_upgrade", "websocket"],
      ["$http_connection", "Upgrade"],
    ]).get(source.toLowerCase());
    if (sample === undefined) return;
    const result = mapped(map, sample).toLowerCase();
    if (!tokens(result).includes("upgrade") && result !== "$http_connection") {
      this.#add(nginxRules.mapWrong, map, fix);
      return;
    }
    const ordinary = mapped(map, "").toLowerCase();
    if (tokens(ordinary).includes("upgrade") && !this.#subject.dedicated)
      this.#add(nginxRules.connectionHardCoded, map, fix);
    else if (ordinary === "close" && this.#keepalive() !== undefined) this.#add(nginxRules.keepaliveDefeated, map, fix);
  }

  /** The upstream's own line: ordinary requests share connections. */
  #keepalive(): Directive | undefined {
    const host = hostOf(this.#location.proxyPass?.args[0] ?? "");
    return upstreamOf(this.#model, host)?.block?.find(({ name }) => name === "keepalive");
  }

  #isSet(variable: string): boolean {
    return setters(this.#scope).some(({ args }) =>
      args.some((argument) => argument.toLowerCase() === variable.toLowerCase()),
    );
  }

  #host(): void {
    const line = this.#header("host");
    const right = "proxy_set_header Host $http_host;";
    if (line === undefined) {
      this.#add(nginxRules.hostLost, undefined, this.#besideHeaders([right]));
      return;
    }
    const value = (line.args[1] ?? "").toLowerCase();
    const names = settingOf(this.#scope, "server_name")?.lines.flatMap(({ args }) => args) ?? [];
    const fixed = value !== "" && !value.includes("$") && !isLocal(value);
    if (value === "" || value.includes("$proxy_host") || (!value.includes("$") && !fixed && !names.includes(value)))
      this.#add(nginxRules.hostLost, line, inPlaceOf(line, right));
  }

  #origin(): void {
    const line = this.#header("origin");
    if (line === undefined || line.args[1]?.toLowerCase() === "$http_origin") return;
    this.#add(nginxRules.originRewritten, line, [
      `# in place of line ${line.line}: nothing, nginx passes Origin on by itself`,
    ]);
  }

  #httpVersion(): void {
    const line = lineOf(this.#scope, "proxy_http_version");
    const right = "proxy_http_version 1.1;";
    if (line === undefined)
      this.#add(nginxRules.httpVersion, undefined, this.#inLocation([`${right} # the default since nginx 1.29.7`]));
    else if (line.args[0] !== "1.1")
      this.#add(
        nginxRules.httpVersion,
        line,
        inPlaceOf(line, right),
        line.args[0]?.startsWith("2") === true ? "failure" : undefined,
      );
  }

  #readTimeout(): void {
    const line = lineOf(this.#scope, "proxy_read_timeout");
    const right = "proxy_read_timeout 3600s;";
    if (line === undefined) this.#add(nginxRules.readTimeout, undefined, this.#inLocation([right]));
    else if ((milliseconds(line.args[0] ?? "") ?? Infinity) <= 60_000)
      this.#add(nginxRules.readTimeout, line, inPlaceOf(line, right));
  }

  #redirects(): void {
    for (const line of this.#scope.directives.filter(isRedirect))
      this.#add(nginxRules.redirected, line, [`# in place of line ${line.line}: nothing`]);
    for (const { kind, directives } of innerBlocks(this.#scope))
      if (kind === "if")
        for (const line of directives.filter(isRedirect))
          this.#add(
            nginxRules.redirected,
            line,
            [`# let clients use the URL that this leads to: ${line.args.at(-1) ?? ""}`],
            "note",
          );
  }

  #limits(): void {
    for (const name of ["limit_req", "limit_conn"]) {
      const limit = lineOf(this.#scope, name);
      if (limit !== undefined && lineOf(this.#scope, `${name}_status`)?.args[0] !== "429")
        this.#add(nginxRules.limitStatus, limit, this.#inLocation([`${name}_status 429;`]));
    }
  }

  #log(): void {
    const setting = settingOf(this.#scope, "access_log");
    // Where nothing is set nginx logs in the format "combined"; a part of a configuration does not show whether something is.
    if (setting === undefined && !this.#model.whole) return;
    const lines = setting?.lines ?? [undefined];
    for (const line of lines) {
      const [path = "logs/access.log", given] = line?.args ?? [];
      const format = given === undefined || given.includes("=") ? "combined" : given;
      if (path === "off") continue;
      const defined = this.#model.http.directives.find(({ name, args }) => name === "log_format" && args[0] === format);
      const text = format === "combined" ? "$request" : defined?.args.slice(1).join("");
      // `$request` and what else holds the query or the offered subprotocols, but not `$request_method` and such.
      if (
        text === undefined ||
        !/\$\{?(?:request|request_uri|args|query_string|arg_\w+|http_sec_websocket_protocol|http_cookie|http_authorization)(?!\w)/.test(
          text,
        )
      )
        continue;
      const right = `access_log ${path} without_query;`;
      this.#add(nginxRules.queryLogged, line, [
        "# inside http { }",
        `log_format without_query '$remote_addr [$time_local] "$request_method $uri $server_protocol" $status $body_bytes_sent';`,
        ...(line === undefined ? this.#inLocation([right]) : this.#overriding(line, right)),
      ]);
    }
  }

  #cors(): void {
    for (const line of this.#scope.directives.filter(
      ({ name, args }) => name === "add_header" && /^access-control-/i.test(args[0] ?? ""),
    ))
      this.#add(nginxRules.corsHeader, line, [`# in place of line ${line.line}: nothing`]);
  }

  #authentication(): void {
    const line = lineOf(this.#scope, "auth_basic");
    if (line !== undefined && line.args[0] !== "off")
      this.#add(nginxRules.basicAuth, line, this.#overriding(line, "auth_basic off;"));
  }

  #cache(): void {
    const line = lineOf(this.#scope, "proxy_cache");
    if (line !== undefined && line.args[0] !== "off")
      this.#add(nginxRules.cache, line, this.#overriding(line, "proxy_cache off;"));
  }

  /** In place of the line where the location has it, in the location where it is inherited. */
  #overriding(line: Directive, right: string): readonly string[] {
    return this.#scope.directives.includes(line) ? inPlaceOf(line, right) : this.#inLocation([right]);
  }

  #upstream(): void {
    const line = this.#location.proxyPass;
    const [target = ""] = line?.args ?? [];
    if (target.toLowerCase().startsWith("https:") && lineOf(this.#scope, "proxy_ssl_server_name")?.args[0] !== "on")
      this.#add(nginxRules.tlsName, line, this.#inLocation(["proxy_ssl_server_name on;"]));
    const host = this.#resolved(hostOf(target));
    const named = !/^(?:[\d.]+|\[.*|unix)$/.test(host) && upstreamOf(this.#model, host) === undefined;
    if (target.includes("$") && named && lineOf(this.#scope, "resolver") === undefined && this.#model.whole)
      this.#add(nginxRules.resolver, line, this.#inLocation(["resolver 127.0.0.53; # your name server"]));
  }

  /** What a variable is set to, where that is a fixed text. */
  #resolved(host: string): string {
    if (!host.startsWith("$")) return host;
    const value = setters(this.#scope).find(({ args }) => args[0] === host)?.args[1];
    return value === undefined ? host : hostOf(value);
  }
}

/** The lines that a location can see and that give variables a value, `map` aside. */
function setters(scope: Scope): readonly Directive[] {
  const all: Directive[] = [];
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent)
    all.push(
      ...[at, ...innerBlocks(at)]
        .flatMap(({ directives }) => directives)
        .filter(({ name }) => /^(?:set|auth_request_set|js_set|perl_set|geo|split_clients)$/.test(name)),
    );
  return all;
}

function hostOf(target: string): string {
  const rest = target.replace(/^\w+:\/\//, "");
  if (rest.startsWith("[")) return rest.slice(0, rest.indexOf("]") + 1);
  return rest.replace(/[:/?].*$/s, "");
}

function isLocal(host: string): boolean {
  return /^(?:localhost|127\.|\[?::1|0\.0\.0\.0)/.test(host);
}

function tokens(value: string): readonly string[] {
  return value.split(",").map((token) => token.trim().toLowerCase());
}

function isHeader({ args }: Directive, name: string): boolean {
  return args[0]?.toLowerCase() === name.toLowerCase();
}

/** nginx's times: `90`, `90s`, `1m30s`, `1h`, `500ms`. */
function milliseconds(text: string): number | undefined {
  const units = new Map([
    ["ms", 1],
    ["s", 1000],
    ["m", 60_000],
    ["h", 3_600_000],
    ["d", 86_400_000],
    ["w", 604_800_000],
    ["M", 2_592_000_000],
    ["y", 31_536_000_000],
  ]);
  const parts = [...text.matchAll(/(\d+)(ms|[smhdwMy])?/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return undefined;
  return parts.reduce((sum, [, count, unit = "s"]) => sum + Number(count) * (units.get(unit) ?? 0), 0);
}

function listensOf({ scope }: Server): readonly Finding[] {
  const lines = scope.directives.filter(({ name }) => name === "listen");
  const only = (line: Directive) => line.args.includes("http2") && !line.args.includes("ssl");
  if (lines.length === 0 || !lines.every(only) || lineOf(scope, "ssl")?.args[0] === "on") return [];
  return lines.map((line) => {
    const args = line.args.filter((argument) => argument !== "http2").join(" ");
    return at(nginxRules.http2Only, line, inPlaceOf(line, `listen ${args};`));
  });
}

function at(rule: Rule, line: Directive, fix: readonly string[]): Finding {
  const place = { file: line.file, line: line.line, column: line.column };
  return { rule, seen: shown(line.text).split("\n"), fix, place };
}

/** A line as it is written, without the white space around it and without passwords. */
function shown(text: string): string {
  return withoutPassword(text.trim());
}

function withoutPassword(text: string): string {
  return text.replaceAll(/(\w:\/\/)[^\s/@;]+@/g, "$1***@").replaceAll(/(authorization\s+)[^;]+/gi, "$1***");
}

function inPlaceOf({ line }: Directive, right: string): readonly string[] {
  return [`# in place of line ${line}`, right];
}

function inside({ kind, owner }: Scope): string {
  if (owner === undefined) return kind === "location" ? "# inside the location" : "# in the file";
  return `# inside ${kind}${kind === "location" ? ` ${owner.args.join(" ")}` : ""} { }, line ${owner.line}`;
}

function titleOf({ scope }: Location): string {
  return scope.owner === undefined ? "location" : `location ${scope.owner.args.join(" ")}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
