import type { Rule } from "../../finding.ts";
import { rule } from "../rules.ts";

export type KubernetesRule =
  | "idle"
  | "hostLost"
  | "cors"
  | "repeatedHeader"
  | "affinity"
  | "serviceUpstream"
  | "routeTimeout"
  | "headerLost"
  | "appProtocol"
  | "websocketServices"
  | "albProtocol";

/** What can be found in manifests of Kubernetes. The rules come from the documentation and sources of the controllers; ingress-nginx's own headers were tried on nginx. */
export const kubernetesRules: Readonly<Record<KubernetesRule, Rule>> = {
  idle: rule(
    "WSO170",
    "ingress-idle-timeout",
    "warning",
    "Idle sockets are closed after a minute or less",
    "ingress-nginx sets `proxy_read_timeout` to 60 seconds unless an annotation says otherwise, and nginx closes a socket without a close frame (code 1006) when nothing was sent either way for so long. From the documentation of ingress-nginx.",
    "Set `nginx.ingress.kubernetes.io/proxy-read-timeout` to more than twice the interval of your pings.",
  ),
  hostLost: rule(
    "WSO171",
    "ingress-upstream-vhost",
    "warning",
    "The backend does not see the Host of the browser",
    "`upstream-vhost`, and a Gateway's URLRewrite of the hostname, replace Host. A server that compares Origin with Host then refuses every browser. From the documentation of ingress-nginx and the Gateway API.",
    "Delete it, or list the public name in the backend.",
  ),
  cors: rule(
    "WSO172",
    "ingress-cors",
    "note",
    "CORS does nothing for sockets",
    "Browsers do not apply CORS to WebSockets: these settings neither let a page in nor keep one out. Only a check of Origin at the handshake does.",
    "Check Origin in the backend.",
  ),
  repeatedHeader: rule(
    "WSO173",
    "ingress-repeated-header",
    "failure",
    "The snippet sends Upgrade or Connection twice",
    "ingress-nginx sets both headers by itself, and nginx sends the lines of a snippet besides: the backend gets `Upgrade: websocket, websocket`, which is no handshake, and `ws` answers 400.",
    "Delete the lines from the snippet.",
  ),
  affinity: rule(
    "WSO174",
    "ingress-affinity",
    "note",
    "Requests of one Socket.IO session may go to different pods",
    "While Socket.IO polls, every request of a session has to reach the same pod, else it answers 400 with code 1. From the documentation of Socket.IO and ingress-nginx.",
    'Set `nginx.ingress.kubernetes.io/affinity: cookie`, or let clients use `transports: ["websocket"]` alone.',
  ),
  serviceUpstream: rule(
    "WSO175",
    "ingress-service-upstream",
    "warning",
    "service-upstream turns the affinity off",
    "With `service-upstream` nginx knows one address, that of the Service, so it cannot keep a session on one pod. From the documentation of ingress-nginx.",
    "Delete the annotation `service-upstream`.",
  ),
  routeTimeout: rule(
    "WSO176",
    "gateway-route-timeout",
    "warning",
    "The route's timeout may end open sockets",
    "`timeouts.request` and `timeouts.backendRequest` limit a whole exchange. Whether an upgraded connection counts depends on the implementation. From the documentation of the Gateway API (GEP-1742).",
    "Give the socket's path a rule of its own with `request: 0s`, which means none.",
  ),
  headerLost: rule(
    "WSO177",
    "gateway-header-changed",
    "failure",
    "A header of the handshake is removed or replaced",
    "The backend needs Upgrade, Connection and Sec-WebSocket-* as the browser sent them, and Origin to tell pages of other sites from its own. From the documentation of the Gateway API.",
    "Delete the header from the filter.",
  ),
  appProtocol: rule(
    "WSO178",
    "service-app-protocol",
    "warning",
    "The Service's port is declared as HTTP/2",
    "`kubernetes.io/h2c` and `grpc` make gateways speak HTTP/2 to the backend, where a WebSocket handshake of HTTP/1.1 has no place. From GEP-1911.",
    "Set `appProtocol: kubernetes.io/ws`.",
  ),
  websocketServices: rule(
    "WSO179",
    "ingress-websocket-services",
    "failure",
    "The NGINX ingress controller is not told of the socket's service",
    "The controller of NGINX Inc (annotations `nginx.org/\u2026`) passes upgrades on only for services that `nginx.org/websocket-services` names. From its documentation.",
    "Name the service in `nginx.org/websocket-services`.",
  ),
  albProtocol: rule(
    "WSO189",
    "ingress-alb-http2",
    "failure",
    "The target group is HTTP/2",
    "An Application Load Balancer passes WebSockets to targets of HTTP/1.1 only: with HTTP2 or GRPC it answers 464. From the documentation of AWS.",
    "Set `alb.ingress.kubernetes.io/backend-protocol-version: HTTP1`.",
  ),
};
