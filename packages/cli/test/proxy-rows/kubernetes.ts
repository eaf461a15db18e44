import { type Row, rowsOf } from "./row.ts";

const read = 'nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"';

function ingress(annotations: readonly string[], path = "/ws", className = "nginx"): string {
  const lines = annotations
    .flatMap((line) => line.split("\n"))
    .map((line) => `    ${line}\n`)
    .join("");
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: app
  annotations:
${lines}spec:
  ingressClassName: ${className}
  rules:
    - host: app.example.com
      http:
        paths:
          - path: ${path}
            pathType: Prefix
            backend:
              service:
                name: chat
                port:
                  number: 80
`;
}

function snippet(...lines: readonly string[]): string {
  return ["nginx.ingress.kubernetes.io/configuration-snippet: |", ...lines.map((line) => `  ${line}`)].join("\n");
}

function route(...lines: readonly string[]): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: chat
spec:
  rules:
    - matches:
        - path: { type: PathPrefix, value: /ws }
      backendRefs:
        - name: chat
          port: 80
${lines.map((line) => `      ${line}\n`).join("")}`;
}

function service(protocol: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata:\n  name: chat\nspec:\n  ports:\n    - port: 80\n      appProtocol: ${protocol}\n`;
}

export const kubernetesRows: readonly Row[] = rowsOf("kubernetes", "app.yaml", [
  ["ingress-nginx with a long read timeout", ingress([read]), "nothing"],
  [
    "ingress-nginx without a read timeout",
    ingress(['nginx.ingress.kubernetes.io/proxy-body-size: "8m"']),
    "WSO170 warning",
  ],
  ["a read timeout of 60", ingress(['nginx.ingress.kubernetes.io/proxy-read-timeout: "60"']), "WSO170 warning"],
  [
    "a read timeout with a unit, which is ignored",
    ingress(['nginx.ingress.kubernetes.io/proxy-read-timeout: "3600s"']),
    "WSO170 warning",
  ],
  [
    "a read timeout of the ConfigMap",
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ingress-nginx-controller }\ndata:\n  proxy-read-timeout: "3600"\n---\n${ingress(['nginx.ingress.kubernetes.io/proxy-body-size: "8m"'])}`,
    "nothing",
  ],
  ["`upstream-vhost`", ingress([read, "nginx.ingress.kubernetes.io/upstream-vhost: chat.internal"]), "WSO171 warning"],
  ["`enable-cors`", ingress([read, 'nginx.ingress.kubernetes.io/enable-cors: "true"']), "WSO172 note"],
  [
    "a snippet repeats Upgrade",
    ingress([read, snippet("proxy_set_header Upgrade $http_upgrade;", 'proxy_set_header Connection "upgrade";')]),
    "WSO173 failure",
  ],
  ["a snippet removes Origin", ingress([read, snippet('proxy_set_header Origin "";')]), "WSO117 failure"],
  [
    "a snippet sets CORS headers",
    ingress([read, snippet("more_clear_headers Server;", "add_header Access-Control-Allow-Origin *;")]),
    "WSO123 note",
  ],
  ["a snippet sets another header", ingress([read, snippet("proxy_set_header X-Request-Start $msec;")]), "nothing"],
  ["Socket.IO without affinity", ingress([read], "/socket.io"), "WSO174 note"],
  ["Socket.IO with affinity", ingress([read, "nginx.ingress.kubernetes.io/affinity: cookie"], "/socket.io"), "nothing"],
  [
    "affinity with `service-upstream`",
    ingress(
      [read, "nginx.ingress.kubernetes.io/affinity: cookie", 'nginx.ingress.kubernetes.io/service-upstream: "true"'],
      "/socket.io",
    ),
    "WSO175 warning",
  ],
  ["NGINX Inc without `websocket-services`", ingress(['nginx.org/proxy-read-timeout: "3600s"']), "WSO179 failure"],
  [
    "NGINX Inc with `websocket-services`",
    ingress(['nginx.org/proxy-read-timeout: "3600s"', 'nginx.org/websocket-services: "chat"']),
    "nothing",
  ],
  [
    "ALB with HTTP2 targets",
    ingress(
      [
        "alb.ingress.kubernetes.io/backend-protocol-version: HTTP2",
        "alb.ingress.kubernetes.io/load-balancer-attributes: idle_timeout.timeout_seconds=600",
      ],
      "/ws",
      "alb",
    ),
    "WSO189 failure",
  ],
  [
    "ALB with its own idle limit",
    ingress(["alb.ingress.kubernetes.io/scheme: internet-facing"], "/ws", "alb"),
    "WSO170 warning",
  ],
  [
    "ALB with a long idle limit",
    ingress(["alb.ingress.kubernetes.io/load-balancer-attributes: idle_timeout.timeout_seconds=600"], "/ws", "alb"),
    "nothing",
  ],
  [
    "an Ingress of Traefik",
    ingress(["traefik.ingress.kubernetes.io/router.entrypoints: websecure"], "/ws", "traefik"),
    "nothing",
  ],
  ["an HTTPRoute", route(), "nothing"],
  ["an HTTPRoute with a timeout", route("timeouts:", "  request: 30s"), "WSO176 warning"],
  ["an HTTPRoute with a timeout of nothing", route("timeouts:", "  request: 0s"), "nothing"],
  [
    "an HTTPRoute that removes Origin",
    route("filters:", "  - type: RequestHeaderModifier", "    requestHeaderModifier:", "      remove: [Origin]"),
    "WSO177 failure",
  ],
  [
    "an HTTPRoute that adds a header",
    route(
      "filters:",
      "  - type: RequestHeaderModifier",
      "    requestHeaderModifier:",
      "      set: [{ name: X-From, value: gateway }]",
    ),
    "nothing",
  ],
  [
    "an HTTPRoute that rewrites the host",
    route("filters:", "  - type: URLRewrite", "    urlRewrite:", "      hostname: chat.internal"),
    "WSO171 warning",
  ],
  ["a Service of `kubernetes.io/h2c`", service("kubernetes.io/h2c"), "WSO178 warning"],
  ["a Service of `kubernetes.io/ws`", service("kubernetes.io/ws"), "nothing"],
  [
    "a Middleware of Traefik that removes Origin",
    'apiVersion: traefik.io/v1alpha1\nkind: Middleware\nmetadata:\n  name: clean\nspec:\n  headers:\n    customRequestHeaders:\n      Origin: ""\n',
    "WSO181 failure",
  ],
  [
    "a VirtualService of Istio that removes Origin",
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: chat }\nspec:\n  http:\n    - headers:\n        request:\n          remove: [origin]\n      route: [{ destination: { host: chat } }]\n",
    "WSO177 failure",
  ],
  [
    "a template of Helm",
    `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {{ include "app.fullname" . }}\n{{- with .Values.ingress.annotations }}\n  annotations:\n{{ toYaml . | indent 4 }}\n{{- end }}\n`,
    "WSO130 note",
  ],
  ["a line that is no YAML", "apiVersion: v1\nkind: Service\nspec:\n  ports: [\n", "WSO131 failure"],
]);
