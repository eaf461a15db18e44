import { define, type Entry } from "./entry.ts";
import { keepAlive } from "./fixes.ts";
import { type Message, numberAt } from "./message.ts";

/** A number after one of these, in a normalised line, is a close code. Those of the first list alone may bring one that is never sent. */
const certain: readonly string[] = [
  "close code",
  "closecode",
  "closed with code",
  "closed with event",
  "closed with",
  "closeevent",
  "close frame",
  "websocket: close",
  "websocketclose",
  "close(",
  "closed:",
  "close:",
  "closed (",
  "close status",
];
const likely: readonly string[] = [
  "code",
  "received",
  "sent",
  "disconnected",
  "status",
  "wsclosed",
  "event",
  "closed",
  "error",
];

/** The close code that a line names. */
export function closeCodeIn({ plain }: Message): number | undefined {
  if (/^[0-9]{4,5}\.?$/.test(plain)) {
    const code = Number.parseInt(plain, 10);
    return code >= 1000 && code <= 65_535 ? code : undefined;
  }
  return after(plain, certain, (code) => code >= 1000) ?? after(plain, likely, isAssigned);
}

function after(plain: string, words: readonly string[], fits: (code: number) => boolean): number | undefined {
  for (const word of words) {
    for (let index = plain.indexOf(word); index >= 0; index = plain.indexOf(word, index + word.length)) {
      const start = pastPunctuation(plain, index + word.length);
      const code = numberAt(plain, start, 4);
      if (code !== undefined && fits(code)) return code;
    }
  }
  return undefined;
}

/** Past `: (`, `='`, ` {code: `: a few characters, so that the number belongs to the word. */
function pastPunctuation(plain: string, start: number): number {
  let index = start;
  while (index < start + 6 && index < plain.length && " :=('{[,#".includes(plain.charAt(index))) index++;
  if (!plain.startsWith("code", index)) return index;
  index += 4;
  while (index < start + 14 && index < plain.length && " :='".includes(plain.charAt(index))) index++;
  return index;
}

function isAssigned(code: number): boolean {
  return (code >= 1000 && code <= 1015) || (code >= 3000 && code <= 4999);
}

export function entryOfClose(code: number): Entry {
  return closes.find(([covers]) => covers(code))?.[1] ?? reserved;
}

