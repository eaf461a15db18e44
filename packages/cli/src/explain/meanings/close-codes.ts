/** What a code means, where that depends on who sent it: a line for each. */
export const closeMeanings: ReadonlyMap<number, readonly string[]> = new Map([
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

export const closeNames: ReadonlyMap<number, string> = new Map([
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
