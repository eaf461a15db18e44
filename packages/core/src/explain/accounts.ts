import type { DenyCode } from "../check/codes.ts";
import type { Circumstances, Deny } from "../check/decision.ts";
import { unreadableCopies } from "../copies.ts";
import { exampleOrigin, expectedHosts, expectedOrigins, howToAllow } from "./expectation.ts";
import { nearMiss } from "./near-miss.ts";
import { quote } from "./text.ts";

/** What came, what was expected, how to fix it. */
export type Account = readonly [came: string, expected: string, fix: string];

function originOf({ origin }: Deny): string {
  return origin === undefined ? "no Origin header" : `Origin ${quote(origin)}`;
}

function hostOf({ host }: Circumstances): string {
  return host === undefined ? "no Host header" : `Host ${quote(host)}`;
}

function listed({ expected }: Circumstances): string {
  return expected === undefined ? "an Origin that the policy allows" : expectedOrigins(expected);
}

function nearMissOf({ origin }: Deny, { expected, host }: Circumstances): string | undefined {
  return origin === undefined || expected === undefined ? undefined : nearMiss(origin, host, expected);
}

function toAllow({ origin = "" }: Deny, { expected }: Circumstances): string {
  return expected === undefined ? `add ${quote(origin)} to \`origins\`` : howToAllow(origin, expected);
}

/** How a program sends an Origin that is allowed. */
function byHand({ expected }: Circumstances): string {
  const example = expected === undefined ? undefined : exampleOrigin(expected);
  if (example === undefined) return "let it send an Origin that is allowed (wscat -o, curl -H, a header in Postman)";
  const header = quote(`Origin: ${example}`);
  return `let it send an Origin that is allowed (wscat -o ${example}, curl -H ${header}, the same header in Postman)`;
}

const granted = "a token that the policy's verify() grants";
const slow = "Find what makes decisions slow: the directory, a middleware of `before`, or verify().";

