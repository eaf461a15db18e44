import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { bearerHeader, grant } from "@wsorigin/node";
import { selfSigned } from "@wsorigin/testing";
import { describe, expect, test, type TestContext } from "vitest";
import { doctor } from "../src/commands/doctor.ts";
import type { Report } from "../src/finding.ts";
import { severityOf } from "../src/finding.ts";
import * as backends from "./backends.ts";
import { certificates } from "./certificates.ts";
import { freePort, needs, type ProxyKind, startProxy } from "./proxies.ts";

const page = "https://app.example.com";
const policy = { origins: [page] };
const token = { from: [bearerHeader()], verify: () => grant({ principal: undefined }) };

/** Runs the doctor as the program does. */
async function diagnose(port: number, args: readonly string[] = [], path = "/ws", scheme = "ws"): Promise<Report> {
  const url = `${scheme}://localhost:${port}${path}`;
  const outcome = await doctor.run([url, "--origin", page, ...args], {
    cwd: ".",
    stdin: async () => "",
    progress: () => {},
    signal: new AbortController().signal,
  });
  if (!("report" in outcome)) throw new Error("There is no report.");
  return outcome.report;
}

/** What was found, the failures' and warnings' ids first; notes are left out. */
function ids({ findings }: Report): readonly string[] {
  return findings.filter((finding) => severityOf(finding) !== "note").map(({ rule }) => rule.id);
}

/** A server that writes its answers by hand: a 101 for pages of `page`, and 403 for everybody else. */
function rawGate(version: "HTTP/1.0" | "HTTP/1.1", headers = ""): Promise<number> {
  const accepted = `${version} 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${headers}Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n`;
  const refused = `${version} 403 Forbidden\r\nContent-Length: 0\r\n\r\n`;
  return backends.tcp(
    (socket) =>
      void socket.once("data", (data) =>
        socket.write(
          /Origin: https:\/\/app\.example\.com\r/.test(String(data)) && !String(data).includes("Version: 99")
            ? accepted
            : refused,
        ),
      ),
  );
}

type Row = readonly [name: string, expected: readonly string[], start: () => Promise<number>, args?: readonly string[]];

