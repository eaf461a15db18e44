import { define, type Entry } from "../entry.ts";
import { nginxUpgrade, echoProtocol, credentials } from "../fixes.ts";

/** The answer to the handshake was not a good 101. */
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
    outside: true,
  }),
  define({
    id: "WSO303",
    name: "accept-mismatch",
    title: "The 101 answers some other handshake",
    cause:
      "Sec-WebSocket-Accept must be computed from the request's own key. A wrong or missing one means a cache, a mock or a hand-written server answered, or a proxy replaced one of the two headers.",
    fix: "Turn caching off for the path, pass Sec-WebSocket-Key and Sec-WebSocket-Accept on untouched, and let a library do the handshake.",
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
  }),
  define({
    id: "WSO306",
    name: "subprotocol-not-offered",
    title: "The server answers with a subprotocol that was not offered",
    cause:
      "The answer must be one of the offered subprotocols, letter for letter. An empty header is none of them either.",
    fix: "Let the server pick from what the client offered, or answer without the header.",
    lines: () => echoProtocol,
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
  }),
  define({
    id: "WSO308",
    name: "subprotocol-repeated",
    title: "The server answers with more than one subprotocol",
    cause: "It sends the header twice, or copies the client's whole list. The answer is exactly one.",
    fix: "Answer with one subprotocol.",
    lines: () => echoProtocol,
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
  }),
];
