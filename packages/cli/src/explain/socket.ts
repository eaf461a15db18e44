import { by, define, ending, type Entry } from "./entry.ts";
import { credentials, echoProtocol, keepAlive, nginxUpgrade, oneUpgradeListener } from "./fixes.ts";
import { secureCall } from "./message.ts";
import { chrome, coder, firefox, node, python, safari, ws } from "./who.ts";

/** The handshake's answer was no good, or there was none. */
export const handshake: readonly Entry[] = [
  define({
    id: "WSO301",
    name: "reason-hidden",
    title: "The browser hides why the connection failed",
    cause:
      "Chrome leaves the reason empty as soon as any installed extension may watch requests, whatever went wrong. An extension that blocks the socket looks the same.",
    fix: "Open the page in a guest or incognito window without extensions, and read the line again.",
    lines: () => [
      "Open the page in a guest or incognito window without extensions, and read the line again.",
      "Or see DevTools, Network, filter WS: the status stands there.",
    ],
    says: [ending(chrome, "websocket connection to '<url>' failed:")],
    outside: true,
    strength: "vague",
  }),
  define({
    id: "WSO302",
    name: "http-auth-failed",
    title: "The server answered 401: it wants credentials",
    cause:
      "A proxy or the application asks for a login (Basic authentication, a session, a token). Chrome prints this text instead of the number. Browsers send cookies with a WebSocket, but no Authorization header, and Chrome ignores user:password@ in its URL.",
    fix: "Authenticate by cookie or by a ticket of one use, and take Basic authentication off the socket's path.",
    lines: () => [
      ...credentials,
      "If a proxy asks for a password: nginx: auth_basic off; in the location of the socket.",
    ],
    says: [by(chrome, "http authentication failed; no valid credentials available")],
    outside: true,
  }),
  define({
    id: "WSO303",
    name: "accept-mismatch",
    title: "The 101 answers some other handshake",
    cause:
      "Sec-WebSocket-Accept must be computed from the request's own key. A wrong or missing one means a cache, a mock or a hand-written server answered, or a proxy replaced one of the two headers.",
    fix: "Turn caching off for the path, pass Sec-WebSocket-Key and Sec-WebSocket-Accept on untouched, and let a library do the handshake.",
    says: [
      by(chrome, ["incorrect 'sec-websocket-accept' header value"], "'sec-websocket-accept' header is missing"),
      by(safari, "server returned incorrect 'sec-websocket-accept' key"),
      by(ws, "invalid sec-websocket-accept header"),
      by(python, "invalid sec-websocket-accept header", "missing sec-websocket-accept header"),
      by(coder, "websocket protocol violation: invalid sec-websocket-accept"),
      by(node, "incorrect hash received in sec-websocket-accept header"),
    ],
    outside: true,
  }),
  define({
    id: "WSO304",
    name: "upgrade-answer-damaged",
    title: "The 101 lacks its Upgrade or Connection header",
    cause:
      "Both headers belong to one hop only; a proxy took them out of the answer (or changed them), or a server wrote the 101 by hand.",
    fix: "Let the proxy pass upgrades on, and let a library write the answer.",
    lines: () => nginxUpgrade,
    says: [
      by(
        chrome,
        "'upgrade' header is missing",
        "'upgrade' header value is not 'websocket'",
        "'connection' header is missing",
        "'connection' header value must contain 'upgrade'",
      ),
      by(safari, "server ignored websocket handshake"),
      by(ws, "unexpected server response: 101", "invalid upgrade header"),
      by(node, "server did not set upgrade header to 'websocket'", "server did not set connection header to 'upgrade'"),
      by(coder, "websocket protocol violation: connection header", "websocket protocol violation: upgrade header"),
    ],
    outside: true,
  }),
  define({
    id: "WSO305",
    name: "subprotocol-not-echoed",
    title: "The page offers a subprotocol, and the server does not answer with one",
    cause:
      "Chrome and Node refuse this; Firefox and Safari open the socket with an empty `protocol`. So it works in one browser and not in the other.",
    fix: "Let the server answer with one of the offered subprotocols, or offer none.",
    lines: () => echoProtocol,
    says: [
      by(chrome, "sent non-empty 'sec-websocket-protocol' header but no response was received"),
      by(ws, "server sent no subprotocol"),
      by(node, "server did not respond with sent protocols"),
    ],
  }),
  define({
    id: "WSO306",
    name: "subprotocol-not-offered",
    title: "The server answers with a subprotocol that was not offered",
    cause:
      "The answer must be one of the offered subprotocols, letter for letter. An empty header is none of them either.",
    fix: "Let the server pick from what the client offered, or answer without the header.",
    lines: () => echoProtocol,
    says: [
      by(chrome, ["'sec-websocket-protocol' header value '", "in response does not match any of sent values"]),
      by(safari, "server requested unsupported protocol"),
      by(ws, "server sent an invalid subprotocol"),
      by(node, "protocol was not set in the opening handshake"),
      by(python, "unsupported subprotocol:"),
      by(coder, "websocket protocol violation: unexpected sec-websocket-protocol from server"),
    ],
  }),
  define({
    id: "WSO307",
    name: "subprotocol-unasked",
    title: "The server answers with a subprotocol, and none was offered",
    cause: "Only a client that offers subprotocols may be answered with one. Firefox lets it pass; the others do not.",
    fix: "Do not send Sec-WebSocket-Protocol unasked, or let the client offer it.",
    lines: () => [
      'In the page: new WebSocket(url, "chat")',
      "Or in the server: answer without Sec-WebSocket-Protocol where the request has none.",
    ],
    says: [
      by(chrome, "response must not include 'sec-websocket-protocol' header if not present in request"),
      by(ws, "server sent a subprotocol but none was requested"),
      by(python, "no subprotocols supported"),
    ],
  }),
  define({
    id: "WSO308",
    name: "subprotocol-repeated",
    title: "The server answers with more than one subprotocol",
    cause: "It sends the header twice, or copies the client's whole list. The answer is exactly one.",
    fix: "Answer with one subprotocol.",
    lines: () => echoProtocol,
    says: [
      by(chrome, "'sec-websocket-protocol' header must not appear more than once in a response"),
      by(python, "multiple subprotocols:", "invalid sec-websocket-protocol header: multiple values"),
    ],
  }),
  define({
    id: "WSO309",
    name: "extension-unsupported",
    title: "The server switches on an extension that was not offered, or with wrong parameters",
    cause: "Sec-WebSocket-Extensions was mangled on its way, or is written by hand.",
    fix: "Switch compression off on the server to see whether it is the cause, and pass Sec-WebSocket-Extensions on untouched.",
    lines: () => [
      "With `ws`: new WebSocketServer({ perMessageDeflate: false })",
      "Let the proxy pass Sec-WebSocket-Extensions on untouched.",
    ],
    says: [
      by(
        chrome,
        ["found an unsupported extension '", "in 'sec-websocket-extensions' header"],
        "error in permessage-deflate:",
      ),
      by(safari, "server requested unsupported extension", "in permessage-deflate extension header"),
      by(
        ws,
        "server sent a sec-websocket-extensions header but no extension",
        "invalid sec-websocket-extensions header",
      ),
      by(node, "received different permessage-deflate options", "sec-websocket-extensions header does not match"),
      by(python, "unsupported extension: name ="),
      by(coder, "websocket protocol violation: unsupported extension"),
    ],
  }),
  define({
    id: "WSO310",
    name: "closed-without-answer",
    title: "The server closed the connection without answering the handshake",
    cause:
      "Often: ws:// to a port that speaks TLS; an `upgrade` listener that destroys the socket without a word; a path that no WebSocket server serves (Socket.IO does this after a second); nginx `return 444`; or the process crashed.",
    fix: "Check the scheme, the port and the path; let the server answer with a status before it closes.",
    lines: (message) => [
      ...(message.url?.protocol === "ws:" ? [`If the port speaks TLS: ${secureCall(message)}`] : []),
      "Compare the path with the server's: Socket.IO serves /socket.io/ and wants its own client.",
      'Where the server refuses, let it say so: socket.end("HTTP/1.1 403 Forbidden\\r\\nConnection: close\\r\\nContent-Length: 0\\r\\n\\r\\n");',
    ],
    says: [
      by(chrome, "connection closed before receiving a handshake response"),
      by(safari, "connection terminated unexpectedly"),
      by(ws, "socket hang up"),
      by(python, "connection closed while reading http status line", "stream ends after 0 bytes, before end of line"),
      by(
        "Node",
        "client network socket disconnected before secure tls connection was established",
        "other side closed",
      ),
    ],
    outside: true,
  }),
  define({
    id: "WSO311",
    name: "not-http",
    title: "What answers on that port is not an HTTP/1.1 server",
    cause:
      "The port belongs to something else (SSH, a database, HTTP/2 without TLS, TLS itself), or something on the way answers in its place.",
    fix: "Check the port, and whether it speaks TLS (wss:) or not (ws:).",
    says: [
      by(chrome, "invalid status line", "err_invalid_http_response"),
      by(safari, "could not parse http response"),
      by("`ws`, Node", "parse error: expected http/", "hpe_invalid_constant"),
      by(
        python,
        "did not receive a valid http response",
        "did not receive a valid http request",
        "invalid http status line",
        "unsupported protocol; expected http/1.1",
      ),
      by("Go", "malformed http response", "malformed http status code", "malformed http version"),
    ],
    outside: true,
  }),
  define({
    id: "WSO312",
    name: "handshake-timed-out",
    title: "Nobody answered the handshake in time",
    cause:
      "The server accepted the connection and then said nothing: an `upgrade` event that no listener handles, an authorisation that never ends, or a proxy that waits for its upstream. Chrome waits 4 minutes, Firefox 20 seconds.",
    fix: "Answer every upgrade, a refused one too, and give every decision a deadline.",
    lines: () => [
      "Answer every upgrade, a refused one too, and give every decision a deadline.",
      'An Express or Next.js route never sees an upgrade; something must listen: server.on("upgrade", …).',
    ],
    says: [
      by(chrome, "websocket opening handshake timed out"),
      by(ws, "opening handshake has timed out"),
      by(python, "timed out during opening handshake", "timed out while waiting for handshake response"),
    ],
    outside: true,
  }),
  define({
    id: "WSO313",
    name: "node-refused",
    title: "Node's own WebSocket did not get a 101",
    cause:
      "Node's built-in client (undici) says the same whatever went wrong: another status, a refused connection, a bad certificate. The reason is in the error event's `error.cause`, if anywhere.",
    fix: "Look at the error's cause, or ask with the doctor.",
    lines: () => ['ws.addEventListener("error", (event) => console.error(event.error?.cause ?? event.error));'],
    says: [by(node, "received network error or non-101 status code")],
    outside: true,
    strength: "vague",
  }),
  define({
    id: "WSO314",
    name: "bad-handshake",
    title: "The Go client did not get a good 101",
    cause:
      "gorilla/websocket says the same of every answer that is no 101 or lacks its headers. The status is in the response that Dial returns beside the error.",
    fix: "Print the response's status.",
    lines: () => [
      "conn, resp, err := websocket.DefaultDialer.Dial(url, header)",
      "if resp != nil { log.Println(resp.Status) }",
    ],
    says: [
      by("Go, gorilla/websocket", "websocket: bad handshake"),
      by("Go, x/net/websocket", "bad status", "websocket.dial ws"),
    ],
    outside: true,
    strength: "vague",
  }),
  define({
    id: "WSO315",
    name: "safari-refused",
    title: "The server answered the handshake with something else than 101",
    cause: "Safari and WebKitGTK print neither the status nor the reason.",
    fix: "Find the status: the network tab, another browser, or the doctor. Then explain that.",
    lines: () => ["Find the status in the network tab, or in Chrome's console, and run: wsorigin explain <status>"],
    says: [by(safari, "the server did not accept the websocket handshake", "there was a bad response from the server")],
    outside: true,
    strength: "vague",
  }),
  define({
    id: "WSO316",
    name: "firefox-cannot-connect",
    title: "Firefox could not open the socket, for whatever reason",
    cause:
      "Firefox (and any application built on it) has this one text for everything that goes wrong before the socket opens: a refused Origin, a bad certificate, a wrong port, a missing path. Only a close code of 1015 tells a TLS problem apart, and 20 seconds of silence a server that does not answer.",
    fix: "Look at the network tab for the status, and at the close code.",
    lines: () => [
      "Network tab, filter WS: the status stands there. Then run: wsorigin explain <status>",
      'Is it TLS? ws.addEventListener("close", (event) => console.log(event.code)); // 1015',
    ],
    says: [
      by(
        firefox,
        "can't establish a connection to the server at",
        "kann keine verbindung zu dem server unter",
        "ne peut établir de connexion avec le serveur à l'adresse",
      ),
    ],
    outside: true,
    strength: "vague",
  }),
  define({
    id: "WSO317",
    name: "firefox-interrupted",
    title: "The socket ended without a proper close, or the page closed it too early",
    cause:
      "Firefox says this when a page leaves or calls close() while the socket still connects, and of every open socket that breaks off: a reset, a proxy's idle timeout, bytes that are no WebSocket frames.",
    fix: "If it comes at loading, look for code that closes the socket (React's StrictMode runs effects twice). If it comes later, look for what cuts the connection.",
    lines: () => [
      "At loading: close the socket in the effect's cleanup only, and ignore events of the first one.",
      ...keepAlive,
    ],
    says: [
      by(
        firefox,
        "was interrupted while the page was loading",
        "a été interrompue pendant le chargement",
        "wurde unterbrochen, während die seite geladen wurde",
      ),
    ],
    outside: true,
    strength: "vague",
  }),
  define({
    id: "WSO318",
    name: "closed-before-open",
    severity: "warning",
    title: "The page's own code closed the socket while it was connecting",
    cause:
      "Nothing is wrong with the server. React's StrictMode runs each effect twice in development; a page was left; or a library gave up after its timeout.",
    fix: "Let an effect's cleanup close its own socket only; in development the warning may be ignored.",
    lines: () => [
      "useEffect(() => {",
      "  const ws = new WebSocket(url);",
      '  return () => (ws.readyState === WebSocket.CONNECTING ? ws.addEventListener("open", () => ws.close()) : ws.close());',
      "}, [url]);",
    ],
    says: [
      by("Chrome, Safari", "websocket is closed before the connection is established"),
      by(ws, "websocket was closed before the connection was established"),
    ],
  }),
  define({
    id: "WSO319",
    name: "too-many-sockets",
    title: "The page or the browser has too many sockets open",
    cause:
      "Chrome allows 255 sockets, Firefox 200. Something opens new ones without closing the old: often a reconnect loop, or a component that is mounted again and again.",
    fix: "Share one socket, close the old one before opening the next, and wait longer between attempts.",
    says: [by("Chrome, Safari", "insufficient resources"), by(chrome, "err_insufficient_resources")],
  }),
];

