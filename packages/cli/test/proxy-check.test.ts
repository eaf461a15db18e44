import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answer, handshake } from "@wsorigin/testing";
import * as fc from "fast-check";
import { describe, expect, test, type TestContext } from "vitest";
import { CannotRun } from "../src/command.ts";
import { proxy } from "../src/commands/proxy.ts";
import { type Finding, type Report, severityOf } from "../src/finding.ts";
import { checkNginx } from "../src/proxy/nginx/check.ts";
import { matchesGlob } from "../src/proxy/nginx/glob.ts";
import { match } from "../src/proxy/nginx/match.ts";
import { modelOf } from "../src/proxy/nginx/model.ts";
import { type Directive, parseNginx } from "../src/proxy/nginx/parse.ts";
import { nginxRules } from "../src/proxy/nginx/rules.ts";
import { type Echo, needs, type Proxy, startEcho, startProxy } from "./proxies.ts";

async function check(text: string, path?: string): Promise<Report> {
  const file = "app.conf";
  const { directives, problems } = parseNginx(text, file);
  const told = problems.map(({ line, column, text, message }) => ({ line, column, text, message, file }));
  return checkNginx({ directives, problems: told, missing: [], files: 1 }, { target: file, path });
}

function told({ findings }: Report): readonly string[] {
  return findings.map((finding) => `${finding.rule.id} ${severityOf(finding)}`);
}

// A site that is right, and what can be wrong with it

const map = "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }";

const rightLines = {
  pass: "proxy_pass http://127.0.0.1:3000;",
  version: "proxy_http_version 1.1;",
  upgrade: "proxy_set_header Upgrade $http_upgrade;",
  connection: "proxy_set_header Connection $connection_upgrade;",
  host: "proxy_set_header Host $http_host;",
  timeout: "proxy_read_timeout 3600s;",
};

interface Site extends Partial<Record<keyof typeof rightLines, string>> {
  readonly http?: string;
  readonly server?: string;
  readonly listen?: string;
  readonly location?: string;
  readonly map?: string;
  readonly more?: string;
  readonly log?: string;
}

/** A whole configuration, right but for what is given. */
function site(wrong: Site): string {
  const lines = { ...rightLines, ...wrong };
  return [
    "http {",
    ...(wrong.map ?? map).split("\n"),
    ...(wrong.http ?? "").split("\n"),
    "server {",
    wrong.listen ?? "listen 127.0.0.1:8080;",
    "server_name app.example.com;",
    ...(wrong.server ?? "").split("\n"),
    `location ${wrong.location ?? "/ws"} {`,
    ...[lines.pass, lines.version, lines.upgrade, lines.connection, lines.host, lines.timeout].flatMap((text) =>
      text.split("\n"),
    ),
    wrong.log ?? "access_log off;",
    ...(wrong.more ?? "").split("\n"),
    "}",
    "}",
    "}",
    "",
  ]
    .filter((line, at, all) => line !== "" || at === all.length - 1)
    .join("\n");
}

/** What happens when nginx runs it. */
type Harm = "upgrade" | "refused" | "host" | "origin" | "version" | "idle" | "logged" | "plain";

interface Fixture {
  readonly text: string;
  readonly path?: string;
  readonly harm?: Harm;
  /** Not a line of a configuration. */
  readonly noFix?: boolean;
}

