import { type Row, rowsOf } from "./row.ts";

interface Parts {
  readonly manager?: readonly string[];
  readonly route?: readonly string[];
  readonly host?: readonly string[];
  readonly cluster?: readonly string[];
}

const upgrade = ["upgrade_configs:", "- upgrade_type: websocket"];

function site({ manager = upgrade, route = [], host = [], cluster = [] }: Parts = {}): string {
  const at = (spaces: number, lines: readonly string[]) =>
    lines.map((line) => `${" ".repeat(spaces)}${line}\n`).join("");
  return `static_resources:
  listeners:
  - filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: web
${at(10, manager)}          route_config:
            virtual_hosts:
            - name: app
              domains: ["*"]
${at(14, host)}              routes:
              - match: { prefix: "/ws" }
                route:
                  cluster: app
${at(18, route)}  clusters:
  - name: app
    connect_timeout: 1s
${at(4, cluster)}`;
}

export const envoyRows: readonly Row[] = rowsOf("envoy", "envoy.yaml", [
  ["`upgrade_configs` of the connection manager", site(), "nothing"],
  ["`upgrade_configs` of the route", site({ manager: [], route: upgrade }), "nothing"],
  ["no `upgrade_configs`", site({ manager: [] }), "WSO190 failure"],
  ["CONNECT alone", site({ manager: ["upgrade_configs:", "- upgrade_type: CONNECT"] }), "WSO190 failure"],
  ["the route turns the upgrade off", site({ route: [...upgrade, "  enabled: false"] }), "WSO190 failure"],
  ["a route timeout, which does not end sockets", site({ route: ["timeout: 15s"] }), "nothing"],
  ["a short `stream_idle_timeout`", site({ manager: [...upgrade, "stream_idle_timeout: 30s"] }), "WSO191 warning"],
  [
    "a short limit, and a long one of the route",
    site({ manager: [...upgrade, "stream_idle_timeout: 30s"], route: ["idle_timeout: 3600s"] }),
    "nothing",
  ],
  ["a short `idle_timeout` of the route", site({ route: ["idle_timeout: 10s"] }), "WSO191 warning"],
  ["no idle limit", site({ manager: [...upgrade, "stream_idle_timeout: 0s"] }), "nothing"],
  ["`max_stream_duration`", site({ route: ["max_stream_duration: { max_stream_duration: 600s }"] }), "WSO192 warning"],
  ["`host_rewrite_literal`", site({ route: ["host_rewrite_literal: app.internal"] }), "WSO193 warning"],
  ["`auto_host_rewrite`", site({ route: ["auto_host_rewrite: true"] }), "WSO193 warning"],
  ["Origin is removed", site({ host: ["request_headers_to_remove: [origin]"] }), "WSO194 failure"],
  ["another header is removed", site({ host: ["request_headers_to_remove: [x-debug]"] }), "nothing"],
  [
    "the access log in Envoy's format",
    site({
      manager: [
        ...upgrade,
        "access_log:",
        "- name: envoy.access_loggers.stdout",
        "  typed_config:",
        '    "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog',
      ],
    }),
    "WSO195 warning",
  ],
  [
    "an access log without the query",
    site({
      manager: [
        ...upgrade,
        "access_log:",
        "- name: envoy.access_loggers.stdout",
        "  typed_config:",
        "    log_format:",
        "      text_format_source:",
        '        inline_string: "%START_TIME% %PATH(NQ)%"',
      ],
    }),
    "nothing",
  ],
  ["an HTTP/2 cluster", site({ cluster: ["http2_protocol_options: {}"] }), "WSO196 failure"],
  [
    "an HTTP/2 cluster with `allow_connect`",
    site({ cluster: ["http2_protocol_options: { allow_connect: true }"] }),
    "nothing",
  ],
  ["no route for the path", site(), "WSO132 failure", "/chat"],
]);
