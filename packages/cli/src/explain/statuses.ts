import { define, type Entry } from "./entry.ts";
import { allowOrigin, credentials, nginxUpgrade, otherUpgrades } from "./fixes.ts";
import { type Message, numberAt, secureCall } from "./message.ts";
import { chrome, coder, python, ws } from "./who.ts";

/** A status after one of these, in a normalised line, is the handshake's answer. */
const before: readonly (readonly [text: string, who: string])[] = [
  ["unexpected response code: ", `${chrome}, or an old Safari`],
  ["unexpected server response: ", ws],
  ["rejected websocket connection: http ", python],
  ["handshake status ", python],
  ["invalid response status", "Python, aiohttp"],
  ["but got ", coder],
  ["expected status code 101 but got ", coder],
  ["the server returned status code '", ".NET, ClientWebSocket"],
  ["http error: ", "Rust, tungstenite"],
  ["http/1.1 ", "an HTTP status line"],
  ["http/1.0 ", "an HTTP status line"],
  ["http/2 ", "an HTTP status line"],
  ["response code was not 101, but ", "a WebSocket client"],
  ["expected http 101 response but was '", "Android, OkHttp"],
  ["invalid status code: ", "a WebSocket client"],
  ["status code: ", "a WebSocket client"],
  ["status code ", "a WebSocket client"],
  ["statuscode: ", "a WebSocket client"],
  ["status: ", "a WebSocket client"],
  ["status=", "a WebSocket client"],
  ["status ", "a WebSocket client"],
  ["http ", "an HTTP client"],
  ["error code: ", "a WebSocket client, or Cloudflare"],
  ["code: ", "a WebSocket client"],
  ["code ", "a WebSocket client"],
];

/** The status of a handshake's answer that a line names, and who says so. */
export function statusIn({ plain }: Message): { readonly status: number; readonly who: string } | undefined {
  const whole = plain.length === 3 ? numberAt(plain, 0, 3) : undefined;
  if (whole !== undefined && whole >= 100 && whole <= 599) return { status: whole, who: "" };
  for (const [text, who] of before) {
    for (let index = plain.indexOf(text); index >= 0; index = plain.indexOf(text, index + text.length)) {
      const status = numberAt(plain, index + text.length, 3);
      // A 101 is no refusal: a client that names it says which one it expected.
      if (status !== undefined && status >= 100 && status <= 599 && status !== 101) return { status, who };
    }
  }
  return undefined;
}

export function entryOfStatus(status: number): Entry {
  return statuses.find(([covers]) => covers(status))?.[1] ?? other;
}

