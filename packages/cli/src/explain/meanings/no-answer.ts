import { define, type Entry } from "../entry.ts";
import { keepAlive } from "../fixes.ts";
import { secureCall } from "../message.ts";

/** There was no answer to the handshake, or the client does not say which. */
export const noAnswer: readonly Entry[] = [
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
    outside: true,
  }),
  define({
    id: "WSO311",
    name: "not-http",
    title: "What answers on that port is not an HTTP/1.1 server",
    cause:
      "The port belongs to something else (SSH, a database, HTTP/2 without TLS, TLS itself), or something on the way answers in its place. Python websockets says the same of a connection that was closed without an answer.",
    fix: "Check the port, and whether it speaks TLS (wss:) or not (ws:).",
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
  }),
  define({
    id: "WSO319",
    name: "too-many-sockets",
    title: "The page or the browser has too many sockets open",
    cause:
      "Chrome allows 255 sockets, Firefox 200. Something opens new ones without closing the old: often a reconnect loop, or a component that is mounted again and again.",
    fix: "Share one socket, close the old one before opening the next, and wait longer between attempts.",
  }),
];