const nodeRows: readonly Row[] = [
  ["a gate with a list", [], () => backends.guarded(policy)],
  ["a check by hand", [], () => backends.checked((origin) => origin === page)],
  ["a public feed without a cookie", [], () => backends.open()],
  ["a feed that sets a cookie", ["WSO050"], () => backends.open({ "Set-Cookie": "sid=1" })],
  [
    "an open door, with a visitor's cookie that it needs",
    ["WSO050"],
    () =>
      backends.accepting({
        verifyClient: ({ req }: { req: IncomingMessage }) => req.headers.cookie === "sid=1",
      }),
    ["--cookie", "sid=1"],
  ],
  ["an origin that is not on the list", ["WSO023"], () => backends.guarded({ origins: ["https://other.example.com"] })],
  ["ws on another path", ["WSO025"], () => backends.ws("/socket")],
  ["Express without a socket", ["WSO035"], backends.expressAlone],
  ["Socket.IO's server on another path", ["WSO029"], backends.socketIo],
  ["an upgrade that nobody answers", ["WSO028"], backends.hanging],
  ["two WebSocket servers on one", ["WSO041"], backends.twoServers],
  [
    "express-ws with middleware that refuses",
    ["WSO043"],
    () => backends.withExpressWs((_request, response) => void response.status(403).end()),
  ],
  [
    "a socket that is closed at once",
    ["WSO043"],
    () => backends.accepting({}, (socket) => socket.close(1008, "no session")),
  ],
  [
    "@fastify/cors whose origin fails",
    ["WSO034"],
    () => backends.fastify(() => Promise.reject(new Error("Not allowed by CORS"))),
  ],
  ["Origin: null on the list", ["WSO051"], () => backends.checked((origin) => origin === page || origin === "null")],
  ["a check with startsWith", ["WSO052"], () => backends.checked((origin) => origin?.startsWith(page) === true)],
  [
    "a check with endsWith",
    ["WSO052", "WSO053"],
    () => backends.checked((origin) => origin?.endsWith("app.example.com") === true),
  ],
  [
    "a wildcard",
    ["WSO053"],
    () => backends.checked((origin) => origin === page || origin?.endsWith(".app.example.com") === true),
  ],
  [
    "a same-host check without a list of hosts",
    ["WSO054"],
    () => backends.checked((origin, host) => origin === page || origin?.split("//")[1] === host),
  ],
  ["a token that is needed and given", [], () => backends.guarded({ ...policy, token }), ["--token", "x"]],
  ["a token that is asked for", ["WSO047"], () => backends.guarded({ ...policy, token })],
  ["a token that is not needed", ["WSO055"], () => backends.guarded(policy), ["--token", "x"]],
  [
    "a token in the URL",
    ["WSO055", "WSO056"],
    () => backends.guarded(policy),
    ["--token", "x", "--token-query", "access_token"],
  ],
  [
    "a token that comes back as the subprotocol",
    ["WSO042", "WSO055"],
    () => backends.accepting({ handleProtocols: (offered: Set<string>) => [...offered][0] ?? false }),
    ["--token", "abc", "--token-protocol"],
  ],
  [
    "a subprotocol that is not spoken",
    ["WSO044"],
    () => backends.accepting({ handleProtocols: () => false }),
    ["--protocol", "chat.v1"],
  ],
  [
    "a redirect",
    ["WSO021"],
    () =>
      backends.saying(
        "HTTP/1.1 301 Moved Permanently\r\nLocation: https://localhost/ws/?ticket=secret\r\nContent-Length: 0\r\n\r\n",
      ),
  ],
  [
    "a 429",
    ["WSO032"],
    () => backends.saying("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n"),
  ],
  [
    "a 431",
    ["WSO031"],
    () => backends.saying("HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n"),
  ],
  [
    "a wrong Sec-WebSocket-Accept",
    ["WSO036"],
    () =>
      backends.tcp(
        (socket) =>
          void socket.once("data", () =>
            socket.write(
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n",
            ),
          ),
      ),
  ],
  ["a 101 of HTTP/1.0", ["WSO045"], () => rawGate("HTTP/1.0")],
  [
    "a 418",
    ["WSO037"],
    () =>
      backends.tcp(
        (socket) =>
          void socket.once("data", (data) =>
            socket.end(
              String(data).includes("Upgrade: websocket")
                ? "HTTP/1.1 418 I'm a Teapot\r\nContent-Length: 0\r\n\r\n"
                : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            ),
          ),
      ),
  ],
  ["a server of another protocol", ["WSO039"], () => backends.tcp((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"))],
  ["CORS headers on the 101 are a note", [], () => rawGate("HTTP/1.1", "Access-Control-Allow-Origin: *\r\n")],
];

test.concurrent.for(nodeRows)("%s: %j", async ([, expected, start, args = []]) => {
  const report = await diagnose(await start(), args);
  expect(ids(report)).toEqual(expected);
  expect(JSON.stringify(report)).not.toContain("secret");
});

test.concurrent.each([
  ["express-ws", () => backends.withExpressWs()],
  ["Express and ws", backends.expressWithWs],
  ["Koa and ws", backends.koa],
  ["@fastify/websocket", () => backends.fastify()],
  ["ws", () => backends.ws()],
] as const)("%s without a check is an open door, with a way to close it", async (_name, start) => {
  const { findings } = await diagnose(await start(), ["--cookie", "sid=1"]);
  expect(findings.map(({ rule }) => rule.id)).toEqual(["WSO050"]);
  expect(findings[0]?.fix.join("\n")).toMatch(/createPolicy\(\{ origins: \["https:\/\/app\.example\.com"\] \}\)/);
  expect(JSON.stringify(findings)).not.toContain("sid=1");
});

/** What a proxy is told, in front of a backend. */
type ProxyRow = readonly [
  kind: ProxyKind,
  name: string,
  expected: readonly string[],
  backend: () => Promise<number>,
  config: (port: number, backend: number) => string,
  options?: {
    readonly args?: readonly string[];
    readonly path?: string;
    readonly direct?: true;
    readonly programArgs?: readonly string[];
  },
];

const nginx = (inside: string) => (port: number, backend: number) =>
  `map $http_upgrade $connection_upgrade { default upgrade; '' close; }\nserver { listen 127.0.0.1:${port}; ${inside.replaceAll("BACKEND", `http://127.0.0.1:${backend}`)} }`;
const passing =
  "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;";
const haproxy =
  (more: string, timeout = "30s") =>
  (port: number, backend: number) =>
    `defaults\n  mode http\n  timeout connect 1s\n  timeout client ${timeout}\n  timeout server ${timeout}\n  retries 0\nfrontend f\n  bind 127.0.0.1:${port}\n${more}\n  default_backend b\nbackend b\n  server s 127.0.0.1:${backend}\n`;
const caddy = (inside: string) => (port: number, backend: number) =>
  `http://:${port} {\n\tbind 127.0.0.1\n\t${inside.replaceAll("BACKEND", `127.0.0.1:${backend}`)}\n}`;
const vcl = (more: string) => (_port: number, backend: number) =>
  `vcl 4.1;\nbackend b { .host = "127.0.0.1"; .port = "${backend}"; }\n${more}`;
const piping = `sub vcl_recv { if (req.http.upgrade ~ "(?i)websocket") { return (pipe); } }
sub vcl_pipe { if (req.http.upgrade) { set bereq.http.upgrade = req.http.upgrade; set bereq.http.connection = req.http.connection; } }\n`;

const gated = () => backends.guarded(policy);
const down = () => freePort();

const proxyRows: readonly ProxyRow[] = [
  [
    "nginx",
    "right",
    [],
    gated,
    nginx(`location / { proxy_pass BACKEND; ${passing} proxy_set_header Host $http_host; }`),
  ],
  ["nginx", "no Upgrade, ws", ["WSO020"], () => backends.ws(), nginx("location / { proxy_pass BACKEND; }")],
  ["nginx", "no Upgrade, Express", ["WSO020"], backends.expressWithWs, nginx("location / { proxy_pass BACKEND; }")],
  ["nginx", "no Upgrade, Koa", ["WSO020"], backends.koa, nginx("location / { proxy_pass BACKEND; }")],
  ["nginx", "no Upgrade, Fastify", ["WSO020"], () => backends.fastify(), nginx("location / { proxy_pass BACKEND; }")],
  ["nginx", "no Upgrade, a gate", ["WSO020"], gated, nginx("location / { proxy_pass BACKEND; }")],
  [
    "nginx",
    "Upgrade without Connection",
    ["WSO020"],
    () => backends.ws(),
    nginx("location / { proxy_pass BACKEND; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; }"),
  ],
  [
    "nginx",
    "HTTP/1.0 to a strict backend",
    ["WSO046"],
    gated,
    nginx(
      "location / { proxy_pass BACKEND; proxy_http_version 1.0; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; }",
    ),
  ],
  [
    "nginx",
    "Host lost",
    ["WSO024"],
    () => backends.guarded({ origins: [page], hosts: ["localhost"] }),
    nginx(`location / { proxy_pass BACKEND; ${passing} proxy_set_header Host internal.example; }`),
    { direct: true },
  ],
  [
    "nginx",
    "Host lost, without --direct",
    ["WSO023"],
    () => backends.guarded({ origins: [page], hosts: ["localhost"] }),
    nginx(`location / { proxy_pass BACKEND; ${passing} proxy_set_header Host internal.example; }`),
  ],
  [
    "nginx",
    "Origin rewritten",
    ["WSO024"],
    gated,
    nginx(`location / { proxy_pass BACKEND; ${passing} proxy_set_header Origin http://internal; }`),
    { direct: true },
  ],
  ["nginx", "a redirect", ["WSO021"], gated, nginx("location / { return 301 https://$host$request_uri; }")],
  ["nginx", "backend down", ["WSO026"], down, nginx(`location / { proxy_pass BACKEND; ${passing} }`)],
  [
    "nginx",
    "backend that never answers",
    ["WSO027"],
    backends.hanging,
    nginx(`location / { proxy_pass BACKEND; ${passing} proxy_read_timeout 1s; }`),
  ],
  [
    "nginx",
    "a login in front",
    ["WSO022"],
    gated,
    nginx(`location / { auth_basic "x"; auth_basic_user_file /dev/null; proxy_pass BACKEND; ${passing} }`),
  ],
  [
    "nginx",
    "a limit of requests",
    ["WSO032"],
    gated,
    (port, backend) =>
      `limit_req_zone $binary_remote_addr zone=few:1m rate=1r/m;\n${nginx(`limit_req zone=few; location / { proxy_pass BACKEND; ${passing} proxy_set_header Host $http_host; }`)(port, backend)}`,
  ],
  [
    "nginx",
    "a limit that the page's handshake keeps",
    ["WSO032"],
    gated,
    (port, backend) =>
      `limit_req_zone $binary_remote_addr zone=some:1m rate=2r/s;\n${nginx(`limit_req zone=some; location / { proxy_pass BACKEND; ${passing} proxy_set_header Host $http_host; }`)(port, backend)}`,
  ],
  ["nginx", "a server that is switched off", ["WSO049"], gated, nginx("location / { return 503; }")],
  ["nginx", "an access list", ["WSO033"], gated, nginx("location / { deny all; }")],
  ["nginx", "not routed", ["WSO035"], gated, nginx("location /other { proxy_pass BACKEND; }")],
  [
    "nginx",
    "a file in its place",
    ["WSO035"],
    gated,
    nginx("root /usr/share/common-licenses; location / { try_files $uri /GPL-3 =404; }"),
  ],
  [
    "nginx",
    "a short timeout",
    ["WSO060"],
    gated,
    nginx(`location / { proxy_pass BACKEND; ${passing} proxy_set_header Host $http_host; proxy_read_timeout 3s; }`),
    { args: ["--idle", "6"] },
  ],
  [
    "nginx",
    "a long timeout",
    [],
    gated,
    nginx(`location / { proxy_pass BACKEND; ${passing} proxy_set_header Host $http_host; proxy_read_timeout 1h; }`),
    { args: ["--idle", "3"] },
  ],

  [
    "apache",
    "right",
    [],
    gated,
    (_port, backend) => `ProxyPass /ws http://127.0.0.1:${backend}/ws upgrade=websocket\nProxyPreserveHost On`,
  ],
  [
    "apache",
    "no Upgrade",
    ["WSO020"],
    () => backends.ws(),
    (_port, backend) => `ProxyPass / http://127.0.0.1:${backend}/`,
  ],
  [
    "apache",
    "Host lost",
    ["WSO024"],
    () => backends.guarded({ origins: [page], hosts: ["localhost"] }),
    (_port, backend) => `ProxyPass /ws http://127.0.0.1:${backend}/ws upgrade=websocket`,
    { direct: true },
  ],
  [
    "apache",
    "backend down",
    ["WSO026"],
    down,
    (_port, backend) => `ProxyPass /ws http://127.0.0.1:${backend}/ws upgrade=websocket`,
  ],
  ["apache", "a redirect", ["WSO021"], gated, () => "RewriteEngine On\nRewriteRule ^/ws$ /ws/ [R=301,L]"],

  [
    "apache",
    "HTTP/1.0 to the backend",
    ["WSO020"],
    () => backends.ws(),
    (_port, backend) =>
      `SetEnvIf Request_URI . force-proxy-request-1.0\nProxyPass /ws http://127.0.0.1:${backend}/ws upgrade=websocket`,
  ],
  [
    "apache",
    "Origin rewritten",
    ["WSO024"],
    gated,
    (_port, backend) =>
      `RequestHeader set Origin http://internal\nProxyPass /ws http://127.0.0.1:${backend}/ws upgrade=websocket`,
    { direct: true },
  ],
  ["apache", "an access list", ["WSO033"], gated, () => "<Location />\nRequire all denied\n</Location>"],
  [
    "apache",
    "a short timeout",
    ["WSO060"],
    gated,
    (_port, backend) =>
      `Timeout 3\nProxyPass /ws http://127.0.0.1:${backend}/ws upgrade=websocket\nProxyPreserveHost On`,
    { args: ["--idle", "6"] },
  ],
  ["haproxy", "right", [], gated, haproxy("")],
  ["haproxy", "Upgrade deleted, ws", ["WSO020"], () => backends.ws(), haproxy("  http-request del-header Upgrade")],
  [
    "haproxy",
    "Upgrade deleted, Express, with --direct",
    ["WSO020"],
    backends.expressWithWs,
    haproxy("  http-request del-header Upgrade"),
    { direct: true },
  ],
  ["haproxy", "backend down", ["WSO026"], down, haproxy("")],
  ["haproxy", "an access list", ["WSO033"], gated, haproxy("  http-request deny")],
  ["haproxy", "a short timeout", ["WSO060"], gated, haproxy("", "3s"), { args: ["--idle", "6"] }],

  [
    "haproxy",
    "Host lost",
    ["WSO024"],
    () => backends.guarded({ origins: [page], hosts: ["localhost"] }),
    haproxy("  http-request set-header Host internal.example"),
    { direct: true },
  ],
  [
    "haproxy",
    "Origin rewritten",
    ["WSO024"],
    gated,
    haproxy("  http-request set-header Origin http://internal"),
    { direct: true },
  ],
  ["haproxy", "a redirect", ["WSO021"], gated, haproxy("  http-request redirect scheme https")],
  ["haproxy", "a login in front", ["WSO022"], gated, haproxy("  http-request auth")],
  ["haproxy", "backend that never answers", ["WSO027"], backends.hanging, haproxy("", "2s")],
  ["caddy", "right", [], gated, caddy("reverse_proxy BACKEND")],
  [
    "caddy",
    "the form of Caddy 1",
    ["WSO020"],
    () => backends.ws(),
    caddy("reverse_proxy BACKEND {\n\t\theader_up Connection {>Connection}\n\t\theader_up Upgrade {>Upgrade}\n\t}"),
  ],
  ["caddy", "a matcher that does not match", ["WSO035"], gated, caddy("reverse_proxy /ws/* BACKEND")],
  ["caddy", "backend down", ["WSO026"], down, caddy("reverse_proxy BACKEND")],
  ["caddy", "a redirect", ["WSO021"], gated, caddy("redir https://{host}{uri} 308")],

  [
    "caddy",
    "Host lost",
    ["WSO024"],
    () => backends.guarded({ origins: [page], hosts: ["localhost"] }),
    caddy("reverse_proxy BACKEND {\n\t\theader_up Host internal.example\n\t}"),
    { direct: true },
  ],
  [
    "caddy",
    "Origin rewritten",
    ["WSO024"],
    gated,
    caddy("reverse_proxy BACKEND {\n\t\theader_up Origin http://internal\n\t}"),
    { direct: true },
  ],
  [
    "caddy",
    "a login in front",
    ["WSO022"],
    gated,
    caddy(
      "basicauth {\n\t\tada $2a$14$Zkx19XLiW6VYouLHR5NmfOFU0z2GTNmpkT/5qqR7hx4IjWJPDhjvG\n\t}\n\treverse_proxy BACKEND",
    ),
  ],
  ["caddy", "an access list", ["WSO033"], gated, caddy("respond 403")],
  ["varnish", "right", [], gated, vcl(piping)],
  ["varnish", "no pipe", ["WSO020"], () => backends.ws(), vcl("")],
  [
    "varnish",
    "a pipe without the fields",
    ["WSO020"],
    () => backends.ws(),
    vcl('sub vcl_recv { if (req.http.upgrade ~ "(?i)websocket") { return (pipe); } }'),
  ],
  ["varnish", "backend down", ["WSO026"], down, vcl(piping)],
  [
    "varnish",
    "Host lost",
    ["WSO024"],
    () => backends.guarded({ origins: [page], hosts: ["localhost"] }),
    vcl(piping.replace("sub vcl_recv {", 'sub vcl_recv { set req.http.host = "internal.example";')),
    { direct: true },
  ],
  [
    "varnish",
    "Origin rewritten",
    ["WSO024"],
    gated,
    vcl(piping.replace("sub vcl_recv {", 'sub vcl_recv { set req.http.origin = "http://internal";')),
    { direct: true },
  ],
  [
    "varnish",
    "a redirect",
    ["WSO021"],
    gated,
    vcl(
      'sub vcl_recv { return (synth(301, "https://app.example.com/ws")); }\nsub vcl_synth { set resp.http.location = resp.reason; }',
    ),
  ],
  ["varnish", "an access list", ["WSO033"], gated, vcl("sub vcl_recv { return (synth(403)); }")],
  [
    "varnish",
    "a short timeout",
    ["WSO060"],
    gated,
    vcl(piping),
    { args: ["--idle", "6"], programArgs: ["-p", "pipe_timeout=3"] },
  ],
];

describe.concurrent("proxies", () => {
  test.for(proxyRows)(
    "%s, %s: %j",
    { timeout: 90_000 },
    async ([kind, , expected, start, config, options = {}], context: TestContext) => {
      needs(kind, context);
      const backend = await start();
      const proxy = await startProxy({
        kind,
        config: ({ port }) => config(port, backend),
        ...(options.programArgs !== undefined && { args: options.programArgs }),
      });
      try {
        const direct = options.direct === true ? ["--direct", `ws://localhost:${backend}/ws`] : [];
        const report = await diagnose(proxy.port, [...(options.args ?? []), ...direct], options.path);
        expect(ids(report)).toEqual(expected);
      } finally {
        await proxy.stop();
      }
    },
  );
});

const daphneRows = [
  ["without a validator", "none", "/ws", ["WSO050"]],
  ["with OriginValidator", "origin", "/ws", []],
  ["with AllowedHostsOriginValidator", "allowed-hosts", "/ws", ["WSO052"]],
  ["on a path that is not routed", "none", "/other", ["WSO034"]],
] as const;

describe.concurrent("Django Channels on Daphne", () => {
  test.for(daphneRows)("%s", { timeout: 90_000 }, async ([, validator, path, expected], context: TestContext) => {
    needsDaphne(context);
    const port = await backends.daphne(validator);
    const report = await diagnose(port, ["--cookie", "sid=1"], path);
    const failures = report.findings.filter(
      (finding) => finding.rule.id !== "WSO050" || severityOf(finding) !== "note",
    );
    expect(failures.map(({ rule }) => rule.id)).toEqual(expected);
  });
});

test.concurrent(
  "CORS headers on a refused handshake show that it arrived as an ordinary request: Django behind nginx",
  { timeout: 90_000 },
  async (context) => {
    needs("nginx", context);
    needsDaphne(context);
    const backend = await backends.daphne("origin");
    const proxy = await startProxy({
      kind: "nginx",
      config: ({ port }) => nginx("location / { proxy_pass BACKEND; proxy_set_header Host $host; }")(port, backend),
    });
    try {
      const { findings } = await diagnose(proxy.port);
      expect(findings.map(({ rule }) => rule.id)).toEqual(["WSO020"]);
      expect(findings[0]?.seen.join("\n")).toContain(`Access-Control-Allow-Origin: ${page} (CORS answered`);
    } finally {
      await proxy.stop();
    }
  },
);

describe.concurrent("TLS", () => {
  test("a right certificate", async () => {
    const { trusted, authority } = await certificates();
    const report = await diagnose(await backends.tls(trusted), ["--ca", authority], "/ws", "wss");
    expect(ids(report)).toEqual([]);
    expect(report.steps.find(({ name }) => name === "TLS")).toMatchObject({ outcome: "ok" });
  });

  test.each([
    ["expired", "expired", "WSO013"],
    ["for another name", "otherName", "WSO014"],
    ["self-signed", "selfSigned", "WSO015"],
  ] as const)("%s", async (_name, kind, id) => {
    const all = await certificates();
    const report = await diagnose(await backends.tls(all[kind]), [], "/ws", "wss");
    expect(ids(report)[0]).toBe(id);
  });

  test("HTTP/2 and nothing else", async () => {
    expect(ids(await diagnose(await backends.http2Only(selfSigned), [], "/ws", "wss"))).toEqual(["WSO016"]);
  });

  test("wss: on a plain port", async () => {
    expect(ids(await diagnose(await backends.ws(), [], "/ws", "wss"))).toEqual(["WSO017"]);
  });

  test("ws: on a port that speaks TLS", async () => {
    const plain = await diagnose(await backends.tls(selfSigned));
    expect(["WSO039", "WSO018"]).toContain(ids(plain)[0]);
    const port = await backends.saying(
      "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Length: 55\r\n\r\n<center>The plain HTTP request was sent to HTTPS port</c",
    );
    expect(ids(await diagnose(port))).toEqual(["WSO018"]);
  });
});

describe.concurrent("the way", () => {
  test("nobody listens", async () => {
    expect(ids(await diagnose(await freePort()))).toEqual(["WSO011"]);
  });

  test("a name that nobody has", async () => {
    const outcome = await doctor.run(["ws://wsorigin-test.invalid/ws"], surroundings());
    expect("report" in outcome && ids(outcome.report)).toEqual(["WSO010"]);
  });
});

test("docs/doctor.md has the table of rows", async () => {
  const table = [
    "# What the doctor is tried on",
    "",
    "Each row is a program that is started, and what is found there, the cause first. `none`: nothing is found. The rules are in [rules.md](rules.md).",
    "",
    "| what | set up | found |",
    "| --- | --- | --- |",
    ...nodeRows.map(([name, expected]) => row("Node.js", name, expected)),
    ...proxyRows.map(([kind, name, expected]) => row(kind, name, expected)),
    ...daphneRows.map(([name, , , expected]) => row("Django Channels", name, expected)),
    "",
  ].join("\n");
  await expect(table).toMatchFileSnapshot("../docs/doctor.md");
});

test("every rule has a row here or among the servers for Node.js, or a fixture in rules.test.ts", async () => {
  const source = await readFile(new URL("rules.test.ts", import.meta.url), "utf8");
  const here = await readFile(new URL("doctor.test.ts", import.meta.url), "utf8");
  const byHand = await readFile(new URL("node-setups/by-hand.ts", import.meta.url), "utf8");
  const without = doctor.rules.filter(({ id }) => ![source, here, byHand].some((text) => text.includes(`"${id}"`)));
  expect(without).toEqual([]);
});

function row(what: string, name: string, expected: readonly string[]): string {
  const found = expected.map((id) => `[${id}](rules.md#${id.toLowerCase()})`).join(", ");
  return `| ${what} | ${name} | ${found === "" ? "none" : found} |`;
}

function surroundings() {
  return { cwd: ".", stdin: async () => "", progress: () => {}, signal: new AbortController().signal };
}

function needsDaphne(context: TestContext): void {
  needsProgram("daphne", "daphne python3-django-channels python3-django-cors-headers", context);
}

function existsIn(folder: string, name: string): boolean {
  return existsSync(join(folder, name));
}

function needsProgram(name: string, debian: string, context: TestContext): void {
  const found = (process.env["PATH"] ?? "").split(":").some((folder) => existsIn(folder, name));
  if (found) return;
  if (process.env["CI"] !== undefined && process.env["CI"] !== "") throw new Error(`Install ${debian}.`);
  context.skip(`Install ${debian}.`);
}
