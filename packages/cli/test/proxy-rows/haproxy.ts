import { type Row, rowsOf } from "./row.ts";

interface Parts {
  readonly defaults?: string;
  readonly frontend?: string;
  readonly backend?: string;
  readonly server?: string;
}

function site({
  defaults = "timeout tunnel 1h",
  frontend = "",
  backend = "",
  server = "server s1 127.0.0.1:3000",
}: Parts = {}): string {
  const block = (text: string) =>
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => `  ${line}\n`)
      .join("");
  return `defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n${block(defaults)}frontend web\n  bind :80\n${block(frontend)}  default_backend app\nbackend app\n${block(backend)}  ${server}\n`;
}

const isSocket = "acl is_ws hdr(Upgrade) -i websocket";

export const haproxyRows: readonly Row[] = rowsOf("haproxy", "haproxy.cfg", [
  ["`timeout tunnel`", site(), "nothing"],
  ["`timeout tunnel` of the backend", site({ defaults: "", backend: "timeout tunnel 1h" }), "nothing"],
  [
    "no limit at all",
    "frontend web\n  mode http\n  bind :80\n  default_backend app\nbackend app\n  mode http\n  server s 127.0.0.1:3000\n",
    "nothing",
  ],
  [
    "a listen section",
    "defaults\n  mode http\n  timeout client 1h\n  timeout server 1h\nlisten app\n  bind :80\n  server s 127.0.0.1:3000\n",
    "nothing",
  ],
  ["no `timeout tunnel`", site({ defaults: "" }), "WSO150 warning"],
  ["a short `timeout tunnel`", site({ defaults: "timeout tunnel 30000" }), "WSO150 warning"],
  ["a long client limit and a short server limit", site({ defaults: "timeout client 1h" }), "WSO150 warning"],
  [
    "a backend of sockets without the limit",
    site({ defaults: "", frontend: `${isSocket}\nuse_backend sockets if is_ws` }) +
      "backend sockets\n  server s 127.0.0.1:3001\n",
    "WSO150 warning",
  ],
  [
    "a backend of sockets with the limit",
    site({ defaults: "", frontend: `${isSocket}\nuse_backend sockets if is_ws` }) +
      "backend sockets\n  timeout tunnel 1h\n  server s 127.0.0.1:3001\n",
    "nothing",
  ],
  ["Upgrade is deleted", site({ frontend: "http-request del-header Upgrade" }), "WSO151 failure"],
  ["Connection is replaced", site({ backend: "http-request set-header Connection close" }), "WSO151 failure"],
  ["the key is deleted", site({ backend: "http-request del-header Sec-WebSocket-Key" }), "WSO151 failure"],
  [
    "Upgrade is deleted of other requests",
    site({ frontend: `${isSocket}\nhttp-request del-header Upgrade if { hdr(Upgrade) -m found } !is_ws` }),
    "nothing",
  ],
  [
    "Upgrade is deleted of sockets",
    site({ frontend: `${isSocket}\nhttp-request del-header Upgrade if is_ws` }),
    "WSO151 failure",
  ],
  ["Origin is deleted", site({ backend: "http-request del-header Origin" }), "WSO152 failure"],
  ["Origin is fixed", site({ backend: "http-request set-header Origin https://app.example.com" }), "WSO152 failure"],
  ["Origin is set to itself", site({ backend: "http-request set-header Origin %[req.hdr(Origin)]" }), "nothing"],
  ["Host is fixed", site({ backend: "http-request set-header Host app.internal" }), "WSO153 warning"],
  [
    "Host is passed in another header",
    site({ frontend: "http-request set-header X-Forwarded-Host %[req.hdr(Host)]" }),
    "nothing",
  ],
  [
    "`option httplog`",
    site({ defaults: "timeout tunnel 1h\nlog stdout format raw local0\noption httplog" }),
    "WSO154 warning",
  ],
  ["`option httplog` without a log", site({ defaults: "timeout tunnel 1h\noption httplog" }), "nothing"],
  [
    "a format without the query",
    site({ defaults: 'timeout tunnel 1h\nlog global\nlog-format "%ci %HM %HPO %ST"' }),
    "nothing",
  ],
  [
    "a format with the request line",
    site({ defaults: 'timeout tunnel 1h\nlog global\nlog-format "%ci %{+Q}r %ST"' }),
    "WSO154 warning",
  ],
  ["`proto h2`", site({ server: "server s1 127.0.0.1:3000 proto h2" }), "WSO155 failure"],
  ["`proto h2 ws h1`", site({ server: "server s1 127.0.0.1:3000 proto h2 ws h1" }), "nothing"],
  [
    "Origin is compared by its end",
    site({
      frontend:
        "acl origin_ok hdr_end(Origin) example.com\nhttp-request deny if { hdr(Upgrade) -i websocket } !origin_ok",
    }),
    "WSO156 failure",
  ],
  [
    "Origin is compared by a part",
    site({
      frontend:
        "acl origin_ok hdr(Origin) -m sub app.example.com\nhttp-request deny if { hdr(Upgrade) -i websocket } !origin_ok",
    }),
    "WSO156 failure",
  ],
  [
    "Origin is compared whole",
    site({
      frontend:
        "acl origin_ok hdr(Origin) -m str https://app.example.com\nhttp-request deny if { hdr(Upgrade) -i websocket } !origin_ok",
    }),
    "nothing",
  ],
  ["sockets are denied", site({ frontend: `${isSocket}\nhttp-request deny if is_ws` }), "WSO157 failure"],
  ["`option http-server-close`", site({ defaults: "timeout tunnel 1h\noption http-server-close" }), "nothing"],
  ["`option httpclose`", site({ defaults: "timeout tunnel 1h\noption httpclose" }), "nothing"],
]);
