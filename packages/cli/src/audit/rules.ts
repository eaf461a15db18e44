import type { Rule, Severity } from "../finding.ts";

function rule(id: string, name: string, severity: Severity, title: string, cause: string, fix: string): Rule {
  return { id, name, severity, title, cause, fix };
}

const anyPage =
  "A browser sends its cookies along with a WebSocket handshake to whoever asks, and no CORS holds it back: any page that a visitor has open can use their session.";

export type RuleName =
  | "corsIsNoGate"
  | "expressWs"
  | "koaWebsocket"
  | "koaEasyWs"
  | "fastifyWebsocket"
  | "ws"
  | "upgrade"
  | "socketIo"
  | "nest"
  | "websocketNode"
  | "uws"
  | "verifyPromise"
  | "verifyOpen"
  | "verifyOther"
  | "anyListed"
  | "missingAllowed"
  | "reflected"
  | "anyWithCredentials"
  | "substring"
  | "prefix"
  | "suffix"
  | "pattern"
  | "opaqueAllowed"
  | "caseFolded"
  | "stateful"
  | "twoOwners"
  | "plainSocket"
  | "tokenInUrl"
  | "protocolEchoed"
  | "unverifiedTls"
  | "corsInUpgrade"
  | "guardedApp"
  | "checkForDecide"
  | "secondList"
  | "hono"
  | "fetchRuntime"
  | "crossws"
  | "sockjs"
  | "engineIo"
  | "nextWs"
  | "mcp";

