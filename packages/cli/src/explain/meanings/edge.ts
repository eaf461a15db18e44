import { define, type Entry } from "../entry.ts";

/** What clouds and content delivery networks answer by themselves. */
export const edge: readonly Entry[] = [
  define({
    id: "WSO421",
    name: "cloudflare-code",
    title: "Cloudflare answered by itself, with a code of its own",
    cause:
      "Codes from 1000 on in Cloudflare's pages are not close codes. 1006, 1007, 1008 and 1106: the address is banned. 1009: the country. 1010: the client's signature. 1015: too many requests. 1020: a firewall rule. 1016 and 1033: the origin or its tunnel is not reachable. 1101 and 1102: a Worker threw or used up its time.",
    fix: "Look the Ray ID up in the dashboard: Security, Events. Make an exception for the socket's path.",
    lines: () => [
      "Cloudflare dashboard: Security, Events, and search for the Ray ID of the page (cf-ray).",
      "A challenge cannot be solved by a WebSocket: skip it for the socket's path (WAF, Custom rules, Skip).",
      "1033: cloudflared tunnel info <name>. 1101, 1102: wrangler tail",
    ],
  }),
  define({
    id: "WSO422",
    name: "cloudfront-error",
    title: "CloudFront answered by itself, or could not use the origin's answer",
    cause:
      "The behaviour of the socket's path does not forward the headers of the handshake (the Sec-WebSocket fields and Origin), the origin refused or did not answer, or a rule of AWS WAF matched.",
    fix: "Give the behaviour of the socket's path the origin request policy AllViewer and no caching.",
    lines: () => [
      "CloudFront, Behaviors: path /ws*, cache policy CachingDisabled, origin request policy AllViewer, all HTTP methods.",
      "Ask the origin past CloudFront: wsorigin doctor wss://<origin>/<path>",
    ],
  }),
  define({
    id: "WSO423",
    name: "api-gateway",
    title: "API Gateway refused the request",
    cause:
      "`Forbidden`: a path other than the stage, or the authorizer denied. `Missing Authentication Token`: an address without a route. `Internal server error`: the integration failed. `GoneException` (410): the connection has ended already. A message may have 128 KB, a socket lasts two hours.",
    fix: "Compare the URL with the stage's, and read the log of the authorizer and the integration.",
    lines: () => [
      "The URL is wss://<id>.execute-api.<region>.amazonaws.com/<stage>, with no path behind the stage.",
      "GoneException: remove the connection's id from your table, and do not send to it again.",
    ],
  }),
  define({
    id: "WSO404",
    name: "tls-expected",
    title: "Plain HTTP was sent to a port that speaks TLS",
    cause: "The URL begins with ws: and its port speaks TLS, or a proxy passes plain HTTP on to such a port.",
    fix: "Write wss: in the client; in a proxy write https: for that server.",
    lines: ({ url }) => [
      `Client: new WebSocket(${JSON.stringify(`wss://${url?.host ?? "your-host"}/path`)})`,
      "nginx in front of it: proxy_pass https://…; Apache: ProxyPass with https:// and SSLProxyEngine on",
    ],
    outside: true,
  }),
  define({
    id: "WSO424",
    name: "handshake-accepted",
    severity: "note",
    title: "The handshake succeeded: 101 is in the log",
    cause:
      "The log line is written when the socket ends. If it ended too early, the duration of the line tells which timeout cut it: 60 seconds nginx, Apache and ALB, 55 Heroku, 100 Cloudflare.",
    fix: "If the client complains all the same, explain its close code and its error.",
    lines: () => ["If the client complains all the same: wsorigin explain <close code>, or <its error>"],
  }),
  define({
    id: "WSO425",
    name: "closed-by-client",
    severity: "warning",
    title: "The client left before the answer came, or without a close",
    cause:
      "The page was left or reloaded, the client's own timeout was shorter than the server's answer, or its network went away. nginx logs 499, an AWS load balancer 460.",
    fix: "If it comes often, find out what makes the handshake slow: a token check, a database, a cold start.",
    lines: () => [
      "How long the handshake takes: curl -so /dev/null -w '%{time_starttransfer}\\n' https://<host>/<path>",
    ],
    strength: "vague",
  }),
];