/** One for each rule; none is seen by any other. */
const fixtures: Readonly<Record<Exclude<keyof typeof nginxRules, "includeMissing">, Fixture>> = {
  syntax: {
    text: site({ host: "proxy_set_header Host $http_host" })
      .replace("$http_host\n", "$http_host }\n")
      .replace(/\}\n$/, ""),
    harm: "refused",
    noFix: true,
  },
  notProxied: {
    text: site({
      location: "/other/",
      map: "",
      server: "access_log off;",
      connection: "proxy_set_header Connection upgrade;",
    }),
    path: "/ws",
    harm: "upgrade",
  },
  upgradeMissing: { text: site({ upgrade: "", connection: "", map: "" }), harm: "upgrade" },
  upgradeHardCoded: { text: site({ upgrade: 'proxy_set_header Upgrade "websocket";' }) },
  upgradeVariable: { text: site({ upgrade: "proxy_set_header Upgrade $http_upgarde;" }), harm: "upgrade" },
  connectionMissing: { text: site({ connection: "", map: "" }), harm: "upgrade" },
  connectionWrong: { text: site({ connection: "proxy_set_header Connection keep-alive;" }), harm: "upgrade" },
  connectionHardCoded: {
    text: site({ location: "/", connection: 'proxy_set_header Connection "upgrade";' }),
    harm: "plain",
  },
  keepaliveDefeated: {
    text: site({
      http: "upstream app { server 127.0.0.1:3000; keepalive 16; }",
      pass: "proxy_pass http://app;",
      map: "map $http_upgrade $connection_upgrade {\n  default upgrade;\n  '' close;\n}",
    }),
  },
  mapMissing: { text: site({ map: "" }), harm: "refused" },
  mapWrong: {
    text: site({ map: "map $http_upgrade $connection_upgrade {\n  default close;\n  upgrade upgrade;\n}" }),
    harm: "upgrade",
  },
  httpVersion: { text: site({ version: "" }), harm: "version" },
  inheritance: {
    text: site({
      server: `${rightLines.upgrade}\n${rightLines.connection}\n${rightLines.host}`,
      upgrade: "proxy_set_header X-Real-IP $remote_addr;",
      connection: "",
      host: "",
    }),
    harm: "upgrade",
  },
  headerInIf: {
    text: site({ more: "if ($http_upgrade) {\nproxy_set_header X-Socket yes;\n}" }),
    harm: "refused",
  },
  hostLost: { text: site({ host: "" }), harm: "host" },
  originRewritten: { text: site({ more: "proxy_set_header Origin https://app.internal;" }), harm: "origin" },
  readTimeout: { text: site({ timeout: "proxy_read_timeout 1s;" }), harm: "idle" },
  redirected: { text: site({ location: "/ws/" }), path: "/ws", harm: "upgrade" },
  limitStatus: {
    text: site({
      http: "limit_req_zone $binary_remote_addr zone=few:1m rate=100r/s;",
      more: "limit_req zone=few burst=100;",
    }),
  },
  http2Only: { text: site({ listen: "listen 127.0.0.1:8080 http2;" }), harm: "upgrade" },
  queryLogged: { text: site({ log: "access_log query.log combined;" }), harm: "logged" },
  corsHeader: { text: site({ more: "add_header Access-Control-Allow-Origin https://app.example.com always;" }) },
  basicAuth: { text: site({ server: "auth_basic Members;\nauth_basic_user_file members;" }), harm: "upgrade" },
  cache: { text: site({ http: "proxy_cache_path cache keys_zone=pages:1m;", more: "proxy_cache pages;" }) },
  tlsName: { text: site({ pass: "proxy_pass https://127.0.0.1:3000;" }) },
  resolver: { text: site({ server: "set $backend app.internal;", pass: "proxy_pass http://$backend:3000;" }) },
};

const rules = Object.entries(fixtures).map(([name, fixture]) => {
  const rule = Object.entries(nginxRules).find(([key]) => key === name)?.[1];
  if (rule === undefined) throw new Error(name);
  return { id: rule.id, rule, fixture };
});

/** Pastes the lines of the fixes where their comments say. */
function repaired(text: string, findings: readonly Finding[]): string {
  const lines = text.split("\n");
  const replaced = new Map<number, readonly string[]>();
  const added = new Map<number, readonly string[]>();
  for (const part of findings.flatMap(({ fix }) => partsOf(fix))) {
    const [header = "", ...paste] = part;
    const at = Number(/line (\d+)/.exec(header)?.[1] ?? 1);
    if (header.startsWith("# in place of the block")) {
      const end = lines.findIndex((line, index) => index >= at && line.startsWith("}"));
      for (let line = at; line <= end + 1; line++) replaced.set(line, line === at ? paste : []);
    } else if (header.startsWith("# in place of")) replaced.set(at, paste);
    else if (header.startsWith("# inside")) added.set(at, [...new Set([...(added.get(at) ?? []), ...paste])]);
    else throw new Error(header);
  }
  const result: string[] = [];
  for (const [index, line] of lines.entries())
    result.push(...(replaced.get(index + 1) ?? [line]), ...(added.get(index + 1) ?? []));
  return result.join("\n");
}

function partsOf(fix: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [];
  for (const line of fix) {
    if (line.startsWith("# in")) parts.push([line]);
    else parts.at(-1)?.push(line);
  }
  return parts;
}

