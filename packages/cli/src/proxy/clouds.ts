export type CloudKind =
  | "aws-alb"
  | "aws-nlb"
  | "cloudfront"
  | "api-gateway"
  | "cloudflare"
  | "gcp"
  | "azure-front-door"
  | "azure-app-gateway"
  | "azure-app-service"
  | "kubernetes"
  | "heroku"
  | "fly"
  | "vercel"
  | "render"
  | "netlify"
  | "fastly";

interface Fact {
  readonly text: string;
  /** Who says so: a vendor's page, a source file. */
  readonly source: string;
}

interface Cloud {
  readonly title: string;
  readonly facts: readonly Fact[];
  /** Lines that can be used as they are. */
  readonly example?: string;
}

/** When the facts were true. */
const asOf = "2026-11-23";

function fact(text: string, source: string): Fact {
  return { text, source };
}

/** For what operators report and no page of the vendor was found for. */
const unconfirmed = "reports of operators; not confirmed by a page of the vendor, so measure it";

const albDocs = "AWS documentation, Application Load Balancers";
const gatewayDocs = "AWS documentation, API Gateway quotas for WebSocket APIs";
const frontDoorDocs = "Microsoft documentation, WebSocket on Azure Front Door";
const cloudflareDocs = "Cloudflare documentation, WebSockets and connection limits";
const gatewayApiDocs = "Gateway API documentation, backend protocol selection (GEP-1911)";