/** It was open, and then the bytes were wrong, or it broke off. */
export const frames: readonly Entry[] = [
  define({
    id: "WSO320",
    name: "frame-invalid",
    title: "What came after the 101 is not WebSocket",
    cause:
      "Mostly two `upgrade` listeners of one server answer the same handshake, and the second one's 101 or 400 arrives as a frame. Or something writes HTML or plain text on the socket, or a proxy compresses it. Safari also says so of the close codes 1012 to 1014.",
    fix: "Let exactly one listener answer each upgrade.",
    lines: () => oneUpgradeListener,
    says: [
      by(chrome, "invalid frame header"),
      by(safari, "received invalid websocket response from the server"),
      by(ws, "socket frame:"),
    ],
    outside: true,
  }),
  define({
    id: "WSO321",
    name: "frame-compression",
    title: "A compressed frame came, and compression was not agreed on",
    cause:
      "The reserved bit of permessage-deflate is set. A proxy dropped Sec-WebSocket-Extensions from one direction, or two `upgrade` listeners answer with different settings, or the bytes are no frames at all.",
    fix: "Switch compression off on the server, and let exactly one listener answer each upgrade.",
    lines: () => ["With `ws`: new WebSocketServer({ perMessageDeflate: false })", ...oneUpgradeListener],
    says: [
      by(chrome, "one or more reserved bits are on"),
      by(ws, "rsv1 must be clear", "rsv2 and rsv3 must be clear"),
      by(
        "Go, gorilla/websocket",
        "websocket: unexpected reserved bits",
        "websocket: rsv1 set",
        "websocket: bad opcode",
      ),
      by(python, "reserved bits must be 0"),
    ],
  }),
  define({
    id: "WSO322",
    name: "frame-protocol-error",
    title: "The server breaks the rules of WebSocket frames",
    cause:
      "A masked frame, an unknown opcode, a text that is not UTF-8, or a close code that must never be sent (1005, 1006, 1015). Hand-written servers do this.",
    fix: "Use a library for the frames. Send binary data as binary; never send 1005, 1006 or 1015.",
    says: [
      by(
        chrome,
        "a server must not mask any frames",
        "unrecognized frame opcode",
        "could not decode a text frame as utf-8",
        "received a broken close frame",
        "received start of new message but previous message is unfinished",
        "received unexpected continuation frame",
      ),
      by(
        ws,
        "mask must be set",
        "mask must be clear",
        "invalid opcode",
        "invalid utf-8 sequence",
        "invalid status code",
        "fin must be set",
      ),
      by(node, "failed frame validation", "invalid utf-8 in text frame"),
      by("Go, gorilla/websocket", "websocket: invalid close code", "websocket: bad mask"),
    ],
  }),
  define({
    id: "WSO323",
    name: "message-too-big",
    title: "A message was larger than its receiver allows",
    cause:
      "Every server has a limit: `ws` 100 MiB unless maxPayload says otherwise, Python websockets 1 MiB, API Gateway 128 KB.",
    fix: "Send smaller messages, or raise the limit of the receiver.",
    lines: () => [
      "With `ws`: new WebSocketServer({ maxPayload: 1_048_576 })",
      "Python websockets: connect(url, max_size=2**24)",
    ],
    says: [
      by(ws, "max payload size exceeded", "payload length > 2^53 - 1"),
      by("Go", "websocket: read limit exceeded", "read limited at"),
      by(python, "exceeds limit of", "frame exceeds limit"),
    ],
  }),
  define({
    id: "WSO324",
    name: "connection-lost",
    title: "The open connection broke off without a close",
    cause:
      "A proxy's idle timeout, a server that was killed, or a network that went away. No close frame came, so nobody says why.",
    fix: "Let the server ping, raise the proxy's timeout, and let the client come back by itself.",
    lines: () => keepAlive,
    says: [
      by(
        python,
        "no close frame received or sent",
        "keepalive ping timeout",
        "connection to remote host was lost",
        "no close frame received",
      ),
      by("Go", "unexpected eof", "use of closed network connection", "failed to read frame header: eof"),
      by(safari, "the network connection was lost", "socket is not connected", ["nsurlerrordomain", "-1005"]),
      by("Go, coder/websocket", "failed to get reader: failed to read frame header"),
    ],
    strength: "vague",
  }),
  define({
    id: "WSO325",
    name: "network-changed",
    severity: "warning",
    title: "The computer was offline, or changed networks",
    cause: "The connection of the computer itself went away: Wi-Fi, VPN, sleep.",
    fix: "Let the client come back: wait a little longer after each attempt, and try at once on the `online` event.",
    says: [
      by(
        chrome,
        "err_internet_disconnected",
        "err_network_changed",
        "err_network_io_suspended",
        "err_network_access_denied",
      ),
      by(safari, "the internet connection appears to be offline", ["nsurlerrordomain", "-1009"]),
      by("Node, Go, Python", "enetunreach", "network is unreachable", "enetdown"),
    ],
  }),
  define({
    id: "WSO326",
    name: "page-suspended",
    severity: "note",
    title: "Safari put the page aside and closed its socket",
    cause: "A page in the back/forward cache, or a suspended tab, keeps no sockets.",
    fix: 'Open a new socket when the page is shown again: addEventListener("pageshow", (event) => event.persisted && connect());',
    says: [by(safari, "websocket is closed due to suspension")],
  }),
];