interface Running {
  readonly echo: Echo;
  readonly proxy: Proxy;
  readonly answer: Answer;
}

/** Runs nginx with it, and opens a socket. */
async function run(text: string, context: TestContext, path = "/ws"): Promise<Running> {
  needs("nginx", context);
  const echo = await startEcho();
  context.onTestFinished(() => echo.stop());
  const inside = text.replace(/^http \{\n/, "").replace(/\}\s*$/, "");
  const proxy = await startProxy({
    kind: "nginx",
    // At once: a port such as 30004 has the other number in it.
    config: ({ port }) => inside.replaceAll(/8080|3000/g, (found) => String(found === "8080" ? port : echo.port)),
    files: { members: "" },
  });
  context.onTestFinished(() => proxy.stop());
  const answer = await handshake(
    { port: proxy.port },
    { path: `${path}?token=s3cret`, origin: "https://app.example.com", hostHeader: "app.example.com:8443" },
  );
  context.onTestFinished(() => answer.frames?.destroy());
  return { echo, proxy, answer };
}

async function survives({ answer }: Running): Promise<boolean> {
  await sleep(1500);
  answer.frames?.send("still there?");
  return (await answer.frames?.next().catch(() => undefined)) !== undefined;
}

/** What a harm looks like: `true` where it is done. */
const harms: Readonly<Record<Exclude<Harm, "refused">, (running: Running) => Promise<boolean>>> = {
  upgrade: async ({ answer }) => answer.status !== 101,
  host: async ({ echo }) => echo.handshakes[0]?.host !== "app.example.com:8443",
  origin: async ({ echo }) => echo.handshakes[0]?.origin !== "https://app.example.com",
  version: async ({ echo }) => echo.handshakes[0]?.httpVersion !== "1.1",
  idle: async (running) => !(await survives(running)),
  logged: async ({ answer, proxy }) => {
    await answer.frames?.close();
    const logged = () =>
      proxy
        .log()
        .split("\n")
        .filter((line) => /^127\.0\.0\.1 .*"GET \/ws/.test(line));
    for (let attempt = 0; attempt < 100 && logged().length === 0; attempt++) await sleep(50);
    expect(logged()).toHaveLength(1);
    return logged().some((line) => line.includes("s3cret"));
  },
  plain: async ({ echo, proxy }) => {
    await handshake({ port: proxy.port }, { path: "/page", omit: ["upgrade", "connection"] });
    return echo.requests[0]?.connection === "upgrade";
  },
};

describe("each rule has its fixture", () => {
  test.for(rules)("$id finds what is wrong with it, and nothing else", async ({ rule, fixture }) => {
    const { findings } = await check(fixture.text, fixture.path);
    expect([...new Set(findings.map(({ rule }) => rule.name))]).toEqual([rule.name]);
    for (const { seen, fix, place } of findings) {
      expect(place?.file).toBe("app.conf");
      const line = fixture.text.split("\n")[(place?.line ?? 0) - 1];
      expect(line).toContain(seen[0]);
      expect(fix.length).toBeGreaterThan(0);
    }
  });

  test.for(rules.filter(({ fixture }) => fixture.noFix !== true))(
    "the fix of $id leaves nothing to be found",
    async ({ fixture }) => {
      const right = repaired(fixture.text, (await check(fixture.text, fixture.path)).findings);
      expect(right).not.toBe(fixture.text);
      expect(told(await check(right, fixture.path))).toEqual([]);
    },
  );
});

describe("what a rule says is so in nginx", { concurrent: true }, () => {
  const refused = rules.filter(({ fixture }) => fixture.harm === "refused");
  test.for(refused)("$id: nginx does not start", async ({ fixture }, context) => {
    await expect(run(fixture.text, context)).rejects.toThrow(/\[emerg\]/);
  });

  test.for(refused.filter(({ fixture }) => fixture.noFix !== true))(
    "$id: it does with the fix",
    async ({ fixture }, context) => {
      const { answer } = await run(repaired(fixture.text, (await check(fixture.text)).findings), context);
      expect(answer.status).toBe(101);
    },
  );

  const harmful = rules.flatMap(({ id, fixture }) =>
    fixture.harm === undefined || fixture.harm === "refused" ? [] : [{ id, fixture, harm: fixture.harm }],
  );
  test.for(harmful)("$id: $harm, and not with the fix", async ({ fixture, harm }, context) => {
    const before = await run(fixture.text, context, fixture.path);
    await expect(harms[harm](before)).resolves.toBe(true);
    const right = repaired(fixture.text, (await check(fixture.text, fixture.path)).findings);
    const after = await run(right, context, fixture.path);
    await expect(harms[harm](after)).resolves.toBe(false);
    expect(after.answer.status).toBe(101);
  });

  test("nginx itself sends a client from /ws to /ws/", async (context) => {
    const { answer } = await run(fixtures.redirected.text, context);
    expect(answer.status).toBe(301);
  });
});

// What is right

const dedicated = `upstream node { server 10.0.0.1:3000; server 10.0.0.2:3000; }
server {
  listen 443 ssl http2;
  server_name chat.example.com;
  location /ws {
    proxy_pass http://node;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "Upgrade";
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_read_timeout 86400;
  }
}
`;

const mapped = `map $http_upgrade $connection_upgrade {
    default upgrade;
    ''      close;
}
server {
    listen 80;
    server_name app.example.com;
    location / {
        proxy_pass http://127.0.0.1:3000;
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_buffering off;
        proxy_read_timeout 10m;
    }
}
`;

const keepalive = `map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
upstream app { server 127.0.0.1:3000; keepalive 32; }
server {
  listen 80;
  return 301 https://$host$request_uri;
}
server {
  listen 443 ssl;
  http2 on;
  server_name app.example.com;
  proxy_http_version 1.1;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_set_header Host $host;
  proxy_read_timeout 1h;
  location ~* ^/(socket\\.io|live)/ { proxy_pass http://app; access_log off; }
  location / { proxy_pass http://app; add_header X-Frame-Options DENY; }
  location /static/ { root /srv; }
}
`;

/** By the client's own Connection header, as Microsoft writes of Kestrel. */
const passed = `map $http_connection $connection_upgrade { "~*Upgrade" $http_connection; default keep-alive; }
server {
  listen 80;
  location /hub/ {
    proxy_pass http://localhost:5000;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header Host $host;
    proxy_cache_bypass $http_upgrade;
    proxy_read_timeout 3600s;
  }
}
`;

/** What stands in a location, in a file that locations include. */
const snippet = `proxy_pass http://127.0.0.1:3000;
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection $http_connection;
proxy_set_header Host $host;
proxy_read_timeout 300s;
`;

const right: readonly (readonly [name: string, text: string, path: string])[] = [
  ["the base of the fixtures", site({}), "/ws"],
  ["one for the socket alone, with a fixed Connection", dedicated, "/ws"],
  ["one with a map", mapped, "/ws"],
  ["one with keepalive, and headers of the server", keepalive, "/socket.io/"],
  ["one that passes Connection on", passed, "/hub/chat"],
  ["a snippet for locations", snippet, "/ws"],
];

describe("what is right yields nothing", () => {
  test.for(right)("%s", async ([, text, path]) => {
    expect(told(await check(text))).toEqual([]);
    expect(told(await check(text, path))).toEqual([]);
  });

  const parts = right.filter(([, text]) => /^(?!http)[^]*server \{/.test(text));
  test.for(parts)("%s, in an http block", async ([, text, path]) => {
    const whole = `http {\naccess_log off;\n${text}}`;
    expect(told(await check(whole))).toEqual([]);
    expect(told(await check(whole, path))).toEqual([]);
  });

  test.for(["/ws", "/socket.io/", "/"])("what proxy nginx prints for %s", async (path) => {
    const outcome = await proxy.run(["nginx", "--path", path], surroundings("/"));
    if (!("text" in outcome)) throw new Error("It is a report.");
    expect(told(await check(outcome.text))).toEqual([]);
    expect(told(await check(outcome.text, path))).toEqual([]);
    expect(told(await check(`http {\n${outcome.text}}`, path))).toEqual([]);
  });
});

function surroundings(cwd: string) {
  return { cwd, progress: () => {}, stdin: () => Promise.resolve(""), signal: new AbortController().signal };
}

// The finer points

describe("findings", () => {
  test.for<[string, Site, string[], path?: string]>([
    ["a variable that nobody sets", { upgrade: "proxy_set_header Upgrade $upgrade;" }, ["WSO106 failure"]],
    ["a header name in other letters", { upgrade: "proxy_set_header upgrade $http_Upgrade;" }, []],
    [
      "an Upgrade from a map",
      { http: "map $http_upgrade $u { default ''; websocket websocket; }", upgrade: "proxy_set_header Upgrade $u;" },
      [],
    ],
    [
      "an Upgrade from a map that has no socket",
      { http: "map $http_upgrade $u { default ''; h2c h2c; }", upgrade: "proxy_set_header Upgrade $u;" },
      ["WSO106 failure"],
    ],
    [
      "an Upgrade that is set by an if",
      {
        server: "set $u '';\nif ($http_upgrade ~* websocket) {\nset $u websocket;\n}",
        upgrade: "proxy_set_header Upgrade $u;",
      },
      [],
    ],
    ["a Connection that is empty", { connection: 'proxy_set_header Connection "";' }, ["WSO108 failure"]],
    [
      "a Connection from $http_upgrade",
      { connection: "proxy_set_header Connection $http_upgrade;" },
      ["WSO108 failure"],
    ],
    [
      "a fixed Connection with keepalive",
      {
        http: "upstream app { server 127.0.0.1:3000; keepalive 8; }",
        pass: "proxy_pass http://app;",
        connection: "proxy_set_header Connection upgrade;",
      },
      ["WSO109 note"],
    ],
    [
      "a map that makes an upgrade of everything",
      { location: "/", map: "map $http_upgrade $connection_upgrade { default upgrade; }" },
      ["WSO109 warning"],
    ],
    ["a map by regular expression", { map: 'map $http_upgrade $connection_upgrade { "~*^websocket$" upgrade; }' }, []],
    ["HTTP/1.0 said aloud", { version: "proxy_http_version 1.0;" }, ["WSO113 warning"]],
    ["HTTP/2 to the backend", { version: "proxy_http_version 2;" }, ["WSO113 failure"]],
    ["the upstream's name as Host", { host: "proxy_set_header Host $proxy_host;" }, ["WSO116 warning"]],
    ["localhost as Host", { host: "proxy_set_header Host localhost:3000;" }, ["WSO116 warning"]],
    ["the site's name as Host", { host: "proxy_set_header Host app.example.com;" }, []],
    ["an Origin that is passed on twice over", { more: "proxy_set_header Origin $http_origin;" }, []],
    ["an Origin that is removed", { more: 'proxy_set_header Origin "";' }, ["WSO117 failure"]],
    ["no limit of its own", { timeout: "" }, ["WSO118 warning"]],
    ["a limit of a minute, in other words", { timeout: "proxy_read_timeout 1m;" }, ["WSO118 warning"]],
    ["a limit of the server", { timeout: "", server: "proxy_read_timeout 1h 30m;" }, []],
    [
      "a redirect of plain HTTP",
      { more: "if ($scheme = http) {\nreturn 301 https://$host$request_uri;\n}" },
      ["WSO119 note"],
    ],
    ["a redirect of everything", { more: "return 302 https://other.example.com$request_uri;" }, ["WSO119 failure"]],
    ["a rewrite that stays inside", { more: "rewrite ^/ws$ /socket break;" }, []],
    ["a limit with its status", { more: "limit_conn few 10;\nlimit_conn_status 429;" }, []],
    ["a limit of connections", { more: "limit_conn few 10;" }, ["WSO120 note"]],
    ["HTTP/2 with TLS", { listen: "listen 443 ssl http2;" }, []],
    ["HTTP/2 only on one of two ports", { listen: "listen 80 http2;\nlisten 81;" }, []],
    ["a log that is said nothing of", { log: "" }, ["WSO122 warning"]],
    [
      "a log in a format of its own, without the query",
      { http: "log_format bare '$remote_addr $request_method $uri';", log: "access_log a.log bare buffer=4k;" },
      [],
    ],
    [
      "a log in a format of its own, with it",
      { http: "log_format full '$remote_addr ' '${request_uri}';", log: "access_log a.log full;" },
      ["WSO122 warning"],
    ],
    [
      "a log of subprotocols",
      { http: "log_format full '$uri $http_sec_websocket_protocol';", log: "access_log a.log full;" },
      ["WSO122 warning"],
    ],
    ["a log with options only", { log: "access_log a.log buffer=4k;" }, ["WSO122 warning"]],
    ["a password that is turned off", { server: "auth_basic Members;", more: "auth_basic off;" }, []],
    ["a cache that is turned off", { server: "proxy_cache pages;", more: "proxy_cache off;" }, []],
    [
      "a TLS upstream with its name",
      { pass: "proxy_pass https://app.internal;", more: "proxy_ssl_server_name on;" },
      [],
    ],
    [
      "a variable that is an address",
      { server: "set $backend 127.0.0.1;", pass: "proxy_pass http://$backend:3000;" },
      [],
    ],
    ["a variable with a resolver", { pass: "proxy_pass http://$host:3000;", server: "resolver 127.0.0.53;" }, []],
    ["a proxy_pass in an if", { pass: "if ($http_upgrade) {\nproxy_pass http://127.0.0.1:3000;\n}" }, []],
    [
      "a server that redirects everything",
      { server: "return 301 https://app.example.com$request_uri;" },
      ["WSO119 failure"],
      "/ws",
    ],
    ["a location that serves files", { location: "= /ws", pass: "root /srv;" }, ["WSO103 failure"], "/ws"],
    ["a location that redirects", { location: "= /ws", pass: "return 301 /ws/;" }, ["WSO119 failure"], "/ws"],
  ])("%s", async ([, wrong, expected, path]) => {
    expect(told(await check(site(wrong), path))).toEqual(expected);
  });

  test("without a location that looks like a socket's, those that proxy are warned of", async () => {
    const text = "server { listen 80; location /api { proxy_pass http://a; } location / { proxy_pass http://b; } }";
    expect(told(await check(text))).toEqual(["WSO104 warning", "WSO104 warning"]);
    expect(told(await check(text, "/api/ws")).slice(0, 1)).toEqual(["WSO104 failure"]);
  });

  test("a location beside the socket's that has headers of its own is left alone", async () => {
    const text = site({}).replace(
      /\}\n\}\n$/,
      "location /api {\nproxy_pass http://127.0.0.1:3000;\nproxy_set_header Host $host;\n}\n}\n}\n",
    );
    expect(told(await check(text))).toEqual([]);
  });

  test("a fix goes where the headers are, so that it cancels none", async () => {
    const text = "server {\n  proxy_set_header Host $http_host;\n  location /ws {\n    proxy_pass http://a;\n  }\n}";
    const [finding] = (await check(text)).findings;
    expect(finding?.fix).toContain("# inside server { }, line 1");
    expect(finding?.fix).toContain("proxy_set_header Upgrade $http_upgrade;");
  });

  test("passwords are not shown", async () => {
    const { findings, steps } = await check(site({ pass: "proxy_pass https://me:hunter2@app.internal;" }));
    expect(findings).toHaveLength(1);
    expect(JSON.stringify([findings, steps])).not.toContain("hunter2");
  });

  test("a part of a configuration may have its map elsewhere", async () => {
    expect(told(await check(mapped.slice(mapped.indexOf("server"))))).toEqual(["WSO111 note"]);
  });

  test("two locations that share a line share its finding", async () => {
    const text = `server {\n  proxy_set_header Upgrade websocket;\n  proxy_set_header Connection $http_connection;\n  proxy_set_header Host $host;\n  proxy_http_version 1.1;\n  proxy_read_timeout 1h;\n  location /ws { proxy_pass http://a; }\n  location /live { proxy_pass http://a; }\n}`;
    expect(told(await check(text))).toEqual(["WSO105 warning"]);
  });
});

