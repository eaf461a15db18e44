import type { CheckedKind } from "../../src/proxy/checker.ts";
import type { ProxyKind } from "../proxies.ts";

/** A fault that can be seen in the real server. */
export interface Case {
  readonly rule: string;
  readonly kind: CheckedKind & ProxyKind;
  readonly harm:
    | "upgrade"
    | "firefox"
    | "refused"
    | "accept"
    | "host"
    | "origin"
    | "path"
    | "foreign"
    | "idle"
    | "logged";
  readonly wrong: string;
  readonly right: string;
  /** The path that the check is asked for. */
  readonly path?: string;
  /** The backend speaks HTTP/2 where the configuration is wrong. */
  readonly http2?: boolean;
}

// Apache

const apacheLines = ["ProxyPreserveHost On"];
const passed = "ProxyPass /ws http://127.0.0.1:3000/ws upgrade=websocket timeout=60";
const apache = (...lines: readonly string[]) => [...apacheLines, ...lines, ""].join("\n");
const rewrite = (...conditions: readonly string[]) =>
  apache(
    "RewriteEngine On",
    ...conditions,
    "RewriteRule ^/ws ws://127.0.0.1:3000/ws [P,L]",
    "ProxyPass /ws http://127.0.0.1:3000/ws",
  );

const apacheCases: readonly Omit<Case, "kind">[] = [
  { rule: "WSO140", harm: "upgrade", wrong: apache("ProxyPass /ws http://127.0.0.1:3000/ws"), right: apache(passed) },
  {
    rule: "WSO140",
    harm: "upgrade",
    wrong: apache(
      "RewriteEngine On",
      "RewriteCond %{HTTP:Upgrade} =websocket [NC]",
      "RewriteRule ^/ws http://127.0.0.1:3000/ws [P,L]",
    ),
    right: rewrite("RewriteCond %{HTTP:Upgrade} =websocket [NC]"),
  },
  {
    rule: "WSO141",
    harm: "upgrade",
    wrong: apache("ProxyPass / http://127.0.0.1:3000/", passed),
    right: apache(passed, "ProxyPass / http://127.0.0.1:3000/"),
  },
  {
    rule: "WSO142",
    harm: "upgrade",
    wrong: apache(
      "ProxyPass /ws http://127.0.0.1:3000/ws",
      "RequestHeader set Upgrade websocket",
      "RequestHeader set Connection Upgrade",
    ),
    right: apache(passed),
  },
  { rule: "WSO143", harm: "host", wrong: `${passed}\n`, right: apache(passed) },
  {
    rule: "WSO144",
    harm: "origin",
    wrong: apache(passed, "RequestHeader set Origin https://app.internal"),
    right: apache(passed),
  },
  {
    rule: "WSO145",
    harm: "idle",
    wrong: apache("Timeout 1", "ProxyPass /ws http://127.0.0.1:3000/ws upgrade=websocket timeout=1"),
    right: apache("Timeout 1", "ProxyPass /ws http://127.0.0.1:3000/ws upgrade=websocket timeout=600"),
  },
  {
    rule: "WSO146",
    harm: "logged",
    wrong: apache(passed, 'CustomLog LOGS/query.log "own %r"'),
    right: apache(passed, 'CustomLog LOGS/query.log "own %m %U %H %>s"'),
  },
  {
    rule: "WSO147",
    harm: "firefox",
    wrong: rewrite("RewriteCond %{HTTP:Connection} ^Upgrade$ [NC]"),
    right: rewrite("RewriteCond %{HTTP:Connection} upgrade [NC]"),
  },
  {
    rule: "WSO147",
    harm: "upgrade",
    wrong: rewrite("RewriteCond %{HTTP:Upgrade} =WebSocket"),
    right: rewrite("RewriteCond %{HTTP:Upgrade} =WebSocket [NC]"),
  },
  { rule: "WSO148", harm: "upgrade", wrong: apache(passed, "SetEnv force-proxy-request-1.0 1"), right: apache(passed) },
];

// HAProxy

interface Parts {
  readonly defaults?: string;
  readonly frontend?: string;
  readonly backend?: string;
  readonly server?: string;
}

function haproxy({ defaults = "timeout tunnel 1h", frontend = "", backend = "", server = "" }: Parts = {}): string {
  return `defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  ${defaults}
frontend web
  bind 127.0.0.1:8080
  ${frontend}
  default_backend app
backend app
  ${backend}
  server s1 127.0.0.1:3000 ${server}
`;
}

const logging = "log stdout format raw local0\n  timeout tunnel 1h";
const gate = (acl: string) =>
  haproxy({
    frontend: `acl origin_ok ${acl}\n  http-request deny deny_status 403 if { hdr(Upgrade) -i websocket } !origin_ok`,
  });

