import type { DenyCode } from "./codes.ts";
import { circumstancesOf, type Circumstances, type Decision, type Deny } from "./decision.ts";
import type { PolicyIssue } from "./problems.ts";
import { printable, quote } from "./text.ts";

/** What came, what was expected, how to fix it. */
type Account = readonly [came: string, expected: string, fix: string];

/**
 * Says in a few lines, for a tired operator, what came, what was expected and how to fix it. For logs and terminals, never for the wire: it
 * names the policy's entries. What the client sent is quoted, cut and escaped; tokens, cookies and query strings are not in it.
 */
export function explain(subject: Decision<unknown> | PolicyIssue): string {
  if (!("allowed" in subject)) return `The policy has a problem (${subject.code}): ${subject.message}`;
  if (subject.allowed) {
    const by = subject.matched === undefined ? "" : ` by the entry ${quote(subject.matched)}`;
    return `Allowed a WebSocket handshake from ${subject.origin === undefined ? "a client without an Origin" : quote(subject.origin)}${by} (${subject.code}).`;
  }
  const details = circumstancesOf(subject);
  const [came, expected, fix] = accounts[subject.code](subject, details);
  const note = details.note === undefined ? [] : [`  detail:   ${printable(details.note)}`];
  return [
    `${subject.code === "client-gone" ? "Gave up" : "Refused"} a WebSocket handshake: ${subject.code}${subject.code === "client-gone" ? "" : ` (${subject.status})`}`,
    `  came:     ${came}`,
    `  expected: ${expected}`,
    ...note,
    `  fix:      ${fix}`,
  ].join("\n");
}

function originOf({ origin }: Deny): string {
  return origin === undefined ? "no Origin header" : `Origin ${quote(origin)}`;
}

function hostOf({ host }: Circumstances): string {
  return host === undefined ? "no Host header" : `Host ${quote(host)}`;
}

function listed({ expected }: Circumstances): string {
  return expected === undefined ? "an Origin that the policy lists" : `one of ${expected.origins()}`;
}

/** What is nearly right about the Origin. */
function nearMiss({ origin }: Deny, { expected }: Circumstances): string | undefined {
  return origin === undefined ? undefined : expected?.originHint(origin);
}

const bearer = "a token that the policy's verify() grants";