// Which location

describe("a path chooses its location by nginx's rules", () => {
  const locations = `server {
    location / { proxy_pass http://root; }
    location /ws { proxy_pass http://prefix; }
    location = /ws/exact { proxy_pass http://exact; }
    location ^~ /ws/firm { proxy_pass http://firm; }
    location ~ ^/ws/re { proxy_pass http://regex; }
    location ~* \\.SOCK$ { proxy_pass http://insensitive; }
    location /dir/ { proxy_pass http://dir; }
    location /outer { location /outer/inner { proxy_pass http://inner; } location ~ deep$ { proxy_pass http://deep; } proxy_pass http://outer; }
    location ~ (?<bad { proxy_pass http://unreadable; }
    location @named { proxy_pass http://named; }
  }`;
  const [server] = modelOf(parseNginx(locations, "x").directives, true).servers;

  test.for([
    ["/", "root"],
    ["/ws", "prefix"],
    ["/ws/other", "prefix"],
    ["/ws/exact", "exact"],
    ["/ws/exact/more", "prefix"],
    ["/ws/firm/re", "firm"],
    ["/ws/re", "regex"],
    ["/a.sock", "insensitive"],
    ["/dir/x", "dir"],
    ["/dir", "slash"],
    ["/outer/inner", "inner"],
    ["/outer/deep", "deep"],
    ["/outer/x", "outer"],
    ["/@named", "root"],
  ] as const)("%s: %s", ([path, expected]) => {
    if (server === undefined) throw new Error("There is no server.");
    const found = match(server, path);
    expect(found.kind === "location" ? found.location.proxyPass?.args[0] : found.kind).toBe(
      expected === "slash" ? "slash" : `http://${expected}`,
    );
  });
});

