import { define, type Entry } from "../entry.ts";
import { nginxUpgrade, otherUpgrades, credentials, allowOrigin } from "../fixes.ts";
import { secureCall } from "../message.ts";

/** Statuses below 500: the first that covers a status counts. */
export const clientStatuses: readonly (readonly [covers: (status: number) => boolean, Entry])[] = [
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
];
