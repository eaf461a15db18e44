import { define, type Entry } from "../entry.ts";

/** Statuses from 500 on: the first that covers a status counts. */
export const serverStatuses: readonly (readonly [covers: (status: number) => boolean, Entry])[] = [
  [
    (status) => status === 500,
    define({
      id: "WSO372",
      name: "status-server-error",
      title: "500: the server's code threw while it decided",
      cause:
        "An exception in authentication or in the `upgrade` handler; a CORS callback that throws (`Not allowed by CORS` in Fastify).",
      fix: "Read the server's log at that moment. Refuse with a status instead of an exception.",
      outside: true,
    }),
  ],
  [
    (status) => status === 502,
    define({
      id: "WSO373",
      name: "status-bad-gateway",
      title: "502: the proxy got no good answer from the server behind it",
      cause:
        "The server is down, crashed on the upgrade, listens elsewhere, destroyed the socket without an answer, or speaks TLS where the proxy does not.",
      fix: "Ask the server behind the proxy directly, and read the proxy's error log.",
      lines: () => [
        "nginx: tail -f /var/log/nginx/error.log (connect() failed, upstream prematurely closed connection)",
        "From the proxy's machine: wsorigin doctor ws://127.0.0.1:<port>/<path>",
      ],
      outside: true,
    }),
  ],
  [
    (status) => status === 503,
    define({
      id: "WSO374",
      name: "status-unavailable",
      title: "503: no server is there to take it, or a limit was met",
      cause:
        "No healthy server behind the load balancer, nginx limit_req or limit_conn (which say 503, not 429), a server that is shutting down, or one whose authentication is broken.",
      fix: "Look at the health checks: they must ask a plain HTTP path, not the socket's.",
      lines: () => [
        "The health check must ask a plain HTTP path, not the socket's.",
        "nginx: limit_req_status 429; limit_conn_status 429; tells limits from failures.",
      ],
      outside: true,
    }),
  ],
  [
    (status) => status === 504,
    define({
      id: "WSO375",
      name: "status-gateway-timeout",
      title: "504: the server behind the proxy did not answer in time",
      cause:
        "No `upgrade` listener answers, an authorisation hangs, or a firewall drops the packets between proxy and server.",
      fix: "Answer every upgrade, a refused one too, and give every decision a deadline.",
      lines: () => [
        'Something must answer: server.on("upgrade", …). An Express or Next.js route never sees an upgrade.',
      ],
      outside: true,
    }),
  ],
  [
    (status) => (status >= 520 && status <= 527) || status === 530,
    define({
      id: "WSO376",
      name: "status-cloudflare",
      title: "Cloudflare could not talk to the origin server",
      cause:
        "520 an answer that makes no sense, 521 refused, 522 and 524 timed out, 523 unreachable, 525 and 526 the origin's TLS, 530 a name that does not resolve.",
      fix: "Switch WebSockets on (Network), and repair the connection from Cloudflare to the origin.",
      lines: () => [
        "Cloudflare dashboard: Network, WebSockets: on; SSL/TLS: Full (strict) with a valid certificate on the origin.",
        "Ask the origin directly, past Cloudflare, by its own name or address.",
      ],
      outside: true,
    }),
  ],
];

/** What no other entry covers. */
export const otherStatus: Entry = define({
  id: "WSO368",
  name: "status-other",
  title: "The handshake was answered with a status that is rare here",
  cause:
    "421: the certificate or HTTP/2 connection of another host was used. 428 and 451: the application or a filter. 464: an AWS target group whose protocol version is HTTP/2 or gRPC. 501: the server or proxy cannot upgrade.",
  fix: "Look at the answer's body and Server header: they tell who answers.",
  lines: () => [
    "421: give each host its own certificate or server block.",
    "464: set the ALB target group's protocol version to HTTP1.",
    "Else look at the answer's body and Server header: they tell who answers.",
  ],
  outside: true,
});