const accounts = {
  "origin-not-listed": (deny, details) => [
    originOf(deny),
    listed(details),
    nearMiss(deny, details) ??
      `If this page is yours, add ${quote(deny.origin ?? "")} to \`origins\`. If it is not, nothing needs fixing: a page on another site tried to open a socket with its visitor's cookies.`,
  ],
  "origin-missing": (_deny, details) => [
    "no Origin header, so this was no browser: a program, a health check, or a proxy that drops the header",
    listed(details),
    'If such programs must connect, set missingOrigin: "allow", and never let a cookie alone say who they are. If a browser sent it, stop the proxy from removing Origin.',
  ],
  "origin-opaque": (_deny, details) => [
    'Origin "null": a sandboxed frame, a data: or file: page, or Chromium after HSTS turned ws: into wss:',
    listed(details),
    'Open the socket with wss: from a page with an origin of its own (sandbox="allow-same-origin"). Any site can send "null", so opaqueOrigin: "dangerously-allow" lets every page in.',
  ],
  "origin-malformed": (deny, details) => [
    originOf(deny),
    `one serialised origin, byte for byte as browsers write it: ${listed(details)}`,
    nearMiss(deny, details) ??
      "No browser sends this. If it is a client of yours, let it send scheme://host[:port] in lower case, without a default port or a path.",
  ],
  "origin-repeated": (deny) => [
    `more than one Origin line: ${quote(deny.origin ?? "")}`,
    "exactly one; a browser never sends two (RFC 6454 section 7.3)",
    "A proxy adds an Origin of its own, or somebody tries to hide one value behind another. Let the proxy pass Origin through untouched.",
  ],
  "origin-cross-site": (deny) => [
    `${originOf(deny)}, equal to the Host of the request, but with Sec-Fetch-Site: cross-site`,
    "a page of the very origin it claims",
    "An http: page of this host, or a redirect through another site, opened the socket. Serve every page over https; or list the page's origin in `origins`.",
  ],
  "host-missing": () => [
    "no Host header",
    "exactly one (RFC 9112 section 3.2)",
    "No browser does this. If it is a client or proxy of yours, let it send Host.",
  ],
  "host-malformed": (_deny, details) => [
    hostOf(details),
    "host[:port], and nothing else",
    "No browser sends this. If a proxy writes Host, let it forward the client's own.",
  ],
  "host-repeated": () => [
    "more than one Host line",
    "exactly one (RFC 9112 section 3.2)",
    "A proxy adds a Host of its own, or somebody tries to hide one value behind another. Let the proxy replace Host, not add to it.",
  ],
  "host-not-listed": (_deny, details) => [
    hostOf(details),
    `one of ${details.expected?.hosts() ?? "the policy's hosts"}`,
    `If this server answers to that name, add it to \`hosts\`. If a proxy in front replaces Host with the upstream's (nginx does by default), let it forward the client's: proxy_set_header Host $host. Otherwise nothing needs fixing: this is what DNS rebinding looks like.`,
  ],
  "directory-failed": (deny) => [
    `${originOf(deny)}, which is not in \`origins\`, so the directory was asked`,
    "directory.has() to return true or false in time",
    "Repair the directory. Until then every origin that only it knows is refused.",
  ],
  "token-missing": () => ["no token", bearer, "Let the client send its token where the policy's `from` looks for it."],
  "token-malformed": () => ["a token that cannot be one", bearer, "Let the client send the token as it was issued."],
  "token-invalid": () => [
    "a token that is not valid",
    bearer,
    "Let the client log in again; if all fail, compare the keys, issuer and audience of both sides.",
  ],
  "token-expired": () => [
    "a token that has expired",
    bearer,
    "Let the client fetch a fresh token before it connects; if fresh ones fail, compare the clocks.",
  ],
  "token-revoked": () => [
    "a token that was revoked",
    bearer,
    "Nothing: the session was ended. The client has to log in again.",
  ],
  "token-ambiguous": () => ["more than one token", "exactly one", "Let the client send its token in one place only."],
  "token-origin-mismatch": (deny) => [
    `${originOf(deny)} with a token that was issued to another origin`,
    "a token issued to this very origin",
    "Let each page fetch a token of its own. Otherwise somebody uses a stolen one.",
  ],
  "token-forbidden": () => [
    "a valid token whose owner may not do this",
    "a principal with the right",
    "Grant the right, or nothing.",
  ],
  "verifier-failed": () => [
    "a token, which could not be verified",
    "verify() to return grant() or refuse() in time",
    "Repair what verify() depends on. Until then every token is refused.",
  ],
  "handshake-malformed": () => [
    "a request for an upgrade that is no WebSocket handshake",
    "GET over HTTP/1.1 with Upgrade: websocket, Sec-WebSocket-Version: 13 and a Sec-WebSocket-Key of 16 bytes (RFC 6455 section 4.1)",
    "If a proxy stands in front, let it speak HTTP/1.1 to this server (nginx: proxy_http_version 1.1) and pass the Sec-WebSocket headers through.",
  ],
  "version-unsupported": () => [
    "another Sec-WebSocket-Version",
    "13 (RFC 6455)",
    "Update the client. Probes ask like this on purpose; they need no fix.",
  ],
  "upgrade-stripped": () => [
    "a plain GET that carries Sec-WebSocket-Key, on the path of a socket",
    "the same with Upgrade: websocket and Connection: Upgrade",
    "A proxy in front of this server removed the two headers, which belong to one hop only, and must set them anew. nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; Apache: ProxyPass with upgrade=websocket.",
  ],
  "route-not-found": () => [
    "an upgrade on a path where nobody answers",
    "the path of a route, or of another `upgrade` listener",
    "Compare the client's URL with the paths given to gate.route(); a proxy may have cut or added a prefix.",
  ],
  "protocol-unsupported": () => [
    "an extended CONNECT (RFC 8441) that nothing here can serve",
    ":protocol websocket, on the path of a route",
    "Give the path a route of the gate; or leave enableConnectProtocol off, and browsers use HTTP/1.1 for their sockets.",
  ],
  "too-many-failures": () => [
    "one more handshake from an address that was refused too often",
    "fewer failures than maxFailures allows",
    "Nothing, if it is an attack. If many users share the address, it is a proxy's: let the server trust it, so that their own addresses count.",
  ],
  "too-many-connections": () => [
    "one more socket",
    "fewer than maxConnections or maxConnectionsPerIp",
    "Raise the limit, or find the client that opens sockets and does not close them.",
  ],
  "too-many-pending": () => [
    "one more handshake while too many wait for a decision",
    "fewer than maxPending",
    "Find what makes decisions slow (the directory, a middleware), or raise the limit.",
  ],
  "timed-out": () => [
    "a handshake that could not be decided in time",
    "a decision within the deadline",
    "Find what makes decisions slow: the directory, a middleware, verify().",
  ],
  "middleware-refused": () => [
    "a handshake that a middleware of `before` answered by itself",
    "a middleware that calls next()",
    "Nothing, if it meant to refuse. If not, keep it out of `before`: middleware that answers requests does not belong on a handshake.",
  ],
  "middleware-failed": () => [
    "a handshake in which a middleware of `before` failed",
    "a middleware that calls next() without an error",
    "Repair the middleware, or what it depends on.",
  ],
  draining: () => [
    "a handshake while the gate is closing",
    "a server that stays",
    "Nothing: the client may come back to another process.",
  ],
  "client-gone": () => [
    "a client that left before it was answered",
    "a client that waits",
    "Nothing, if it is rare. If not, decisions are slow: look at the directory, the middleware, verify().",
  ],
} satisfies Record<DenyCode, (deny: Deny, details: Circumstances) => Account>;
