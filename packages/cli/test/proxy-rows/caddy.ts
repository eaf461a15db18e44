import { type Row, rowsOf } from "./row.ts";

function site(...lines: readonly string[]): string {
  return `app.example.com {\n\t${lines.join("\n\t")}\n}\n`;
}

function proxied(...lines: readonly string[]): string {
  return site("reverse_proxy 127.0.0.1:3000 {", ...lines.map((line) => `\t${line}`), "}");
}

const json = (handler: object, more: object = {}) =>
  JSON.stringify(
    {
      apps: {
        http: {
          servers: {
            web: {
              listen: [":443"],
              routes: [{ handle: [{ handler: "reverse_proxy", upstreams: [{ dial: "127.0.0.1:3000" }], ...handler }] }],
              ...more,
            },
          },
        },
      },
    },
    null,
    2,
  );

export const caddyRows: readonly Row[] = rowsOf("caddy", "Caddyfile", [
  ["nothing but reverse_proxy", site("reverse_proxy 127.0.0.1:3000"), "nothing"],
  ["without braces", "app.example.com\nreverse_proxy 127.0.0.1:3000\n", "nothing"],
  [
    "global options and a snippet",
    "{\n\temail me@example.com\n}\n(app) {\n\treverse_proxy 127.0.0.1:3000\n}\napp.example.com {\n\timport app\n}\n",
    "nothing",
  ],
  ["`flush_interval -1`", proxied("flush_interval -1"), "nothing"],
  ["`header_up X-Real-IP`", proxied("header_up X-Real-IP {remote_host}"), "nothing"],
  [
    "headers of Caddy 1",
    proxied("header_up Connection {>Connection}", "header_up Upgrade {>Upgrade}"),
    "WSO160 failure",
  ],
  [
    "Connection of Caddy 2",
    proxied("header_up Connection {http.request.header.Connection}", "header_up Upgrade {http.request.header.Upgrade}"),
    "nothing",
  ],
  ["Upgrade is deleted", proxied("header_up -Upgrade"), "WSO160 failure"],
  ["Upgrade is deleted in the site", site("request_header -Upgrade", "reverse_proxy 127.0.0.1:3000"), "WSO160 failure"],
  ["Sec-WebSocket-* is deleted", proxied("header_up -Sec-WebSocket-*"), "WSO160 failure"],
  ["Host of the upstream", proxied("header_up Host {upstream_hostport}"), "WSO161 warning"],
  ["Host of the browser", proxied("header_up Host {host}"), "nothing"],
  ["Host of the site", proxied("header_up Host app.example.com"), "nothing"],
  ["Origin is deleted", proxied("header_up -Origin"), "WSO162 failure"],
  ["Origin is fixed", proxied("header_up Origin https://app.example.com"), "WSO162 failure"],
  [
    "Origin is deleted in a snippet",
    "(clean) {\n\theader_up -Origin\n}\napp.example.com {\n\treverse_proxy 127.0.0.1:3000 {\n\t\timport clean\n\t}\n}\n",
    "WSO162 failure",
  ],
  ["`/ws/*` for /ws", site("reverse_proxy /ws/* 127.0.0.1:3000"), "WSO163 failure", "/ws"],
  ["`/ws*` for /ws", site("reverse_proxy /ws* 127.0.0.1:3000"), "nothing", "/ws"],
  [
    "a named matcher for both",
    site("@ws path /ws /ws/*", "reverse_proxy @ws 127.0.0.1:3000", "file_server"),
    "nothing",
    "/ws",
  ],
  ["`handle_path`", site("handle_path /ws/* {", "\treverse_proxy 127.0.0.1:3000", "}"), "WSO164 warning"],
  ["`handle`", site("handle /ws/* {", "\treverse_proxy 127.0.0.1:3000", "}"), "nothing"],
  ["`stream_timeout`", proxied("stream_timeout 1h"), "WSO165 warning"],
  ["`stream_close_delay`", proxied("stream_close_delay 5m"), "nothing"],
  ["`read_timeout` of the transport", proxied("transport http {", "\tread_timeout 30s", "}"), "WSO166 warning"],
  ["`dial_timeout` of the transport", proxied("transport http {", "\tdial_timeout 5s", "}"), "nothing"],
  ["an access log", site("log", "reverse_proxy 127.0.0.1:3000"), "WSO167 warning"],
  [
    "an access log without the query",
    site(
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
    "nothing",
  ],
  ["a log that is discarded", site("log {", "\toutput discard", "}", "reverse_proxy 127.0.0.1:3000"), "nothing"],
  [
    "Origin is compared by its end",
    site(
      "@foreign {",
      "\theader Connection *Upgrade*",
      "\tnot header Origin *example.com",
      "}",
      "respond @foreign 403",
      "reverse_proxy 127.0.0.1:3000",
    ),
    "WSO168 failure",
  ],
  [
    "Origin by an expression without ^ and $",
    site(
      "@foreign not header_regexp Origin app\\.example\\.com",
      "respond @foreign 403",
      "reverse_proxy 127.0.0.1:3000",
    ),
    "WSO168 failure",
  ],
  [
    "Origin is compared whole",
    site(
      "@foreign {",
      "\theader Connection *Upgrade*",
      "\tnot header Origin https://app.example.com",
      "}",
      "respond @foreign 403",
      "reverse_proxy 127.0.0.1:3000",
    ),
    "nothing",
  ],
  ["a brace is missing", "app.example.com {\n\treverse_proxy 127.0.0.1:3000\n", "WSO131 failure"],
  ["no route for the path", site("reverse_proxy /api/* 127.0.0.1:3000"), "WSO132 failure", "/ws"],
  ["JSON, as it should be", json({}), "nothing"],
  ["JSON: Origin is deleted", json({ headers: { request: { delete: ["Origin"] } } }), "WSO162 failure"],
  [
    "JSON: Host of the upstream",
    json({ headers: { request: { set: { Host: ["{http.reverse_proxy.upstream.hostport}"] } } } }),
    "WSO161 warning",
  ],
  ["JSON: a lifetime", json({ stream_timeout: "24h" }), "WSO165 warning"],
  ["JSON: an access log", json({}, { logs: {} }), "WSO167 warning"],
]);
