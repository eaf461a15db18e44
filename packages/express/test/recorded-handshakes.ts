import type { HeaderLine } from "@wsorigin/testing";

/** The request of a client that the tests do not start, line by line, but for its Host, which is the server's. */
export interface Recorded {
  readonly client: string;
  /** Where the lines are from. */
  readonly source: string;
  readonly lines: readonly HeaderLine[];
}

const key = ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="] as const;
const version = ["Sec-WebSocket-Version", "13"] as const;
const deflate = ["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"] as const;
const upgrade = [
  ["Connection", "Upgrade"],
  ["Upgrade", "websocket"],
] as const;

export const withoutOrigin: readonly Recorded[] = [
  { client: "websocat", source: "recorded from websocat 1.13.0", lines: [...upgrade, version, key] },
  {
    client: "k6",
    source: "recorded from gorilla/websocket 1.5.3, with which k6 connects",
    lines: [["User-Agent", "Go-http-client/1.1"], ["Connection", "Upgrade"], key, version, ["Upgrade", "websocket"]],
  },
  {
    client: "Node 22's WebSocket",
    source: "recorded from Node 22.23.3",
    lines: [
      ["connection", "upgrade"],
      ["upgrade", "websocket"],
      key,
      version,
      deflate,
      ["accept", "*/*"],
      ["accept-language", "*"],
      ["sec-fetch-mode", "websocket"],
      ["user-agent", "node"],
      ["pragma", "no-cache"],
      ["cache-control", "no-cache"],
      ["accept-encoding", "gzip, deflate"],
    ],
  },
  {
    client: "Postman",
    source: "shown by Postman's console in https://github.com/Kong/insomnia/issues/5757",
    lines: [version, key, ...upgrade, deflate],
  },
];

/** React Native makes the Origin of the socket's own URL: `ws://10.0.2.2:3000/chat` sends `http://10.0.2.2:3000`. */
export const reactNative: readonly (Recorded & { readonly host: string; readonly origin: string })[] = [
  {
    client: "React Native on Android, in the emulator",
    source: "WebSocketModule.kt of React Native (getDefaultOrigin), and OkHttp's handshake",
    host: "10.0.2.2:3000",
    origin: "http://10.0.2.2:3000",
    lines: [["origin", "http://10.0.2.2:3000"], ...upgrade, key, version, deflate],
  },
  {
    client: "React Native on iOS, in the simulator",
    source: "SRURLUtilities.m of SocketRocket (SRURLOrigin), with which React Native connects",
    host: "localhost:3000",
    origin: "http://localhost:3000",
    lines: [...upgrade, version, key, ["Origin", "http://localhost:3000"]],
  },
];
