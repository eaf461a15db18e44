/** Lines that several rules give. */

/** What nginx must be told to let an upgrade through. */
export const nginxUpgrade: readonly string[] = [
  "nginx, in the location of the socket:",
  "  proxy_http_version 1.1;",
  "  proxy_set_header Upgrade $http_upgrade;",
  '  proxy_set_header Connection "upgrade";',
  "  proxy_set_header Host $host;",
];

export const otherUpgrades: readonly string[] = [
  'Apache: ProxyPass "/ws" "http://127.0.0.1:3000/ws" upgrade=websocket',
  "AWS ALB, Caddy, Traefik and HAProxy pass upgrades on by themselves: look at what stands before or behind them.",
];

/** For sockets that are cut while nothing is said. */
export const keepAlive: readonly string[] = [
  "Let the server send a ping every 25 to 30 seconds: proxies cut what is silent (nginx and ALB after 60 s, Heroku 55, Cloudflare 100).",
  "nginx: proxy_read_timeout 1h; in the location of the socket.",
];

export const oneUpgradeListener: readonly string[] = [
  "Let exactly one `upgrade` listener of the server answer for each path. With `ws`:",
  "  const wss = new WebSocketServer({ noServer: true });",
  '  server.on("upgrade", (req, socket, head) => {',
  '    if (new URL(req.url ?? "/", "http://x").pathname !== "/ws") return;',
  '    wss.handleUpgrade(req, socket, head, (ws) => wss.emit("connection", ws, req));',
  "  });",
];

export const echoProtocol: readonly string[] = [
  'With `ws`: new WebSocketServer({ handleProtocols: (offered) => (offered.has("chat") ? "chat" : false) })',
  'Or offer none: new WebSocket(url) instead of new WebSocket(url, "chat").',
  "If a token travels as a subprotocol, offer a real one beside it and echo that, never the token.",
];

export const credentials: readonly string[] = [
  "Browsers cannot send an Authorization header with a WebSocket: use the session's cookie, or a ticket of one use.",
  '  const { ticket } = await (await fetch("/ticket", { method: "POST" })).json();',
  "  new WebSocket(`wss://your-host/ws?ticket=${ticket}`);",
];

export const allowOrigin: readonly string[] = [
  "Find who says 403: the server's own Origin check, its authorisation, or a firewall in front.",
  "If it is the Origin: add the page's origin, scheme and port included, to the server's list (https://app.example.com).",
  "If the server compares Origin with Host, the proxy must pass Host on. nginx: proxy_set_header Host $host;",
];
