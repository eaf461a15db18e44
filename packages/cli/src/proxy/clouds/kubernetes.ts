import { type Cloud, fact } from "./fact.ts";

const gatewayApiDocs = "Gateway API documentation, backend protocol selection (GEP-1911)";

/** Kubernetes. */
export const kubernetes: Readonly<Record<"kubernetes", Cloud>> = {
  kubernetes: {
    title: "Kubernetes",
    facts: [
      fact(
        "With the Gateway API say that the Service speaks WebSockets: appProtocol kubernetes.io/ws, or kubernetes.io/wss with TLS to the pod. Standard since 1.2.0; some implementations keep sockets off without it.",
        gatewayApiDocs,
      ),
      fact(
        "The route's timeouts.request must not cut the socket: 0s switches it off. Idle limits are the implementation's own; Envoy's stream_idle_timeout is 5 minutes.",
        `${gatewayApiDocs}; Envoy documentation, timeouts`,
      ),
      fact(
        "Envoy without the upgrade answers 403 with `server: envoy` (upgrade_failed): `upgrade_configs: websocket`, in Contour `enableWebsockets: true`. Envoy Gateway also answers 403 where no endpoint is ready.",
        "envoyproxy/envoy#4740, projectcontour/contour#5675, envoyproxy/gateway#9452",
      ),
      fact(
        'ingress-nginx has no releases since March 2026. It passes sockets on by itself and closes silent ones after 60 seconds: nginx.ingress.kubernetes.io/proxy-read-timeout: "3600", and proxy-send-timeout.',
        "kubernetes/ingress-nginx, README and annotations",
      ),
      fact("Host and Origin pass unchanged, unless a filter rewrites them (URLRewrite hostname).", gatewayApiDocs),
    ],
    example: `apiVersion: v1
kind: Service
metadata:
  name: app
spec:
  selector:
    app: app
  ports:
    - name: web
      port: 80
      targetPort: 3000
      # Without it some gateways do not pass the upgrade on.
      appProtocol: kubernetes.io/ws
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: app-socket
spec:
  parentRefs:
    - name: gateway
  hostnames:
    - app.example.com
  rules:
    - matches:
        - path:
            # This very path. PathPrefix for all below it.
            type: Exact
            value: /ws
      # No limit: a request is over when its socket is.
      timeouts:
        request: 0s
      backendRefs:
        - name: app
          port: 80
`,
  },
};
