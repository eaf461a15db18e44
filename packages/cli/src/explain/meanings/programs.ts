import { define, type Entry } from "../entry.ts";

/** What clients and servers say of themselves: their pings, their development servers, and how they are called. */
export const programs: readonly Entry[] = [
  define({
    id: "WSO403",
    name: "ping-unanswered",
    title: "A ping was sent, and no pong came in time",
    cause:
      "One side pings already; the other did not answer. Most likely its event loop or thread was blocked by work that takes longer than the timeout. Else the network was gone or the computer slept, or a library does not answer pings while nothing reads from the socket.",
    fix: "Find what blocks the side that did not answer; raise the ping timeout only for slow networks. Let the client reconnect.",
    lines: () => [
      "Look for work that blocks at that moment: Node: node --cpu-prof; Python: time.sleep or a slow call in a coroutine (await asyncio.to_thread(…)).",
      "Read from the socket all the time: most libraries answer pings only while something reads.",
      "Slow networks: Python websockets: ping_timeout=60; aiohttp: heartbeat=60; OkHttp: pingInterval(60, TimeUnit.SECONDS).",
    ],
  }),
  define({
    id: "WSO405",
    name: "client-hides-status",
    title: "The client did not get a 101, and does not print what it got",
    cause:
      "The server or a proxy refused the handshake (401, 403, 404), answered it like an ordinary request (200), or redirected it.",
    fix: "Find the status: ask with the doctor, or with curl, and explain that.",
    lines: ({ url }) => [
      `curl -i --http1.1 -H "Connection: Upgrade" -H "Upgrade: websocket" -H "Sec-WebSocket-Version: 13" -H "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" https://${url?.host ?? "<host>"}/<path>`,
      "Then: wsorigin explain <status>",
    ],
    outside: true,
    strength: "vague",
  }),
  define({
    id: "WSO406",
    name: "dev-server-socket",
    title: "The page cannot reach the development server's own socket (hot reload)",
    cause:
      "The socket of Vite or Next.js goes to the development server, not to your application. A proxy or tunnel in front does not pass upgrades on, the page runs on another host or port than the server thinks, or another `upgrade` listener answered.",
    fix: "Let the proxy pass the upgrade on, or tell the development server the host and port that the page uses.",
    lines: () => [
      'Vite behind a proxy: server: { hmr: { protocol: "wss", host: "app.example.com", clientPort: 443 } }',
      "Vite in middleware mode: server: { middlewareMode: true, hmr: { server } }",
      "Next.js with a custom server: pass /_next/webpack-hmr to app.getUpgradeHandler().",
      "Your own listener must leave other paths alone: return without an answer unless the path is yours.",
    ],
  }),
  define({
    id: "WSO407",
    name: "dev-server-origin",
    title: "The development server refuses the page's host or origin",
    cause:
      "Vite and Next.js answer only for hosts that they know: a page under another name, a tunnel or an address in the local network is refused.",
    fix: "Add the name of the page's host to the development server's list.",
    lines: () => [
      'Next.js: allowedDevOrigins: ["app.local.example"] in next.config.js',
      'Vite: server: { allowedHosts: ["app.local.example"] }',
    ],
  }),
  define({
    id: "WSO409",
    name: "dev-server-proxy",
    title: "Vite's proxy could not pass the socket on to your server",
    cause:
      "The server that `server.proxy` names is not running or closed the connection; the error below the line says which.",
    fix: "Start the server, compare target and port, and set ws: true.",
    lines: () => ['server: { proxy: { "/ws": { target: "ws://127.0.0.1:3000", ws: true } } }'],
  }),
  define({
    id: "WSO408",
    name: "safari-protocol-error",
    title: "Safari or an iOS app received bytes that break the protocol (POSIX error 100)",
    cause:
      "100 is EPROTO. Most likely compression: Safari 15 closes the socket over large messages with permessage-deflate. Else the socket went over HTTP/2, or the bytes after the 101 are not WebSocket frames.",
    fix: "Switch compression off on the server and try again; then let exactly one `upgrade` listener answer.",
    lines: () => [
      "With `ws`: new WebSocketServer({ perMessageDeflate: false })",
      "If that does not help, offer HTTP/1.1 only on the socket's host.",
    ],
  }),
  define({
    id: "WSO426",
    name: "concurrent-use",
    title: "The program uses one socket from two places at once",
    cause: "Most libraries allow one reader and one writer at a time. Two tasks call send or receive together.",
    fix: "Let one task read and one task write, with a queue between them and the others.",
    lines: () => [
      "gorilla: one goroutine writes, and takes messages from a channel.",
      "Python: one coroutine calls recv(); others get messages through asyncio.Queue.",
      ".NET: await the running SendAsync before the next one (SemaphoreSlim).",
    ],
  }),
  define({
    id: "WSO427",
    name: "server-cannot-upgrade",
    title: "The server program cannot upgrade this connection",
    cause:
      "Go: a middleware wraps the ResponseWriter and hides http.Hijacker, or the request came over HTTP/2. uvicorn: no WebSocket library is installed.",
    fix: "Take the middleware off the socket's path, or install the library.",
    lines: () => [
      'uvicorn: pip install "uvicorn[standard]"',
      "Go: let the wrapper have Hijack(), or Unwrap() http.ResponseWriter; turn HTTP/2 off for the socket's host.",
    ],
  }),
  define({
    id: "WSO428",
    name: "port-in-use",
    title: "The port is taken by another program",
    cause: "A second development server, or an earlier one that did not end.",
    fix: "End the other program, or choose another port.",
    lines: () => ["Who has it: ss -ltnp | grep <port>   # macOS: lsof -iTCP:<port> -sTCP:LISTEN"],
  }),
  define({
    id: "WSO429",
    name: "cleartext-blocked",
    title: "The phone's system does not allow ws: without TLS",
    cause: "Android (since 9) and iOS (App Transport Security) block plain connections of apps.",
    fix: "Open the socket with wss:. For development allow the one host.",
    lines: () => [
      'Android: <domain-config cleartextTrafficPermitted="true"><domain>10.0.2.2</domain></domain-config> in network_security_config.xml',
      "iOS: NSAppTransportSecurity, NSExceptionDomains, <host>, NSExceptionAllowsInsecureHTTPLoads",
    ],
  }),
  define({
    id: "WSO430",
    name: "permission-missing",
    title: "Deno has no permission to open the connection",
    cause: "Deno opens connections only to hosts that were allowed at start.",
    fix: "Allow the host.",
    lines: ({ url }) => [`deno run --allow-net=${url?.host ?? "<host>"} main.ts`],
  }),
  define({
    id: "WSO431",
    name: "tls-not-built",
    title: "The Rust client was built without TLS",
    cause: "tungstenite has no TLS unless a feature adds it, so wss: URLs fail.",
    fix: "Switch a TLS feature on.",
    lines: () => ['tokio-tungstenite = { version = "*", features = ["rustls-tls-webpki-roots"] }   # or "native-tls"'],
  }),
  define({
    id: "WSO432",
    name: "version-unsupported",
    title: "The handshake has another Sec-WebSocket-Version than 13, or none",
    cause: "A proxy dropped the header, a hand-written client leaves it out, or the client is older than RFC 6455.",
    fix: "Send Sec-WebSocket-Version: 13, and let proxies pass it on.",
    outside: true,
  }),
  define({
    id: "WSO433",
    name: "socketio-timeout",
    title: "Socket.IO's client waited in vain for the server's answer to its connection",
    cause:
      "The transport opened, and no CONNECT packet came within connectTimeout (20 seconds; `timeout` of the client): a middleware (io.use) never calls next(), or the server is not Socket.IO, or of version 2.",
    fix: "Let every middleware call next(), also after an error.",
    lines: () => ["io.use((socket, next) => check(socket).then(() => next(), next));"],
    outside: true,
  }),
  define({
    id: "WSO434",
    name: "socketio-middleware",
    title: "A middleware of Socket.IO refused the connection",
    cause:
      "The text of connect_error is what io.use() gave to next(new Error(…)): mostly a missing or expired token in `auth`.",
    fix: "Fetch a fresh token, and give it as a function, so that each attempt has a new one.",
    lines: () => [
      "io(url, { auth: (send) => getToken().then((token) => send({ token })) })",
      'socket.on("connect_error", (error) => console.log(error.message, error.data)); // then log in, and socket.connect()',
    ],
  }),
];
