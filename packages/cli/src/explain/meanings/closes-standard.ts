import { define, type Entry } from "../entry.ts";
import { keepAlive } from "../fixes.ts";

/** The close codes of RFC 6455 and its registry. */
export const standardCloses: readonly (readonly [covers: (code: number) => boolean, Entry])[] = [
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
];

/** What no other entry covers. */
export const reservedClose: Entry = define({
  id: "WSO380",
  name: "close-reserved",
  severity: "warning",
  title: "A close code that nobody should send",
  cause: "1004, 1016 to 2999 and everything from 5000 on have no meaning, and Safari turns them into 1006.",
  fix: "Let the server close with 1000 to 1014, or with a code of its own between 4000 and 4999.",
});
