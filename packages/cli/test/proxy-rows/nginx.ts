import { type Row, rowsOf } from "./row.ts";

const map = "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }\n";

/** A site that is right, with lines changed. */
function site(changes: Readonly<Record<string, string>> = {}, location = "/ws", around = ""): string {
  const lines = {
    pass: "proxy_pass http://127.0.0.1:3000;",
    version: "proxy_http_version 1.1;",
    upgrade: "proxy_set_header Upgrade $http_upgrade;",
    connection: "proxy_set_header Connection $connection_upgrade;",
    host: "proxy_set_header Host $http_host;",
    timeout: "proxy_read_timeout 3600s;",
    ...changes,
  };
  return `${map}server {\n  listen 80;\n  ${around}\n  location ${location} {\n    ${Object.values(lines).join("\n    ")}\n  }\n}\n`;
}

export const nginxRows: readonly Row[] = rowsOf("nginx", "app.conf", [
  ["all as it should be", site(), "nothing"],
  ["Upgrade is missing", site({ upgrade: "", connection: "" }), "WSO104 failure"],
  ["Connection is missing", site({ connection: "" }), "WSO107 failure"],
  ["Connection is keep-alive", site({ connection: "proxy_set_header Connection keep-alive;" }), "WSO108 failure"],
  ["Host is that of the upstream", site({ host: "" }), "WSO116 warning"],
  ["Origin is fixed", site({ more: "proxy_set_header Origin https://app.example.com;" }), "WSO117 failure"],
  ["the idle limit is nginx's own", site({ timeout: "" }), "WSO118 warning"],
  ["HTTP/1.0 to the backend", site({ version: "proxy_http_version 1.0;" }), "WSO113 warning"],
  [
    "headers of the server are cancelled by one of the location",
    site(
      { upgrade: "proxy_set_header X-Real-IP $remote_addr;", connection: "", host: "" },
      "/ws",
      "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;",
    ),
    "WSO114 failure",
  ],
  ["the path has no location", site({}, "/chat/"), "WSO103 failure", "/ws"],
  ["`access_log /dev/null`", `http {\n${site({ log: "access_log /dev/null;" })}}`, "nothing"],
  ["`access_log off`", `http {\n${site({ log: "access_log off;" })}}`, "nothing"],
  [
    "a log without the query",
    `http {\nlog_format bare '$remote_addr $uri';\n${site({ log: "access_log /var/log/a.log bare;" })}}`,
    "nothing",
  ],
  ["a log with the request line", `http {\n${site({ log: "access_log /var/log/a.log;" })}}`, "WSO122 warning"],
  ["a template of envsubst that can be judged", site({ pass: "proxy_pass http://${BACKEND}:3000;" }), "WSO130 note"],
  [
    "a template of Jinja",
    `server {\n  listen {{ port }};\n{% for app in apps %}\n  location /{{ app.name }} { proxy_pass http://{{ app.host }}; }\n{% endfor %}\n}\n`,
    "WSO130 note",
  ],
  [
    "a template of Go (docker-gen)",
    `{{ range $host, $containers := groupByMulti $ "Env.VIRTUAL_HOST" "," }}\nserver {\n  server_name {{ $host }};\n  location / { proxy_pass http://{{ $host }}; }\n}\n{{ end }}\n`,
    "WSO130 note",
  ],
  [
    "a template of ERB",
    `server {\n  listen <%= @port %>;\n  location /ws { proxy_pass <%= @backend %>; }\n}\n`,
    "WSO130 note",
  ],
  [
    "a template of Liquid",
    `server {\n{% assign name = "x" %}\n  location /ws { proxy_pass http://{{ name | downcase: 1 }}; }\n}\n`,
    "WSO130 note",
  ],
  ["a brace is missing", `server {\n  location /ws {\n    proxy_pass http://a;\n`, "WSO101 failure"],
]);