const other: Entry = define({
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

const statuses: readonly (readonly [(status: number) => boolean, Entry])[] = [
  [
    (status) => status < 200,
    define({
      id: "WSO360",
      name: "status-interim",
      title: "An interim answer (100, 103) came before the 101",
      cause:
        "A server or a CDN sends Early Hints or 100 Continue. Chrome takes the first answer for the last; Firefox and Safari wait for the 101.",
      fix: "Switch Early Hints and 100 Continue off for the socket's path.",
      outside: true,
    }),
  ],
  [
    (status) => status < 300,
    define({
      id: "WSO361",
      name: "status-ok",
      title: "Something answered the handshake like any other request",
      cause:
        "200 is mostly the page of a single-page application, a static file or a plain handler: the request reached the wrong place, or reached the right one without its Upgrade header.",
      fix: "Send the path to the WebSocket server, before any fallback to index.html, and let the proxy pass upgrades on.",
      lines: () => [
        "The path must reach the WebSocket server before a fallback to index.html (try_files, rewrites).",
        ...nginxUpgrade,
      ],
      outside: true,
    }),
  ],
  [
    (status) => status < 400,
    define({
      id: "WSO362",
      name: "status-redirect",
      title: "The handshake was redirected, which Chrome, Firefox and Node never follow",
      cause:
        "From http to https, to add or drop a slash, to another host, or to a login page. Safari follows, so it works there.",
      fix: "Put the final URL into the page.",
      lines: (message) => [
        ...(message.url?.protocol === "ws:" ? [`Try: ${secureCall(message)}`] : []),
        ...(message.url === undefined
          ? []
          : [
              `curl -sI -o /dev/null -w '%{redirect_url}\\n' --http1.1 https://${message.url.host}/ tells where it goes (add the path).`,
            ]),
        "Compare the slash at the end and the host (with or without www).",
        "If it goes to a login: answer 401 on the socket's path instead.",
      ],
      outside: true,
    }),
  ],
  [
    (status) => status === 400,
    define({
      id: "WSO363",
      name: "status-bad-request",
      title: "400: the server does not take this for a WebSocket handshake",
      cause:
        "Upgrade or Connection was lost on the way (Socket.IO and some others say 400 then), a header is missing or doubled, the path is wrong for `ws`, a session is unknown (Socket.IO without sticky sessions), or plain HTTP went to a TLS port.",
      fix: "Let the proxy pass upgrades on; for Socket.IO compare path, version and sticky sessions.",
      lines: () => [
        ...nginxUpgrade,
        'Socket.IO on several servers: sticky sessions, or io(url, { transports: ["websocket"] })',
      ],
      outside: true,
    }),
  ],
  [
    (status) => status === 401,
    define({
      id: "WSO364",
      name: "status-unauthorized",
      title: "401: credentials are missing or not valid",
      cause:
        "A proxy (Basic authentication) or the application wants a login, and the handshake brought none: no cookie, because of SameSite or another site; an expired token; or an Authorization header, which browsers cannot send.",
      fix: "Authenticate by cookie, or by a ticket of one use.",
      lines: () => credentials,
      outside: true,
    }),
  ],
  [
    (status) => status === 403,
    define({
      id: "WSO365",
      name: "status-forbidden",
      title: "403: the server refuses, most often because of the Origin",
      cause:
        "An Origin check that does not list the page (Phoenix check_origin, Spring setAllowedOrigins, gorilla CheckOrigin, wsorigin), a Host that a proxy replaced, a firewall, or Envoy without upgrade_configs. Django Channels and FastAPI say 403 when a consumer closes before it accepts. CORS headers change nothing here.",
      fix: "Find who says 403, and add the page's origin there.",
      lines: () => allowOrigin,
      outside: true,
    }),
  ],
  [
    (status) => status === 404,
    define({
      id: "WSO366",
      name: "status-not-found",
      title: "404: no such path, or the upgrade was stripped on the way",
      cause:
        "A proxy that drops Upgrade turns the handshake into a plain GET, and Express or Fastify know no such route (`Cannot GET /ws`). Or the path is wrong: a prefix cut or added, a slash at the end.",
      fix: "Let the proxy pass upgrades on, and compare the path.",
      lines: () => [
        ...nginxUpgrade,
        "Then compare the path, with its slash at the end: `location /ws/` with `proxy_pass http://app/;` cuts the prefix off.",
      ],
      outside: true,
    }),
  ],
  [
    (status) => status === 405,
    define({
      id: "WSO367",
      name: "status-method",
      title: "405: the method is not allowed",
      cause:
        "The path takes POST only, or the browser came over HTTP/2 with CONNECT because the server announces extended CONNECT and does not serve it.",
      fix: "Send the path to the WebSocket server; do not set enableConnectProtocol unless sockets are served over HTTP/2.",
      outside: true,
    }),
  ],
  [
    (status) => status === 426,
    define({
      id: "WSO369",
      name: "status-upgrade-required",
      title: "426: the WebSocket server got a request without Upgrade",
      cause:
        "A proxy in front dropped Upgrade and Connection, which belong to one hop and must be set anew; or the client came over HTTP/2, or with another Sec-WebSocket-Version.",
      fix: "Let the proxy pass upgrades on.",
      lines: () => [...nginxUpgrade, ...otherUpgrades],
      outside: true,
    }),
  ],
  [
    (status) => status === 429,
    define({
      id: "WSO370",
      name: "status-too-many",
      title: "429: too many handshakes",
      cause:
        "A limiter counts attempts, often those of a reconnect loop without a pause, or of many users behind one proxy's address. Pages cannot see Retry-After.",
      fix: "Wait longer after each failure, with some chance in it; let the server count the users' addresses, not the proxy's.",
      lines: () => [
        "const wait = Math.random() * Math.min(30_000, 1000 * 2 ** attempt);",
        'Express: app.set("trust proxy", 1); wsorigin: trustProxy, so that the users\' own addresses count.',
      ],
    }),
  ],
  [
    (status) => status === 413 || status === 414 || status === 431,
    define({
      id: "WSO371",
      name: "status-too-large",
      title: "The request's URL or headers are too large",
      cause:
        "A long token in the URL (414) or as a subprotocol, or many cookies (431). Node allows 16 KiB of headers, nginx 8 KiB a line.",
      fix: "Send a short ticket instead of the token, and clear out cookies.",
      lines: () => [
        "Clear the site's cookies and try again.",
        "Node: node --max-http-header-size=32768 server.js; nginx: large_client_header_buffers 4 32k;",
        ...credentials.slice(1),
      ],
    }),
  ],
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
  [() => true, other],
];

export const statusEntries: readonly Entry[] = statuses.map(([, entry]) => entry);
