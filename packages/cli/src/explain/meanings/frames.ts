import { define, type Entry } from "../entry.ts";
import { keepAlive, oneUpgradeListener } from "../fixes.ts";

/** The socket was open, and then the bytes were wrong, or the connection was lost. */
export const frames: readonly Entry[] = [
  define({
    id: "WSO320",
    name: "frame-invalid",
    title: "What came after the 101 is not WebSocket",
    cause:
      "Mostly two `upgrade` listeners of one server answer the same handshake, and the second one's 101 or 400 arrives as a frame. Or something writes HTML or plain text on the socket, or a proxy compresses it. Safari also says so of the close codes 1012 to 1014.",
    fix: "Let exactly one listener answer each upgrade.",
    lines: () => oneUpgradeListener,
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
  }),
  define({
    id: "WSO322",
    name: "frame-protocol-error",
    title: "The server breaks the rules of WebSocket frames",
    cause:
      "A masked frame, an unknown opcode, a text that is not UTF-8, or a close code that must never be sent (1005, 1006, 1015). Hand-written servers do this.",
    fix: "Use a library for the frames. Send binary data as binary; never send 1005, 1006 or 1015.",
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
  }),
  define({
    id: "WSO324",
    name: "connection-lost",
    title: "The open connection broke off without a close",
    cause:
      "A proxy's idle timeout, a server that was killed, or a network that went away. No close frame came, so nobody says why.",
    fix: "Let the server ping, raise the proxy's timeout, and let the client come back by itself.",
    lines: () => keepAlive,
    strength: "vague",
  }),
  define({
    id: "WSO325",
    name: "network-changed",
    severity: "warning",
    title: "The computer was offline, or changed networks",
    cause: "The connection of the computer itself went away: Wi-Fi, VPN, sleep.",
    fix: "Let the client come back: wait a little longer after each attempt, and try at once on the `online` event.",
  }),
  define({
    id: "WSO326",
    name: "page-suspended",
    severity: "note",
    title: "Safari put the page aside and closed its socket",
    cause: "A page in the back/forward cache, or a suspended tab, keeps no sockets.",
    fix: 'Open a new socket when the page is shown again: addEventListener("pageshow", (event) => event.persisted && connect());',
  }),
];