/** What a code means, where that depends on who sent it: a line for each. */
const meanings: ReadonlyMap<number, readonly string[]> = new Map([
  [1002, ["1002: protocol error. The other side saw a frame that breaks the rules."]],
  [
    1003,
    [
      "1003: unsupported data. It got text and wants binary data, or the other way round; some servers use it for any bad message.",
    ],
  ],
  [1007, ["1007: invalid payload. A text message was not UTF-8; some servers use it for bad JSON."]],
  [1012, ["1012: service restart. Come back after a few seconds, not all at once."]],
  [1013, ["1013: try again later. The server is overloaded, or has no backend."]],
  [1014, ["1014: bad gateway. A proxy got no good answer from the server behind it."]],
  [
    3000,
    ["3000: Unauthorized (IANA; wsorigin with the `iana` codes). Centrifugo: connection closed. SaltyRTC: handover."],
  ],
  [3003, ["3003: Forbidden (IANA; wsorigin with the `iana` codes). Centrifugo: bad request or server's own."]],
  [3008, ["3008: Timeout (IANA; wsorigin with the `iana` codes). Centrifugo: a slow client."]],
  [3005, ["3005: Centrifugo: the connection's token expired; the client refreshes it."]],
  [3500, ["3500: Centrifugo: invalid token; it will not reconnect."]],
  [3501, ["3501: Centrifugo: bad request; it will not reconnect."]],
  [3502, ["3502: Centrifugo: not authenticated in time (stale)."]],
  [3503, ["3503: Centrifugo: disconnected by the server on purpose."]],
  [3504, ["3504: Centrifugo: connection limit."]],
  [3507, ["3507: Centrifugo: permission denied."]],
  [4000, ["4000: Pusher: use TLS only. Discord: unknown error. Else whatever the application says."]],
  [
    4001,
    ["4001: many applications: unauthorised. Pusher: the app does not exist in this cluster. Discord: unknown opcode."],
  ],
  [
    4003,
    ["4003: many applications (Django samples): forbidden. Pusher: the app is disabled. Discord: not authenticated."],
  ],
  [
    4004,
    [
      "4004: Pusher: the app is over its connection quota. Discord: authentication failed. graphql-ws clients: bad response. Else: not found.",
    ],
  ],
  [4005, ["4005: Pusher: path not found. graphql-ws: the client threw."]],
  [4006, ["4006: Pusher: invalid version string."]],
  [4007, ["4007: Pusher: unsupported protocol version."]],
  [4008, ["4008: Pusher: no protocol version. Discord: rate limited."]],
  [4009, ["4009: Pusher: the connection is not authorised. Discord: session timed out."]],
  [4100, ["4100: Pusher: over capacity."]],
  [4200, ["4200: Pusher: reconnect at once."]],
  [4201, ["4201: Pusher: no pong came."]],
  [4202, ["4202: Pusher: closed after inactivity."]],
  [4301, ["4301: Pusher: a client event was rejected by the rate limit."]],
  [4400, ["4400: graphql-ws: bad request (a message it does not understand). wsorigin: the handshake was malformed."]],
  [
    4401,
    [
      "4401: graphql-ws: a subscription before connection_init was accepted. wsorigin: no valid token, an expired or a revoked one.",
    ],
  ],
  [4403, ["4403: graphql-ws: onConnect refused. wsorigin: the Origin is not listed, or the token may not do this."]],
  [4404, ["4404: wsorigin: no route of that path. Else: not found."]],
  [4406, ["4406: graphql-ws: no common subprotocol (graphql-transport-ws)."]],
  [
    4408,
    [
      "4408: graphql-ws: connection_init did not come in time. wsorigin: no token in time, or the decision took too long.",
    ],
  ],
  [4409, ["4409: graphql-ws: a subscription with that id is already there."]],
  [4426, ["4426: wsorigin: the upgrade was stripped, or another protocol version."]],
  [4429, ["4429: graphql-ws: connection_init came twice. wsorigin: too many handshakes or sockets of one address."]],
  [4499, ["4499: graphql-ws: terminated."]],
  [4500, ["4500: graphql-ws: internal server error. Else: the server's code threw."]],
  [4504, ["4504: graphql-ws: the server did not acknowledge connection_init in time."]],
]);

/** What the code means, then what to do. */
export function linesOfClose(code: number, entry: Entry, message: Message): readonly string[] {
  return [...(meanings.get(code) ?? [`${code}: ${kindOf(code)}`]), ...entry.lines(message)];
}

function kindOf(code: number): string {
  if (code >= 4000 && code < 5000) return "for applications: only the server's own documentation knows.";
  if (code >= 3000 && code < 4000) return "for libraries and frameworks: see the documentation of the one in use.";
  return closeNames.get(code) ?? "not assigned, or never to be sent.";
}

const closeNames: ReadonlyMap<number, string> = new Map([
  [1000, "normal closure."],
  [1001, "going away."],
  [1004, "reserved."],
  [1005, "no status received."],
  [1006, "abnormal closure."],
  [1008, "policy violation."],
  [1009, "message too big."],
  [1010, "mandatory extension."],
  [1011, "internal error."],
  [1015, "TLS handshake."],
]);

const reserved: Entry = define({
  id: "WSO380",
  name: "close-reserved",
  severity: "warning",
  title: "A close code that nobody should send",
  cause: "1004, 1016 to 2999 and everything from 5000 on have no meaning, and Safari turns them into 1006.",
  fix: "Let the server close with 1000 to 1014, or with a code of its own between 4000 and 4999.",
});