const clouds: Readonly<Record<CloudKind, Cloud>> = {
  "aws-alb": {
    title: "AWS Application Load Balancer",
    facts: [
      fact("Nothing to switch on, but the target group must be HTTP/1.1: one for HTTP/2 or gRPC answers 464.", albDocs),
      fact(
        "Idle limit 60 seconds, settable to 4000: idle_timeout.timeout_seconds. WebSocket pings count, HTTP/2 pings do not. Ping every 30 to 45 seconds: an interval of 60 races with the limit.",
        `${albDocs}; mattermost/docs#8929`,
      ),
      fact("Limits: request line 16 KB, one header 16 KB, all headers 64 KB.", albDocs),
      fact(
        "Origin passes. Host too; set routing.http.preserve_host_header.enabled so that the port stays as it was.",
        unconfirmed,
      ),
      fact(
        "Socket.IO with polling needs stickiness on the target group.",
        "Socket.IO documentation, using multiple nodes",
      ),
    ],
  },
  "aws-nlb": {
    title: "AWS Network Load Balancer",
    facts: [
      fact(
        "Nothing to switch on: it passes TCP or TLS through, so Host and Origin stay and there is no limit for headers.",
        "AWS documentation, Network Load Balancers",
      ),
      fact(
        "Idle limit 350 seconds, settable from 60 to 6000 for TCP listeners (tcp.idle_timeout.seconds), fixed for TLS listeners. Ping more often.",
        "AWS documentation, TCP idle timeout of Network Load Balancers",
      ),
    ],
  },
  cloudfront: {
    title: "Amazon CloudFront",
    facts: [
      fact(
        "WebSockets are on. The cache behaviour must pass on Sec-WebSocket-Key and Sec-WebSocket-Version, else the origin sees a broken handshake. The origin request policy AllViewer passes all.",
        "AWS documentation, WebSockets with CloudFront distributions",
      ),
      fact(
        "Origin and Host reach your server only by the policy: AllViewer passes both, AllViewerExceptHostHeader replaces Host.",
        "AWS documentation, managed origin request policies",
      ),
      fact(
        "A socket is closed when the origin sends nothing for 10 minutes. This cannot be changed: let the server send pings.",
        "AWS re:Post, WebSocket timeouts of CloudFront",
      ),
    ],
  },
  "api-gateway": {
    title: "Amazon API Gateway, WebSocket APIs",
    facts: [
      fact(
        "Idle limit 10 minutes, lifetime 2 hours. Neither can be raised: ping, and let clients reconnect.",
        gatewayDocs,
      ),
      fact("Frames of 32 KB, messages of 128 KB, URLs of 4096 characters, 500 new connections a second.", gatewayDocs),
      fact('The URL is the stage and nothing after it; another path gets 403 {"message":"Forbidden"}.', gatewayDocs),
      fact(
        "Origin and Host are in event.headers of $connect only, and the authorizer runs there only. Check Origin there.",
        "AWS documentation, $connect and $disconnect routes",
      ),
      fact(
        "Your function must return the chosen Sec-WebSocket-Protocol itself.",
        "AWS documentation, $connect routes that require a subprotocol",
      ),
    ],
  },
  cloudflare: {
    title: "Cloudflare",
    facts: [
      fact(
        "WebSockets are on by default: Network, WebSockets. WAF and bot rules apply to the handshake, so exempt the path from challenges: no socket can answer one.",
        cloudflareDocs,
      ),
      fact(
        "The origin has 100 seconds to answer the handshake (524). A silent client is closed after 400 seconds.",
        cloudflareDocs,
      ),
      fact("Sockets are closed when Cloudflare releases code. Let clients reconnect.", cloudflareDocs),
      fact("Limits: URL 16 KB, all headers 16 KB.", cloudflareDocs),
      fact("Host and Origin pass unchanged.", cloudflareDocs),
      fact(
        "cloudflared with --protocol http2 may answer 502, and Bot Fight Mode breaks tunnels.",
        "cloudflare/cloudflared#1208 and #324",
      ),
    ],
  },
  gcp: {
    title: "Google Cloud external Application Load Balancer",
    facts: [
      fact("Nothing to switch on.", "kubernetes/ingress-gce, backend timeout example"),
      fact(
        "The backend service's timeout, 30 seconds unless set, is the lifetime of a socket and no idle limit: pings do not help. On GKE set timeoutSec: 3600 or more in a BackendConfig.",
        "kubernetes/ingress-gce, backend timeout example",
      ),
      fact("Host and Origin pass unchanged.", unconfirmed),
      fact(
        "On Cloud Run the request timeout is the lifetime: 5 minutes unless set, 60 at most.",
        "Google Cloud documentation, Cloud Run request timeout",
      ),
    ],
  },
  "azure-front-door": {
    title: "Azure Front Door, Standard and Premium",
    facts: [
      fact("Switch caching off for the socket's route: one with caching does not pass Upgrade on.", frontDoorDocs),
      fact("Idle limit 5 minutes, lifetime 4 hours, 3000 sockets at once for a profile.", frontDoorDocs),
      fact(
        "Host is what the origin's \"origin host header\" says: leave it empty to keep the browser's. Origin passes.",
        frontDoorDocs,
      ),
      fact("The WAF looks at the handshake only.", frontDoorDocs),
    ],
  },
  "azure-app-gateway": {
    title: "Azure Application Gateway",
    facts: [
      fact(
        "Nothing to switch on. Health probes are ordinary requests: without a probe path that answers 200 every handshake gets 502.",
        "Microsoft documentation, WebSocket support in Application Gateway",
      ),
      fact("The backend setting's request timeout, 20 seconds unless set, limits the handshake.", unconfirmed),
      fact("A silent socket is closed after 4 minutes. Ping more often.", unconfirmed),
      fact("Host stays unless the backend setting overrides it. Origin passes.", unconfirmed),
    ],
  },
  "azure-app-service": {
    title: "Azure App Service",
    facts: [
      fact(
        "Switch it on: Configuration, General settings, Web sockets. While it is off, handshakes get 400 or 503.",
        unconfirmed,
      ),
      fact("A silent socket is closed after 230 seconds. Ping more often.", unconfirmed),
    ],
  },
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
  heroku: {
    title: "Heroku",
    facts: [
      fact("Nothing to switch on.", "Heroku Dev Center, WebSockets"),
      fact(
        "30 seconds for the answer to the handshake (H12), then at most 55 seconds of silence (H15). Ping every 45 seconds or more often.",
        "Heroku Dev Center, WebSockets and request timeout",
      ),
      fact("Host and Origin pass unchanged.", unconfirmed),
    ],
  },
  fly: {
    title: "Fly.io",
    facts: [
      fact("Nothing to switch on.", "Fly.io community forum"),
      fact(
        "The proxy closes a socket after about 60 seconds of silence. Ping every 30 seconds.",
        "Fly.io community forum",
      ),
    ],
  },
  vercel: {
    title: "Vercel",
    facts: [
      fact(
        "Functions serve WebSockets, with Fluid compute. Rewrites and the firewall apply to the handshake; a framework that does not serve sockets answers 404 or 426.",
        "Vercel documentation, WebSockets in functions (a public beta by some pages)",
      ),
      fact(
        "A socket is closed at the function's maximum duration: 300 seconds unless set, 800 on Pro. Let clients reconnect.",
        "Vercel documentation, WebSockets in functions",
      ),
    ],
  },
  render: {
    title: "Render",
    facts: [
      fact(
        "Web services take WebSockets; nothing to switch on. Static sites do not.",
        "Render documentation, WebSockets",
      ),
      fact(
        "Deploys and restarts close sockets. Let clients reconnect. No fixed limit for idle sockets is known.",
        unconfirmed,
      ),
    ],
  },
  netlify: {
    title: "Netlify",
    facts: [
      fact(
        "There is no WebSocket server: functions do not upgrade. Run it elsewhere and let the page connect to it by its own name.",
        "Netlify documentation, functions",
      ),
      fact(
        "A rewrite to another site ends after 26 seconds, so it is no way around.",
        "Netlify documentation, rewrites and proxies",
      ),
    ],
  },
  fastly: {
    title: "Fastly",
    facts: [
      fact("Switch it on: WebSockets are a product of their own, off by default.", "Fastly documentation, WebSockets"),
      fact(
        "VCL needs return(upgrade) in vcl_recv; Compute needs handoff_websocket.",
        "Fastly documentation, WebSockets",
      ),
      fact(
        "Not together with shielding or the Next-Gen WAF, and not to an origin with a self-signed certificate.",
        "Fastly documentation, WebSockets",
      ),
      fact("Host and Origin are as the service sets them.", "Fastly documentation, WebSockets"),
    ],
  },
};

/** All of them, with what each is. */
export const cloudTitles: ReadonlyMap<string, string> = new Map(
  Object.entries(clouds).map(([name, { title }]) => [name, title]),
);

export function isCloud(name: string): name is CloudKind {
  return Object.hasOwn(clouds, name);
}

/** The limits and settings that matter to a socket, each with its source. */
export function cloudText(kind: CloudKind): string {
  const { title, facts, example } = clouds[kind];
  return [
    `${title}: what matters to WebSockets, as of ${asOf}`,
    "",
    ...facts.flatMap(({ text, source }) => [`- ${text}`, `  Source (${asOf}): ${source}.`]),
    ...(example === undefined ? [] : ["", "Example:", "", example.trimEnd()]),
    "",
    "An idle socket that is cut gets no close frame: clients see code 1006. A ping from the server every 25 to 30 seconds keeps sockets open",
    "through every idle limit above; nothing does through a lifetime limit, so let clients reconnect.",
    "",
  ].join("\n");
}
