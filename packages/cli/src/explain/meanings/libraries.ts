import { define, type Entry } from "../entry.ts";
import { nginxUpgrade, otherUpgrades, keepAlive, allowOrigin } from "../fixes.ts";

/** What libraries above the socket say. */
export const libraries: readonly Entry[] = [
  define({
    id: "WSO353",
    name: "socketio-transport",
    title: "Socket.IO's client could not connect by polling or by WebSocket",
    cause:
      "It hides the reason: `xhr poll error` is a failed HTTP request (server down, CORS, a wrong path), `websocket error` a failed handshake. The browser's console has the real line beside it.",
    fix: "Look at the console's other lines and at error.description and error.context.",
    lines: () => [
      'socket.on("connect_error", (error) => console.log(error.message, error.description, error.context));',
      '`xhr poll error`: open https://your-host/socket.io/?EIO=4&transport=polling in a tab; it must begin with 0{"sid".',
      "`websocket error`: the proxy must pass the upgrade on for /socket.io/.",
    ],
    outside: true,
    strength: "vague",
  }),
  define({
    id: "WSO354",
    name: "socketio-refused",
    title: "Socket.IO's server refuses the request",
    cause:
      "By its code: 0 unknown transport, 1 unknown session (several servers without sticky sessions), 2 not a GET, 3 bad request (the upgrade was stripped on the way), 4 forbidden (allowRequest), 5 another protocol version. `Invalid namespace` means that the server has no such namespace: the path in io(url) is a namespace, not a path.",
    fix: "1: make sessions sticky, or use WebSocket alone. 3: let the proxy pass upgrades. 4: look at allowRequest. 5: use the same major version on both sides.",
    lines: ({ plain }) => socketIoLines(plain),
  }),
  define({
    id: "WSO355",
    name: "socketio-version",
    title: "Socket.IO's client and server are of versions that do not understand each other",
    cause:
      "Version 2 and version 3 or 4 speak different protocols (EIO=3, EIO=4). A plain WebSocket client does not speak either.",
    fix: "Use the same major version on both sides, or let the server take the old one.",
    lines: () => [
      "npm install socket.io-client@4",
      "Server, for version 2 clients: new Server(httpServer, { allowEIO3: true })",
    ],
  }),
  define({
    id: "WSO356",
    name: "socketio-disconnected",
    severity: "warning",
    title: "Socket.IO's connection ended",
    cause:
      "`ping timeout`: nothing came from the other side in time. `transport close` and `transport error`: the connection broke off (a proxy, the network, a restart). `io server disconnect`: the server ended it, and the client does not come back by itself. `parse error`: bytes that are no Socket.IO.",
    fix: "After `io server disconnect` call socket.connect(); against the others raise the proxy's idle timeout above pingInterval.",
    lines: () => [
      'socket.on("disconnect", (reason) => reason === "io server disconnect" && socket.connect());',
      ...keepAlive,
    ],
    strength: "vague",
  }),
  define({
    id: "WSO357",
    name: "signalr-failed",
    title: "SignalR could not connect",
    cause:
      "Its text lists every cause it can think of. Negotiation is an HTTP POST (where CORS counts); the WebSocket after it needs a proxy that passes upgrades, and the same server as the negotiation (sticky sessions).",
    fix: "Find out which of the two failed in the network tab.",
    lines: () => [
      "negotiate failed: CORS with or a wrong path. app.UseCors() must stand before app.MapHub().",
      "The WebSocket failed: let the proxy pass upgrades, and make sessions sticky (or skipNegotiation: true).",
      ...nginxUpgrade,
    ],
    outside: true,
  }),
  define({
    id: "WSO358",
    name: "origin-refused",
    title: "The server refuses the page's Origin",
    cause:
      "This is the check that guards against pages of other sites. The page's origin is not on the list, or the server compares Origin with a Host that a proxy replaced.",
    fix: "Add the page's origin to the server's list, and let the proxy pass Host on. Do not switch the check off: then any site may open sockets with your users' cookies.",
    lines: () => [
      "nginx: proxy_set_header Host $host;",
      'gorilla: Upgrader{CheckOrigin: func(r *http.Request) bool { return r.Header.Get("Origin") == "https://app.example.com" }}',
      'coder: websocket.Accept(w, r, &websocket.AcceptOptions{OriginPatterns: []string{"app.example.com"}})',
      'Phoenix: config :app, AppWeb.Endpoint, check_origin: ["https://app.example.com"]',
      'Rails: config.action_cable.allowed_request_origins = ["https://app.example.com"]',
    ],
  }),
  define({
    id: "WSO359",
    name: "upgrade-stripped",
    title: "The request reached the server without its Upgrade or Connection header",
    cause:
      "Both belong to one hop: a proxy in front must set them anew, and does not. Or somebody opened the socket's URL in a tab, or with fetch.",
    fix: "Let the proxy pass upgrades on.",
    lines: () => [...nginxUpgrade, ...otherUpgrades],
    outside: true,
  }),
  define({
    id: "WSO398",
    name: "reason-unknown",
    title: "A WebSocket failed, for a reason this tool does not know by its text",
    cause:
      "Safari prints the system's own message, in the language of the computer; other clients add texts now and then.",
    fix: "Look at the network tab (filter WS) for the status, and at the close event's code.",
    lines: () => ["Network tab, filter WS: the status stands there. Then run: wsorigin explain <status>"],
    outside: true,
    strength: "fallback",
  }),
  define({
    id: "WSO399",
    name: "unrelated",
    severity: "note",
    title: "This line is not about a WebSocket",
    cause: "Consoles print much beside it: cookies, frames, images, features they do not know.",
    fix: "Look for the line with ws: or wss: in it.",
    strength: "vague",
  }),
];

function socketIoLines(plain: string): readonly string[] {
  if (plain.includes("session id unknown")) {
    return [
      "Several servers or workers need sticky sessions. nginx: ip_hash; in the upstream. Node: @socket.io/sticky",
      'Or no polling: io(url, { transports: ["websocket"] })',
    ];
  }
  if (plain.includes("namespace"))
    return [
      'The path of the URL is a namespace: io("https://api.example.com", { path: "/socket.io" })',
      'Or serve it: io.of("/name").on("connection", …)',
    ];
  if (plain.includes("'code':4") || plain.includes("forbidden")) return allowOrigin;
  if (plain.includes("unsupported protocol version"))
    return ["Server, for version 2 clients: new Server(httpServer, { allowEIO3: true })"];
  if (plain.includes("'code':3")) return nginxUpgrade;
  return ["The path /socket.io/ is for Socket.IO's own client: io(url), not new WebSocket(url)."];
}
