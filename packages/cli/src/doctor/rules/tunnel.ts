import { headerOf } from "../exchange.ts";
import { accept } from "../plan.ts";
import { bodyLine, waitedForMessage } from "../reply.ts";
import type { DoctorRule } from "./rule.ts";

/** A handshake that is answered with 101, but wrongly. */
export const tunnelRules: readonly DoctorRule[] = [
  {
    id: "WSO041",
    name: "two-answers",
    group: "tunnel",
    severity: "failure",
    title: "A second HTTP answer came inside the open socket",
    cause:
      "Two `upgrade` listeners answer the same handshake: the first opens it, the second writes its refusal into the open socket. Clients say: Invalid frame header, RSV1 must be clear.",
    fix: "Let one listener take all upgrades and hand them on: WebSocketServer with noServer: true; or a gate of @wsorigin/node.",
    when: ({ replies: { page } }) =>
      page?.status === 101 && page.body.includes("HTTP/1.")
        ? { seen: [page.statusLine, ...bodyLine(page)] }
        : undefined,
  },
  {
    id: "WSO036",
    name: "accept-wrong",
    group: "tunnel",
    severity: "failure",
    title: "Sec-WebSocket-Accept does not fit the key",
    cause: "The 101 was made for another key: a proxy lost or replaced Sec-WebSocket-Key, or answered from its cache.",
    fix: "Let the proxy pass Sec-WebSocket-Key through, and cache nothing on this path.",
    when: ({ replies: { page } }) => {
      if (page?.status !== 101) return undefined;
      const got = headerOf(page, "sec-websocket-accept");
      return got === accept ? undefined : { seen: [`Sec-WebSocket-Accept: ${got ?? "none"}`, `expected: ${accept}`] };
    },
  },
  {
    id: "WSO042",
    name: "token-sent-back",
    group: "tunnel",
    severity: "failure",
    title: "The server sends the token back in Sec-WebSocket-Protocol",
    cause:
      "It chooses the first subprotocol that is offered, and that is the token: it is now in the logs of everything between.",
    fix: 'Choose among the subprotocols that are spoken. ws: handleProtocols: (offered) => offered.has("chat.v1") ? "chat.v1" : false.',
    when: ({ replies: { page }, options: { token } }) =>
      page?.status === 101 &&
      token?.place === "protocol" &&
      headerOf(page, "sec-websocket-protocol")?.includes(token.value) === true
        ? { seen: ["Sec-WebSocket-Protocol: bearer.[redacted]"] }
        : undefined,
  },
  {
    id: "WSO044",
    name: "subprotocol-not-chosen",
    group: "tunnel",
    severity: "failure",
    title: "None of the offered subprotocols was chosen",
    cause:
      "Chromium closes a socket that offered subprotocols and got none back, while Firefox and Safari open it. The server does not speak them, or a proxy removed the field.",
    fix: "Let the server choose one of those that are offered.",
    when: ({ replies: { page }, options: { protocols } }) => {
      if (page?.status !== 101 || protocols.length === 0) return undefined;
      const chosen = headerOf(page, "sec-websocket-protocol");
      return chosen !== undefined && protocols.includes(chosen)
        ? undefined
        : {
            seen: [
              `offered: ${protocols.join(", ")}`,
              `Sec-WebSocket-Protocol: ${chosen === undefined ? "none" : "another"}`,
            ],
          };
    },
  },
  {
    id: "WSO043",
    name: "closed-at-once",
    group: "tunnel",
    severity: "failure",
    title: "The socket opens and is closed at once",
    cause:
      "Something behind the 101 refuses: middleware of express-ws that does not go on (1005), a Fastify route without a websocket handler (1005), a token or session that is missed (1008, 4401, 4403), or an exception (1011).",
    fix: "Decide before the 101, so that nothing opens that is not meant to; look into the server's log.",
    when: ({ replies: { page } }) => {
      if (page?.status !== 101 || waitedForMessage(page)) return undefined;
      const frame = page.close;
      if (frame === undefined && page.end === "open") return undefined;
      return {
        seen: [
          frame === undefined
            ? "101, then the end of the connection without a close frame (page code sees 1006)"
            : `101, then close ${frame.code ?? "without a code (1005)"} ${JSON.stringify(frame.reason)}`,
        ],
      };
    },
  },
  {
    id: "WSO045",
    name: "http10-answer",
    group: "tunnel",
    severity: "warning",
    title: "The 101 is of HTTP/1.0",
    cause: "A proxy speaks HTTP/1.0. Chromium takes such an answer, Firefox and Safari do not.",
    fix: "nginx: proxy_http_version 1.1.",
    when: ({ replies: { page } }) =>
      page?.status === 101 && page.statusLine.startsWith("HTTP/1.0") ? { seen: [page.statusLine] } : undefined,
  },
];