// Files

describe("files", () => {
  async function folderWith(files: Readonly<Record<string, string>>, { onTestFinished }: TestContext): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "wsorigin-check-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return folder;
  }

  async function checked(cwd: string, ...args: string[]): Promise<Report> {
    const outcome = await proxy.run(["--check", ...args], surroundings(cwd));
    if (!("report" in outcome)) throw new Error("It is a text.");
    return outcome.report;
  }

  const inner = dedicated.slice(dedicated.indexOf("server {"));

  test("includes are followed, with globs, from the main file's folder", async (context) => {
    const cwd = await folderWith(
      {
        "nginx/nginx.conf":
          "http {\n  access_log off;\n  include mime.types;\n  include conf.d/*.conf;\n  include none.d/*;\n}",
        "nginx/conf.d/app.conf": "server { location /ws { include snippets/socket.conf; } }",
        "nginx/snippets/socket.conf": `# of locations\n${snippet.replace("300s", "30s")}`,
      },
      context,
    );
    const report = await checked(cwd, "nginx/nginx.conf");
    expect(told(report)).toEqual(["WSO118 warning"]);
    expect(report.target).toBe("nginx/nginx.conf");
    expect(report.findings[0]?.place).toEqual({ file: "nginx/snippets/socket.conf", line: 7, column: 1 });
    expect(report.findings[0]?.seen).toEqual(["proxy_read_timeout 30s;"]);
    expect(report.steps[0]).toMatchObject({ name: "read", outcome: "ok", detail: "3 files, 1 server" });
    // A file of its own is looked at from the folder that nginx would start from.
    expect(told(await checked(cwd, "nginx/conf.d/app.conf", "--path", "/ws"))).toEqual(["WSO118 warning"]);
  });

  test("what nginx -T printed is read by the files in it", async (context) => {
    const dump = [
      "nginx: configuration file /etc/nginx/nginx.conf test is successful",
      "# configuration file /etc/nginx/nginx.conf:",
      "http { access_log off; include /etc/nginx/sites-enabled/*; }",
      "",
      "# configuration file /etc/nginx/sites-enabled/app:",
      "server { location /ws { include snippets/socket.conf; } }",
      "# configuration file /etc/nginx/snippets/socket.conf:",
      snippet.replace("300s", "30s"),
    ].join("\n");
    const cwd = await folderWith({ "all.txt": dump }, context);
    const report = await checked(cwd, "all.txt", "--path", "/ws");
    expect(told(report)).toEqual(["WSO118 warning"]);
    expect(report.findings[0]?.place).toEqual({ file: "all.txt", line: 13, column: 1 });
    expect(report.steps[0]?.detail).toBe("3 files, 1 server");
  });

  test("an included file that is not there is noted", async (context) => {
    const cwd = await folderWith({ "app.conf": `include common.conf;\n${inner}` }, context);
    expect(told(await checked(cwd, "app.conf"))).toEqual(["WSO102 note"]);
  });

  test("a file that includes itself ends", async (context) => {
    const cwd = await folderWith(
      { "a.conf": "include b.conf;", "b.conf": `include a.conf;\ninclude *.conf;\n${inner}` },
      context,
    );
    const findings = told(await checked(cwd, "a.conf"));
    expect(new Set(findings)).toEqual(new Set(["WSO101 failure"]));
  });

  test("a file that is not there cannot be checked", async () => {
    await expect(checked("/", "nowhere.conf")).rejects.toThrow(CannotRun);
    await expect(checked("/", "nowhere.conf")).rejects.toThrow(/^nowhere\.conf cannot be read/);
  });

  test.for([
    ["a.conf", "*.conf", true],
    ["a.conf", "*", true],
    [".a.conf", "*.conf", false],
    ["a.conf", "?.conf", true],
    ["ab.conf", "?.conf", false],
    ["b.conf", "[a-c].conf", true],
    ["b.conf", "[!a-c].conf", false],
    ["b.conf", "[xb].conf", true],
    ["a.conf.bak", "*.conf", false],
    ["aaa", "a*a*a", true],
    [`${"a".repeat(200)}b`, `${"a*".repeat(60)}c`, false],
  ] as const)("%s and the pattern %s: %s", ([name, pattern, expected]) => {
    expect(matchesGlob(name, pattern)).toBe(expected);
  });
});