/** The text of each code, for `explain()`. */
export const accounts: Readonly<Record<DenyCode, (deny: Deny, details: Circumstances) => Account>> = {
  "origin-not-listed": (deny, details) => [
    originOf(deny),
    listed(details),
    nearMissOf(deny, details) ??
      `If this page is yours, ${toAllow(deny, details)}. If it is not, nothing needs fixing: a page on another site tried to open a socket with its visitor's cookies.`,
  ],
  "origin-missing": (_deny, details) => [
    "no Origin header. Browsers always send one with a handshake: this was another program, a health check, a proxy that drops the header, or a browser's ordinary GET",
    listed(details),
    `To allow such programs, set missingOrigin: "token" and require a token from them; to try one by hand, ${byHand(details)}. If a browser sent a handshake, stop the proxy from removing Origin. An ordinary GET of the server's own pages needs \`hosts\`; one from another site needs no fix.`,
  ],
  "origin-opaque": ({ origin }, details) =>
    origin === "file://"
      ? [
          'Origin "file://": a file: page in Electron, Cordova or Chromium with --allow-file-access-from-files, or a device library',
          listed(details),
          'Serve the page from a scheme of its own (Electron: protocol.handle and an entry such as "app://bundle") or over http://localhost. opaqueOrigin: "dangerously-allow" allows it, and every page that sends "null".',
        ]
      : [
          'Origin "null": a sandboxed frame, a data: or file: page, or Chromium after HSTS turned ws: into wss:',
          listed(details),
          'Open the socket with wss: from a page with an origin of its own (sandbox="allow-same-origin"). Any site can send "null": opaqueOrigin: "dangerously-allow" allows every page.',
        ],
  "origin-malformed": (deny, details) => [
    originOf(deny),
    `one serialised origin, byte for byte as browsers write it: ${listed(details)}`,
    nearMissOf(deny, details) ??
      "Browsers do not send this. If the client is yours, send scheme://host[:port] in lower case, without a default port or a path.",
  ],
  "origin-repeated": (deny) => [
    `more than one Origin line: ${quote(deny.origin ?? "")}`,
    "exactly one; browsers never send two (RFC 6454 section 7.3)",
    "A proxy adds an Origin of its own, or a client tries to hide one value behind another. Configure the proxy to pass Origin through unchanged.",
  ],
  "origin-cross-site": (deny) => [
    `${originOf(deny)}, equal to the Host of the request, but with Sec-Fetch-Site: cross-site`,
    "a page of the same origin",
    "An http: page of this host, or a redirect through another site, opened the socket. Serve every page over https, or add the page's origin to `origins`.",
  ],
  "host-missing": () => [
    "no Host header",
    "exactly one (RFC 9112 section 3.2)",
    "Browsers always send Host. If the client or proxy is yours, make it send Host.",
  ],
  "host-malformed": (_deny, details) => [
    hostOf(details),
    "host[:port], and nothing else",
    "Browsers do not send this. If a proxy writes Host, configure it to forward the client's own.",
  ],
  "host-repeated": () => [
    "more than one Host line",
    "exactly one (RFC 9112 section 3.2)",
    "A proxy adds a Host of its own, or a client tries to hide one value behind another. Configure the proxy to replace Host instead of adding to it.",
  ],
  "host-not-listed": (_deny, details) => [
    hostOf(details),
    details.expected === undefined ? "one of the policy's hosts" : expectedHosts(details.expected),
    "If this server answers to that name, add it to `hosts`. If a proxy replaces Host with the upstream's (nginx does by default), forward the client's, with the port: proxy_set_header Host $http_host. Otherwise nothing needs fixing: DNS rebinding looks like this.",
  ],
  "directory-failed": (deny) => [
    `${originOf(deny)}, which is not in \`origins\`, so the directory was asked`,
    "directory.has() to return true or false in time",
    "Repair the directory. Until then, origins that only the directory knows are refused.",
  ],
  "token-missing": () => ["no token", granted, "Send the token in one of the places that the policy's `from` lists."],
  "token-malformed": () => ["something that cannot be a token", granted, "Send the token exactly as it was issued."],
  "token-invalid": () => [
    "a token that is not valid",
    granted,
    "Log in again for a new token. If all tokens fail, compare the keys, issuer and audience of both sides.",
  ],
  "token-expired": () => [
    "a token that has expired",
    granted,
    "Fetch a new token before each connection. If new ones fail too, compare the clocks.",
  ],
  "token-revoked": () => [
    "a token that was revoked",
    granted,
    "Nothing needs fixing: the session was ended. The user has to log in again.",
  ],
  "token-ambiguous": () => ["more than one token", "exactly one", "Send the token in one place only."],
  "token-origin-mismatch": (deny) => [
    `${originOf(deny)} with a token that was issued to another origin`,
    "a token issued to this origin",
    "Fetch a token for each page. If the clients do, a stolen token was used.",
  ],
  "token-forbidden": () => [
    "a valid token of a principal that is not permitted",
    "a principal with the permission",
    "Grant the permission, or nothing needs fixing.",
  ],
  "verifier-failed": () => [
    "a token, which could not be verified",
    "verify() to return grant() or refuse() in time",
    unreadableCopies() ??
      'Repair verify(), or what it depends on. It must return grant({ principal }) or refuse("invalid"). Until then, these tokens are refused.',
  ],
  "handshake-malformed": (_deny, { unreadable }) =>
    unreadable === true
      ? [
          "a handshake that cannot be read, so that its Origin is unknown",
          "an IncomingMessage, a Request, or { headers } with the fields in a plain object or in Headers",
          "Pass the request as the server received it. If your server has its own type of headers, write policy.check({ headers: Object.fromEntries(headers) }).",
        ]
      : [
          "an upgrade request that is not a valid WebSocket handshake",
          "GET over HTTP/1.1 with Upgrade: websocket, Sec-WebSocket-Version: 13 and a Sec-WebSocket-Key of 16 bytes (RFC 6455 section 4.1)",
          "If a proxy is in front, configure it to speak HTTP/1.1 to this server (nginx: proxy_http_version 1.1) and to pass the Sec-WebSocket headers through.",
        ],
  "version-unsupported": () => [
    "another Sec-WebSocket-Version",
    "13 (RFC 6455)",
    "Update the client. Scanners send other versions on purpose; then nothing needs fixing.",
  ],
  "upgrade-stripped": () => [
    "a plain GET with Sec-WebSocket-Key, on the path of a socket",
    "the same with Upgrade: websocket and Connection: Upgrade",
    "A proxy in front of this server removed the two headers, which are hop-by-hop, and must set them again. nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; Apache: ProxyPass with upgrade=websocket.",
  ],
  "route-not-found": () => [
    "an upgrade request on a path without a route or listener",
    "the path of a route, or of another `upgrade` listener",
    "Compare the client's URL with the paths given to gate.route(); a proxy may have removed or added a prefix.",
  ],
  "protocol-unsupported": () => [
    "an extended CONNECT (RFC 8441) that nothing on this server can serve",
    ":protocol websocket, on the path of a route",
    "Add a route for the path; or leave enableConnectProtocol off, and browsers use HTTP/1.1 for their sockets.",
  ],
  "too-many-failures": () => [
    "one more handshake from an address that was refused too often",
    "fewer failures than maxFailures allows",
    "Nothing needs fixing if it is an attack. If many users share the address, it is a proxy's: make the server trust the proxy, so that the users' own addresses count.",
  ],
  "too-many-connections": () => [
    "one more socket",
    "fewer than maxConnections or maxConnectionsPerIp",
    "Raise the limit, or find the client that opens sockets and does not close them.",
  ],
  "too-many-pending": () => [
    "one more handshake while too many wait for a decision",
    "fewer than maxPending",
    `${slow} Or raise the limit.`,
  ],
  "timed-out": () => ["a handshake that could not be decided in time", "a decision within the deadline", slow],
  "middleware-refused": () => [
    "a handshake that a middleware of `before` answered by itself",
    "a middleware that calls next()",
    "Nothing needs fixing if it meant to refuse. If not, remove it from `before`: middleware that answers requests does not belong on a handshake.",
  ],
  "middleware-failed": () => [
    "a handshake in which a middleware of `before` failed",
    "a middleware that calls next() without an error",
    "Repair the middleware, or what it depends on.",
  ],
  draining: () => [
    "a handshake during shutdown",
    "a server that is accepting connections",
    "Nothing needs fixing: the client can connect to another process.",
  ],
  "client-gone": () => [
    "a client that disconnected before it was answered",
    "a client that waits for the answer",
    `Nothing needs fixing if it is rare. ${slow}`,
  ],
};