/** What the audit can find, by a short name. */
export const rules: Readonly<Record<RuleName, Rule>> = {
  corsIsNoGate: rule(
    "WSO201",
    "cors-is-no-gate",
    "warning",
    "CORS decides nothing for these sockets.",
    "CORS middleware only writes headers, which no browser reads on a WebSocket handshake; with most wrappers it runs after the 101, or not at all. A page whose origin it does not list opens the socket all the same.",
    "Keep cors() for HTTP, and let a policy decide for sockets. Share its list with corsOptions(policy).",
  ),
  expressWs: rule(
    "WSO202",
    "express-ws-unguarded",
    "failure",
    "Routes of express-ws open for every origin.",
    `${anyPage} express-ws answers 101 before any middleware runs, so none can refuse.`,
    "Replace express-ws with guard() of @wsorigin/express.",
  ),
  koaWebsocket: rule(
    "WSO203",
    "koa-websocket-unguarded",
    "failure",
    "Routes of koa-websocket open for every origin.",
    `${anyPage} koa-websocket answers 101 before its middleware runs, and runs none of the app's.`,
    "Replace koa-websocket with guard() of @wsorigin/koa.",
  ),
  koaEasyWs: rule(
    "WSO204",
    "koa-easy-ws-unguarded",
    "failure",
    "Sockets of koa-easy-ws open for every origin.",
    anyPage,
    "Replace koa-easy-ws with guard() of @wsorigin/koa.",
  ),
  fastifyWebsocket: rule(
    "WSO205",
    "fastify-websocket-unguarded",
    "failure",
    "Routes of @fastify/websocket open for every origin.",
    `${anyPage} @fastify/cors with a list only leaves a header out.`,
    "Register wsorigin of @wsorigin/fastify instead of @fastify/websocket; routes and hooks stay.",
  ),
  ws: rule(
    "WSO206",
    "ws-unguarded",
    "failure",
    "A WebSocketServer takes sockets of every origin.",
    `${anyPage} ws compares no Origin by itself.`,
    "Put guard() of @wsorigin/node before the server's upgrades.",
  ),
  upgrade: rule(
    "WSO207",
    "upgrade-unguarded",
    "failure",
    "An upgrade listener lets every origin in.",
    `${anyPage} This listener hands the socket over without comparing the Origin header.`,
    "Put guard() of @wsorigin/node before the server's upgrades, and let its routes take the sockets.",
  ),
  socketIo: rule(
    "WSO208",
    "socket-io-unguarded",
    "failure",
    "Socket.IO takes sockets of every origin: `cors` does not refuse any.",
    `${anyPage} Socket.IO's \`cors\` writes headers for polling; the websocket transport opens without them. What refuses is \`allowRequest\`.`,
    "Guard the server with guard() of @wsorigin/node, and give allowRequest the same policy for polling.",
  ),
  nest: rule(
    "WSO209",
    "nest-gateway-unguarded",
    "warning",
    "`cors` of a NestJS gateway refuses no socket.",
    "With WsAdapter `cors` has no effect at all, with IoAdapter it only writes headers for polling, and guards of NestJS run for each message, never for the handshake.",
    "Guard the app's HTTP server with guard() of @wsorigin/node.",
  ),
  websocketNode: rule(
    "WSO210",
    "websocket-unguarded",
    "failure",
    "A server of the package websocket accepts every origin.",
    `${anyPage} autoAcceptConnections asks nobody, and accept() takes any Origin.`,
    "Put guard() of @wsorigin/node before the server's upgrades.",
  ),
  uws: rule(
    "WSO211",
    "uws-unguarded",
    "failure",
    "A route of uWebSockets.js upgrades for every origin.",
    `${anyPage} uWebSockets.js compares no Origin by itself.`,
    "Ask a policy in `upgrade`, before res.upgrade().",
  ),
  verifyPromise: rule(
    "WSO212",
    "verify-client-promise",
    "failure",
    "verifyClient returns a promise, which counts as yes: everybody gets in.",
    "ws takes what a verifyClient with one parameter returns as it is, and a promise is truthy, also one of false.",
    "Guard the server instead. What takes time belongs into the policy's directory or token.",
  ),
  verifyOpen: rule(
    "WSO213",
    "verify-client-open",
    "failure",
    "The check of a handshake lets every page in.",
    "It answers yes to every handshake, whatever its Origin is.",
    "Guard the server with guard() of @wsorigin/node, and remove verifyClient or allowRequest.",
  ),
  verifyOther: rule(
    "WSO217",
    "verify-client-without-origin",
    "failure",
    "The check of a handshake does not look at the Origin.",
    "verifyClient and allowRequest are the only checks before the 101. A subprotocol, a path or a Referer says nothing about the page: every page can send the first two, browsers send no Referer with a handshake, and they send the user's cookies along. A token that the page has to know limits the damage.",
    "Guard the server with guard() of @wsorigin/node, and check the token in its policy.",
  ),
  anyListed: rule(
    "WSO218",
    "wildcard-opens-all",
    "failure",
    'An allowlist that contains "*" lets every page in.',
    'With "*" in the setting, the check accepts every Origin, and the browser still sends the user\'s cookies.',
    'List the origins. createPolicy() refuses a bare "*".',
  ),
  missingAllowed: rule(
    "WSO214",
    "missing-origin-allowed",
    "warning",
    "A handshake without an Origin is let in.",
    "No browser leaves Origin out, but a proxy may drop it, and every program does: whoever gets in here with a cookie was not checked at all.",
    'A policy refuses it. Where programs must connect set missingOrigin: "allow", and let a token say who they are.',
  ),
  reflected: rule(
    "WSO215",
    "origin-reflected",
    "failure",
    "Every origin is allowed, with credentials.",
    "An `origin` that answers true whatever comes reflects the Origin of any page, which may then read answers meant for its visitor.",
    "Give the middleware corsOptions(policy), whose list is the policy's.",
  ),
  anyWithCredentials: rule(
    "WSO216",
    "any-origin-with-credentials",
    "warning",
    'Origin "*" goes together with credentials.',
    'Browsers refuse "*" for requests with cookies, so polling fails, while sockets open from every page.',
    "List the origins, in a policy that decides for sockets too.",
  ),
  substring: rule(
    "WSO220",
    "origin-substring",
    "failure",
    "An origin is compared by a part of it.",
    "https://app.example.com.evil.test contains https://app.example.com, and a short origin is contained in a longer text.",
    "Compare whole origins: createPolicy({ origins }).",
  ),
  prefix: rule(
    "WSO221",
    "origin-prefix",
    "failure",
    "An origin is compared by its beginning.",
    "https://app.example.com.evil.test begins with https://app.example.com.",
    "Compare whole origins: createPolicy({ origins }).",
  ),
  suffix: rule(
    "WSO222",
    "origin-suffix",
    "failure",
    "An origin is compared by its end, without a dot before it.",
    "https://evilexample.com ends with example.com.",
    'Write it as a wildcard, which takes whole labels: "https://*.example.com".',
  ),
  pattern: rule(
    "WSO223",
    "origin-pattern",
    "failure",
    "An origin is compared by a pattern that matches others too.",
    "A regular expression matches anywhere in a text unless ^ and $ say otherwise, and a dot in it stands for any character.",
    'Write it as a wildcard, which takes whole labels: "https://*.example.com".',
  ),
  opaqueAllowed: rule(
    "WSO224",
    "null-origin-allowed",
    "failure",
    'The origin "null" is allowed.',
    'Any site can send "null": from a sandboxed frame.',
    'Leave it out. A page that needs the socket has an origin of its own: sandbox="allow-same-origin".',
  ),
  caseFolded: rule(
    "WSO225",
    "origin-case-folded",
    "note",
    "An origin is changed before it is compared.",
    "Browsers send origins in lower case, in one form only. What comes otherwise was written by no browser.",
    "Compare it as it came. createPolicy() normalises what you list, and never what comes.",
  ),
  stateful: rule(
    "WSO226",
    "origin-pattern-stateful",
    "failure",
    "A pattern with the flag g or y answers differently each time.",
    "test() and exec() of such a pattern go on where the last match ended, so the same origin is allowed and refused by turns.",
    "Compare whole origins: createPolicy({ origins }).",
  ),
  twoOwners: rule(
    "WSO230",
    "two-upgrade-owners",
    "failure",
    "Two listeners answer every upgrade of one server.",
    "Node gives each upgrade to all listeners. The second one writes into the first one's socket: 400, `Invalid frame header`, or a crash.",
    "One gate, and a route for each path.",
  ),
  plainSocket: rule(
    "WSO235",
    "plain-socket",
    "warning",
    "A socket is opened without TLS.",
    "Whoever is on the way reads and changes what a ws: socket carries, cookies included, and pages served by https: may not open one.",
    "Open it with wss:.",
  ),
  tokenInUrl: rule(
    "WSO236",
    "token-in-url",
    "warning",
    "A token stands in a socket's URL.",
    "Access logs, proxies and error reports keep URLs, and the token in them works for as long as it lives.",
    "Send a ticket of @wsorigin/tickets, which opens one socket and is worth nothing afterwards.",
  ),
  protocolEchoed: rule(
    "WSO237",
    "protocol-echoed",
    "failure",
    "The first subprotocol that a client offers is echoed, whatever it is.",
    "Clients that send a token as a subprotocol get it back in the 101, for every log on the way; and the server claims to speak what it does not.",
    "Name the subprotocols that are spoken: guard(server, { policy, protocols }).",
  ),
  unverifiedTls: rule(
    "WSO238",
    "tls-unverified",
    "warning",
    "A client takes any certificate.",
    "With rejectUnauthorized: false whoever is on the way can be the server, and gets the tokens.",
    "Give the client the certificate of your authority.",
  ),
  corsInUpgrade: rule(
    "WSO240",
    "cors-in-upgrade",
    "warning",
    "CORS middleware is used as a guard for sockets.",
    "It goes on to the next step whether it lists the origin or not, and its headers reach nobody.",
    "Let a policy decide: guard(server, { policy }).",
  ),
  guardedApp: rule(
    "WSO231",
    "guarded-app",
    "failure",
    "guard() gets an app, or something else that is not a server.",
    "Upgrades arrive at the HTTP server, not at the app. guard() throws a GateError at start.",
    "Create the server, guard it, and listen on it.",
  ),
  checkForDecide: rule(
    "WSO232",
    "check-without-token",
    "failure",
    "policy.check() does not verify the token, and does not ask the directory.",
    "check() is synchronous and decides by Host and Origin only. A policy with `token` or `directory` needs decide(), which waits for both.",
    "Await policy.decide(), or let guard() call it.",
  ),
  secondList: rule(
    "WSO233",
    "second-origin-list",
    "warning",
    "CORS has an allowlist of its own beside the policy.",
    "Two lists diverge: an origin that is removed from one of them still gets in by the other.",
    "Give the middleware corsOptions(policy).",
  ),
  hono: rule(
    "WSO241",
    "hono-unguarded",
    "failure",
    "A WebSocket route of Hono accepts every origin.",
    `${anyPage} upgradeWebSocket() does not compare the Origin, and cors() of Hono only writes headers.`,
    "On Node guard the server with guard() of @wsorigin/node. Elsewhere ask a policy before the upgrade.",
  ),
  fetchRuntime: rule(
    "WSO242",
    "fetch-upgrade-unguarded",
    "failure",
    "A server of Bun, Deno or Workers upgrades for every origin.",
    `${anyPage} The runtime does not compare the Origin by itself.`,
    "Ask a policy before the upgrade.",
  ),
  crossws: rule(
    "WSO243",
    "crossws-unguarded",
    "failure",
    "A WebSocket handler of Nitro, Nuxt, h3 or crossws accepts every origin.",
    `${anyPage} Without an \`upgrade\` hook that refuses, crossws accepts every handshake.`,
    "Ask a policy in the `upgrade` hook.",
  ),
  sockjs: rule(
    "WSO244",
    "sockjs-unguarded",
    "failure",
    "SockJS accepts every origin.",
    `${anyPage} SockJS compares no Origin, and answers its HTTP transports with CORS headers for every origin, with credentials.`,
    "Guard the server with guard() of @wsorigin/node, and disable CORS in SockJS.",
  ),
  engineIo: rule(
    "WSO245",
    "engine-io-unguarded",
    "failure",
    "Engine.IO accepts every origin.",
    `${anyPage} What refuses in Engine.IO is \`allowRequest\`.`,
    "Guard the server with guard() of @wsorigin/node, and give allowRequest the same policy for polling.",
  ),
  nextWs: rule(
    "WSO246",
    "next-ws-unguarded",
    "failure",
    "A WebSocket route of next-ws accepts every origin.",
    `${anyPage} next-ws calls UPGRADE (or SOCKET) when the socket is already open.`,
    "Guard the HTTP server of Next.js with guard() of @wsorigin/node.",
  ),
  mcp: rule(
    "WSO247",
    "mcp-host-unchecked",
    "failure",
    "An MCP server over HTTP accepts every Host.",
    "With DNS rebinding, an attacker's hostname resolves to this server, so that a page reaches it as its own origin, on localhost too. The transport compares Host only with enableDnsRebindingProtection and a list in allowedHosts.",
    "Put requestGuard(policy), with `hosts`, before the transport.",
  ),
};