// The parser

/** Names and words, as nested lists. */
function shape(directives: readonly Directive[]): unknown {
  return directives.map(({ name, args, block }) =>
    block === undefined ? [name, ...args] : [name, ...args, shape(block)],
  );
}

describe("the parser", () => {
  test.for<[string, unknown]>([
    ["a b;", [["a", "b"]]],
    [
      "a { b c; d { } }",
      [
        [
          "a",
          [
            ["b", "c"],
            ["d", []],
          ],
        ],
      ],
    ],
    ["# a;\nb; # c;", [["b"]]],
    ["a b#c;", [["a", "b#c"]]],
    ['a \'b ; {\' "c\\"d" e;', [["a", "b ; {", 'c"d', "e"]]],
    ["a ~ \\.php$;", [["a", "~", "\\.php$"]]],
    ["a ${b}c;", [["a", "${b}c"]]],
    ["a b\\;c;", [["a", "b\\;c"]]],
    ["a b'c'd;", [["a", "b'c'd"]]],
    ["\uFEFFa;", [["a"]]],
    ['content_by_lua_block { if x then y = "}" -- }\n z = [[ } ]] end } a;', [["content_by_lua_block", []], ["a"]]],
    ["location ~ ^/a{2}$ { b; }", [["location", "~", "^/a", [["2}$", [["b"]]]]]]],
  ])("%j", ([text, expected]) => {
    expect(shape(parseNginx(text, "x").directives)).toEqual(expected);
  });

  test.for<[string, number, RegExp]>([
    ["a b", 1, /ends before the ";" of "a"/],
    ["\na {\n b;", 2, /"a" is not closed/],
    ["}", 1, /unexpected "}"/],
    [";", 1, /unexpected ";"/],
    ["{ }", 1, /unexpected "{"/],
    ["a 'b;", 1, /quote ' is not closed/],
    ["a { b }", 1, /";" is missing after "b"/],
    ["x;\nrewrite_by_lua_block { {", 2, /Lua block is not closed/],
    ["a{".repeat(100), 1, /more than 32 blocks/],
  ])("%j is refused", ([text, line, message]) => {
    const [problem] = parseNginx(text, "x").problems;
    expect(problem?.line).toBe(line);
    expect(problem?.message).toMatch(message);
  });

  test("lines and columns are those of the name", () => {
    const { directives } = parseNginx("a;\r\n  b\r\n    c;\r\n", "x");
    expect(directives[1]).toMatchObject({ name: "b", line: 2, column: 3, text: "  b\r\n    c;" });
  });

  const words = fc.constantFrom(
    ..."location server http map proxy_pass proxy_set_header Upgrade $http_upgrade Connection upgrade ~ ^~ /ws { } ; ' \" # \n \\ $ ${ content_by_lua_block [[ -- return 301 if ( ) access_log include listen http2 default".split(
      " ",
    ),
  );
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.array(words, { maxLength: 120 }).map((parts) => parts.join(" ")),
    fc.array(words, { maxLength: 120 }).map((parts) => parts.join("")),
  );

  test("no text makes it or the check throw, and every place is in the text", async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom(undefined, "/ws", "/"), async (text, path) => {
        const { findings } = await check(text, path);
        const lines = text.split("\n").length;
        for (const { place } of findings) {
          expect(place?.line ?? 1).toBeGreaterThan(0);
          expect(place?.line ?? 1).toBeLessThanOrEqual(lines);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("it takes time in proportion to the text", () => {
    for (const part of [
      "a{",
      "'",
      "a ",
      "}",
      "a_by_lua_block {",
      "a_by_lua_block { [[",
      "\\",
      "${",
      "#",
      "a;\n",
      '"a" ',
    ])
      expect(parseNginx(part.repeat(100_000), "x").problems.length).toBeGreaterThanOrEqual(0);
  });
});
