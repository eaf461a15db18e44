import { type Row, rowsOf } from "./row.ts";

function dynamic(...lines: readonly string[]): string {
  return `http:\n  routers:\n    app:\n      rule: "Host(\`app.example.com\`)"\n      service: app\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

const service = [
  "services:",
  "  app:",
  "    loadBalancer:",
  "      servers:",
  '        - url: "http://127.0.0.1:3000"',
];

function compose(...labels: readonly string[]): string {
  return `services:\n  app:\n    image: app\n    labels:\n      - "traefik.enable=true"\n${labels.map((label) => `      - "${label}"\n`).join("")}`;
}

export const traefikRows: readonly Row[] = rowsOf("traefik", "dynamic.yml", [
  ["nothing but a router and a service", dynamic(...service), "nothing"],
  ["`passHostHeader: false`", dynamic(...service, "      passHostHeader: false"), "WSO180 warning"],
  ["`passHostHeader: true`", dynamic(...service, "      passHostHeader: true"), "nothing"],
  [
    "Origin is removed",
    dynamic(
      ...service,
      "middlewares:",
      "  clean:",
      "    headers:",
      "      customRequestHeaders:",
      '        Origin: ""',
    ),
    "WSO181 failure",
  ],
  [
    "Upgrade is removed",
    dynamic(
      ...service,
      "middlewares:",
      "  clean:",
      "    headers:",
      "      customRequestHeaders:",
      '        Upgrade: ""',
    ),
    "WSO182 failure",
  ],
  [
    "another header is set",
    dynamic(
      ...service,
      "middlewares:",
      "  clean:",
      "    headers:",
      "      customRequestHeaders:",
      "        X-Forwarded-Proto: https",
    ),
    "nothing",
  ],
  [
    "the prefix is stripped",
    dynamic(...service, "middlewares:", "  strip:", "    stripPrefix:", "      prefixes:", "        - /ws"),
    "WSO183 note",
  ],
  [
    "CORS headers",
    dynamic(
      ...service,
      "middlewares:",
      "  cors:",
      "    headers:",
      '      accessControlAllowOriginList: ["https://app.example.com"]',
    ),
    "WSO185 note",
  ],
  ["an h2c: backend", dynamic(...service.slice(0, -1), "        - url: h2c://127.0.0.1:3000"), "WSO186 failure"],
  ["the access log", "entryPoints:\n  web:\n    address: ':80'\naccessLog: {}\n", "WSO184 warning"],
  [
    "the access log without the path",
    "entryPoints:\n  web:\n    address: ':80'\naccessLog:\n  format: json\n  fields:\n    names:\n      RequestPath: drop\n      RequestLine: drop\n",
    "nothing",
  ],
  [
    "timeouts of an entry point, which do not end sockets",
    "entryPoints:\n  web:\n    address: ':80'\n    transport:\n      respondingTimeouts:\n        readTimeout: 10s\n        idleTimeout: 30s\n",
    "nothing",
  ],
  [
    "labels",
    compose(
      "traefik.http.routers.app.rule=Host(`app.example.com`)",
      "traefik.http.services.app.loadbalancer.server.port=3000",
    ),
    "nothing",
  ],
  [
    "labels: `passhostheader=false`",
    compose("traefik.http.services.app.loadbalancer.passhostheader=false"),
    "WSO180 warning",
  ],
  [
    "labels: Origin is removed",
    compose("traefik.http.middlewares.clean.headers.customrequestheaders.Origin="),
    "WSO181 failure",
  ],
  [
    "TOML, as it should be",
    '[http.services.app.loadBalancer]\n  [[http.services.app.loadBalancer.servers]]\n    url = "http://127.0.0.1:3000"\n',
    "nothing",
  ],
  [
    "TOML: `passHostHeader = false`",
    '[http.services.app.loadBalancer]\n  passHostHeader = false\n  [[http.services.app.loadBalancer.servers]]\n    url = "http://127.0.0.1:3000"\n',
    "WSO180 warning",
  ],
  ["TOML: the access log", '[entryPoints.web]\n  address = ":80"\n[accessLog]\n', "WSO184 warning"],
  ["a line that is no TOML", "[http.services.app.loadBalancer]\n  passHostHeader = = false\n", "WSO131 failure"],
]);