const closes: readonly (readonly [(code: number) => boolean, Entry])[] = [
  [
    (code) => code === 1000,
    define({
      id: "WSO377",
      name: "close-normal",
      severity: "note",
      title: "Close code 1000: closed on purpose",
      cause: "One side was done. Some servers also refuse with 1000, and say why in the reason or in a last message.",
      fix: "If it should not have been closed: read event.reason and the last message; a client library may not come back after 1000.",
    }),
  ],
  [
    (code) => code === 1001,
    define({
      id: "WSO378",
      name: "close-going-away",
      severity: "note",
      title: "Close code 1001: one side goes away",
      cause: "The page was left, the server shuts down, or a proxy's idle timeout ended it (some send 1001).",
      fix: "Let the client come back after a short wait.",
      lines: () => keepAlive,
    }),
  ],
  [
    (code) => code === 1002 || code === 1003 || code === 1007,
    define({
      id: "WSO379",
      name: "close-bad-data",
      title: "Close code 1002, 1003 or 1007: the other side does not like what it got",
      cause: "Bytes that are no proper frames or no UTF-8, or a kind of message that is not wanted there.",
      fix: "Compare what the two sides send: text or binary, JSON or not, Socket.IO or plain WebSocket; and let one `upgrade` listener answer alone.",
    }),
  ],
  [
    (code) => code === 1005,
    define({
      id: "WSO381",
      name: "close-no-status",
      severity: "warning",
      title: "Close code 1005: closed without a code",
      cause:
        "The other side called close() with no code. It is never sent itself. A socket that is closed so right after opening was often refused: express-ws does this when middleware throws.",
      fix: 'Let the server close with a code and a reason: ws.close(4403, "forbidden")',
    }),
  ],
  [
    (code) => code === 1006,
    define({
      id: "WSO382",
      name: "close-abnormal",
      title: "Close code 1006: the connection ended without a close, or never opened",
      cause:
        "It is never sent: the browser puts it where there was no close frame. Every failed handshake looks so to a page (a 401 or 403 as well as a wrong port), and so does a connection that a proxy, a crash or the network cut.",
      fix: "Before `open`: look at the status of the handshake. After it: measure how long the silence was before the close.",
      lines: () => [
        "If it never opened: the console's other line and the network tab (filter WS) say why.",
        "If it was open, count the seconds of silence before it: 60 nginx or ALB, 55 Heroku, 100 Cloudflare, 350 NLB.",
        ...keepAlive,
      ],
      outside: true,
      strength: "vague",
    }),
  ],
  [
    (code) => code === 1008,
    define({
      id: "WSO383",
      name: "close-policy",
      title: "Close code 1008: against the server's policy",
      cause:
        "The general refusal: an Origin or a token that is not accepted (FastAPI and Starlette samples use it), a missing login, too many messages.",
      fix: "Read event.reason and the server's log.",
      lines: () => [
        'ws.addEventListener("close", ({ code, reason }) => console.log(code, reason));',
        "Then check the server's list of origins, and the token.",
      ],
    }),
  ],
  [
    (code) => code === 1009,
    define({
      id: "WSO384",
      name: "close-too-big",
      title: "Close code 1009: a message was too big",
      cause:
        "Larger than the receiver's limit: `ws` maxPayload (100 MiB), Python websockets max_size (1 MiB), API Gateway 128 KB, Socket.IO maxHttpBufferSize (1 MB).",
      fix: "Send smaller messages, or raise the receiver's limit.",
      lines: () => [
        "`ws`: new WebSocketServer({ maxPayload: 1_048_576 })",
        "Socket.IO: new Server(httpServer, { maxHttpBufferSize: 1e7 })",
        "Python websockets: serve(handler, host, port, max_size=2**24)",
      ],
    }),
  ],
  [
    (code) => code === 1010,
    define({
      id: "WSO385",
      name: "close-extension",
      title: "Close code 1010: the client wanted an extension that the server did not agree to",
      cause: "Sec-WebSocket-Extensions was dropped on the way, or the server has compression off.",
      fix: "Let the proxy pass Sec-WebSocket-Extensions on, or do not demand the extension.",
    }),
  ],
  [
    (code) => code === 1011,
    define({
      id: "WSO386",
      name: "close-internal",
      title: "Close code 1011: the server failed",
      cause:
        "An exception in the server's handler. Python websockets also sends it when a ping was not answered (keepalive ping timeout).",
      fix: "Read the server's log at that moment. `keepalive ping timeout`: something blocks the event loop, or the network was gone.",
    }),
  ],
  [
    (code) => code >= 1012 && code <= 1014,
    define({
      id: "WSO387",
      name: "close-try-later",
      severity: "warning",
      title: "Close code 1012 to 1014: the service is not ready",
      cause: "It restarts, is overloaded, or a gateway lost its server. Safari shows 1006 instead of these three.",
      fix: "Come back after a wait that grows, with some chance in it.",
      lines: () => ["const wait = Math.random() * Math.min(30_000, 1000 * 2 ** attempt);"],
    }),
  ],
  [
    (code) => code === 1015,
    define({
      id: "WSO388",
      name: "close-tls",
      title: "Close code 1015: the TLS handshake failed",
      cause:
        "It is never sent; Firefox alone reports it: a certificate that is not trusted, expired or for another name, or wss: to a port without TLS. (Cloudflare's own `error code: 1015` is something else: too many requests.)",
      fix: "Open https://host/ in a tab to see what is wrong with the certificate.",
      outside: true,
    }),
  ],
  [
    (code) => code === 3000 || code === 3003 || code === 3008,
    define({
      id: "WSO389",
      name: "close-iana",
      title: "Close code 3000, 3003 or 3008: refused or timed out, by the registered meaning",
      cause:
        "IANA lists them as Unauthorized, Forbidden and Timeout; some libraries have used the same numbers for other things.",
      fix: "3000: log in again. 3003: do not come back with the same rights or Origin. 3008: authenticate sooner.",
    }),
  ],
  [
    (code) => code >= 3001 && code <= 3999,
    define({
      id: "WSO390",
      name: "close-library",
      severity: "warning",
      title: "A close code of a library or framework",
      cause: "3000 to 3999 are registered by libraries: the server's library defines it.",
      fix: "Read event.reason, and look the number up in the library's documentation.",
    }),
  ],
  [
    (code) => code === 4401 || code === 4001,
    define({
      id: "WSO391",
      name: "close-unauthorized",
      title: "Close code 4401 or 4001: not logged in, or the token is no good",
      cause:
        "The server opened the socket to be able to say so: a page cannot see a 401. 4001 means so by custom only.",
      fix: "Fetch a fresh token or log in, then connect. Do not repeat the same attempt.",
      lines: () => ['ws.addEventListener("close", ({ code }) => (code === 4401 ? logIn() : reconnectLater()));'],
    }),
  ],
  [
    (code) => code === 4403 || code === 4003,
    define({
      id: "WSO392",
      name: "close-forbidden",
      title: "Close code 4403 or 4003: refused",
      cause:
        "The page's Origin or the user's rights are not accepted. 4003 means so by custom only. Django Channels sends it only if the consumer accepted before.",
      fix: "Add the page's origin to the server's list, or give the user the right. Do not come back by itself.",
    }),
  ],
  [
    (code) => code === 4408,
    define({
      id: "WSO393",
      name: "close-auth-timeout",
      title: "Close code 4408: the client did not authenticate in time, or the server did not decide in time",
      cause: "The first message (connection_init, a token) did not come before the deadline, or what decides is slow.",
      fix: "Send the token at once in `open`; look at what makes the decision slow.",
      lines: () => [
        'ws.addEventListener("open", () => ws.send(JSON.stringify({ type: "connection_init", payload: { token } })));',
      ],
    }),
  ],
  [
    (code) => code === 4429,
    define({
      id: "WSO394",
      name: "close-too-many",
      title: "Close code 4429: too many",
      cause: "Too many attempts, sockets or messages of one client; in graphql-ws a second connection_init.",
      fix: "Wait longer after each failure, share one socket, and send connection_init once.",
    }),
  ],
  [
    (code) => (code >= 4400 && code <= 4431) || code === 4499 || (code >= 4500 && code <= 4504),
    define({
      id: "WSO395",
      name: "close-http-mirrored",
      title: "A close code that mirrors an HTTP status (44xx, 45xx)",
      cause:
        "4000 more than the status, by a custom that graphql-ws made known: 4400 bad request, 4404 not found, 4500 server error.",
      fix: "Read event.reason. graphql-ws and apollo: compare the subprotocol (graphql-transport-ws, not graphql-ws) and what the client sends first.",
    }),
  ],
  [
    (code) => code >= 4000 && code <= 4299,
    define({
      id: "WSO396",
      name: "close-pusher",
      title: "A close code of Pusher's ranges, or of the application",
      cause:
        "In Pusher's protocol (Soketi, Laravel Reverb, Ably's adapter) 4000 to 4099 mean: do not come back before something is changed; 4100 to 4199: come back after a second or more; 4200 to 4299: come back at once.",
      fix: "Without Pusher, look into the server's own code. With it, compare app key, cluster and host.",
    }),
  ],
  [
    (code) => code >= 4300 && code <= 4999,
    define({
      id: "WSO397",
      name: "close-application",
      title: "A close code of the application",
      cause: "4000 to 4999 belong to the application: only its own code knows what this number means.",
      fix: "Read event.reason, and look the number up in the server's code.",
    }),
  ],
  [() => true, reserved],
];

export const closeEntries: readonly Entry[] = closes.map(([, entry]) => entry);