const haproxyCases: readonly Omit<Case, "kind">[] = [
  {
    rule: "WSO150",
    harm: "idle",
    wrong: haproxy({ defaults: "timeout client 1s\n  timeout server 1s" }),
    right: haproxy({ defaults: "timeout client 1s\n  timeout server 1s\n  timeout tunnel 1h" }),
  },
  { rule: "WSO150", harm: "idle", wrong: haproxy({ backend: "timeout tunnel 1s" }), right: haproxy() },
  {
    rule: "WSO151",
    harm: "upgrade",
    wrong: haproxy({ frontend: "http-request del-header Upgrade" }),
    right: haproxy(),
  },
  {
    rule: "WSO151",
    harm: "upgrade",
    wrong: haproxy({ backend: "http-request set-header Connection close" }),
    right: haproxy(),
  },
  {
    rule: "WSO151",
    harm: "accept",
    wrong: haproxy({ backend: "http-request del-header Sec-WebSocket-Protocol" }),
    right: haproxy(),
  },
  {
    rule: "WSO152",
    harm: "origin",
    wrong: haproxy({ backend: "http-request set-header Origin https://app.internal" }),
    right: haproxy(),
  },
  {
    rule: "WSO153",
    harm: "host",
    wrong: haproxy({ backend: "http-request set-header Host app.internal" }),
    right: haproxy(),
  },
  {
    rule: "WSO154",
    harm: "logged",
    wrong: haproxy({ defaults: `${logging}\n  option httplog` }),
    right: haproxy({ defaults: `${logging}\n  log-format "%HM %HPO %ST"` }),
  },
  {
    rule: "WSO155",
    harm: "refused",
    http2: true,
    wrong: haproxy({ server: "proto h2" }),
    right: haproxy({ server: "proto h2 ws h1" }),
  },
  {
    rule: "WSO156",
    harm: "foreign",
    wrong: gate("hdr_end(Origin) app.example.com"),
    right: gate("hdr(Origin) -m str https://app.example.com"),
  },
  {
    rule: "WSO156",
    harm: "foreign",
    wrong: gate("hdr(Origin) -m reg app.example.com"),
    right: gate("hdr(Origin) -m reg ^https://app\\.example\\.com$"),
  },
  {
    rule: "WSO157",
    harm: "upgrade",
    wrong: haproxy({ frontend: "acl is_ws hdr(Upgrade) -i websocket\n  http-request deny if is_ws" }),
    right: haproxy({ frontend: "acl is_ws hdr(Upgrade) -i websocket\n  http-request deny if !is_ws" }),
  },
  // These two options end no socket.
  {
    rule: "WSO151",
    harm: "upgrade",
    wrong: haproxy({ frontend: "http-request del-header Connection" }),
    right: haproxy({ defaults: "timeout tunnel 1h\n  option httpclose" }),
  },
  {
    rule: "WSO151",
    harm: "upgrade",
    wrong: haproxy({ frontend: "http-request del-header Upgrade" }),
    right: haproxy({ defaults: "timeout tunnel 1h\n  option http-server-close" }),
  },
];

// Caddy

const caddy = (...lines: readonly string[]) => `http://:8080 {\n\tbind 127.0.0.1\n\t${lines.join("\n\t")}\n}\n`;
const proxied = (...lines: readonly string[]) =>
  caddy("reverse_proxy 127.0.0.1:3000 {", ...lines.map((line) => `\t${line}`), "}");
const plain = caddy("reverse_proxy 127.0.0.1:3000");
const foreign = (...lines: readonly string[]) =>
  caddy("@foreign {", ...lines.map((line) => `\t${line}`), "}", "respond @foreign 403", "reverse_proxy 127.0.0.1:3000");

const caddyCases: readonly Omit<Case, "kind">[] = [
  {
    rule: "WSO163",
    harm: "upgrade",
    path: "/ws",
    wrong: caddy("reverse_proxy /ws/* 127.0.0.1:3000"),
    right: caddy("reverse_proxy /ws* 127.0.0.1:3000"),
  },
  {
    rule: "WSO160",
    harm: "upgrade",
    wrong: proxied("header_up Connection {>Connection}", "header_up Upgrade {>Upgrade}"),
    right: plain,
  },
  {
    rule: "WSO160",
    harm: "upgrade",
    wrong: proxied("header_up -Sec-WebSocket-Key"),
    right: proxied("flush_interval -1"),
  },
  {
    rule: "WSO161",
    harm: "host",
    wrong: proxied("header_up Host {upstream_hostport}"),
    right: proxied("header_up Host {hostport}"),
  },
  { rule: "WSO162", harm: "origin", wrong: proxied("header_up Origin https://app.internal"), right: plain },
  {
    rule: "WSO164",
    harm: "path",
    wrong: caddy("handle_path /ws/* {", "\treverse_proxy 127.0.0.1:3000", "}"),
    right: caddy("handle /ws/* {", "\treverse_proxy 127.0.0.1:3000", "}"),
  },
  {
    rule: "WSO166",
    harm: "idle",
    wrong: proxied("transport http {", "\tread_timeout 1s", "}"),
    right: proxied("transport http {", "\tdial_timeout 1s", "}"),
  },
  {
    rule: "WSO167",
    harm: "logged",
    wrong: caddy("log", "reverse_proxy 127.0.0.1:3000"),
    right: caddy(
      "log {",
      "\tformat filter {",
      "\t\twrap json",
      "\t\tfields {",
      "\t\t\trequest>uri query {",
      "\t\t\t\tdelete token",
      "\t\t\t}",
      "\t\t}",
      "\t}",
      "}",
      "reverse_proxy 127.0.0.1:3000",
    ),
  },
  {
    rule: "WSO168",
    harm: "foreign",
    wrong: foreign("header Connection *Upgrade*", "not header Origin *app.example.com"),
    right: foreign("header Connection *Upgrade*", "not header Origin https://app.example.com"),
  },
  {
    rule: "WSO168",
    harm: "foreign",
    wrong: foreign("not header_regexp Origin app\\.example\\.com"),
    right: foreign("not header_regexp Origin ^https://app\\.example\\.com$"),
  },
];

function of(kind: Case["kind"], faults: readonly Omit<Case, "kind">[]): readonly Case[] {
  return faults.map((each) => Object.assign({ kind }, each));
}

export const cases: readonly Case[] = [
  ...of("apache", apacheCases),
  ...of("haproxy", haproxyCases),
  ...of("caddy", caddyCases),
];
