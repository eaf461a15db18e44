import type { HandshakeRequest } from "@wsorigin/testing";
import { WebSocketServer } from "ws";
import { type Row, told } from "./stage.ts";
import { echo } from "./ws-handshake.ts";

const malformed = "The gate refuses a malformed handshake before any listener.";

/** A handshake that `ws` answers with an error. */
function odd(name: string, request: HandshakeRequest, differs?: string): Row {
  return {
    name,
    async run(stage) {
      const { port } = await echo(stage);
      return told(await stage.ask(port, request));
    },
    ...(differs !== undefined && { differs }),
  };
}

export const wsMalformed: readonly Row[] = [
  odd("leaves a plain request to the app", { omit: ["upgrade", "connection"] }),
  odd("answers 405 to POST", { method: "POST" }, "A WebSocket handshake is a GET."),
  odd(
    "answers 400 to another protocol",
    { omit: ["upgrade"], headers: [["Upgrade", "IRC/6.9"]] },
    'An upgrade to another protocol is an ordinary request (RFC 9110 section 7.8). It goes to `upgrade` listeners with `unrouted: "pass"`.',
  ),
  odd(
    "answers 400 to the draft Hixie-76",
    {
      omit: ["sec-websocket-key", "sec-websocket-version"],
      headers: [
        ["Sec-WebSocket-Key1", "3e6b263  4 17 80"],
        ["Sec-WebSocket-Key2", "17  9 G`ZD9   2 2b 7X 3 /r90"],
      ],
    },
    malformed,
  ),
  odd("answers 400 without a key", { omit: ["sec-websocket-key"] }, malformed),
  odd(
    "answers 400 to a key that is too short",
    { omit: ["sec-websocket-key"], headers: [["Sec-WebSocket-Key", "P5l8BJcZwRc="]] },
    malformed,
  ),
  odd(
    "accepts version 8, a draft of RFC 6455",
    { omit: ["sec-websocket-version"], headers: [["Sec-WebSocket-Version", "8"]] },
    "Drafts send the origin in another header field, so the gate accepts version 13 only.",
  ),
  odd(
    "answers 400 to version 12",
    { omit: ["sec-websocket-version"], headers: [["Sec-WebSocket-Version", "12"]] },
    "RFC 6455 section 4.4: the answer is 426 with the version that is supported.",
  ),
  odd("answers 400 without a version", { omit: ["sec-websocket-version"] }, malformed),
  odd(
    "answers 400 to a malformed Sec-WebSocket-Protocol",
    { headers: [["Sec-WebSocket-Protocol", "foo;bar"]] },
    malformed,
  ),
  odd("answers 400 to malformed extensions", {
    headers: [["Sec-WebSocket-Extensions", "permessage-deflate; foo=bar; ="]],
  }),
];

/** A handshake whose Upgrade field `maxHeadersCount` cuts off, for versions of Node.js that do not answer it themselves. */
export const fieldCutOff: Row = {
  name: "the Upgrade field is cut off by maxHeadersCount",
  async run(stage) {
    const server = stage.plain();
    server.on("request", (_request, response) => response.writeHead(404).end());
    server.maxHeadersCount = 1;
    const ws = new WebSocketServer({ noServer: true });
    server.on("upgrade", (request, socket, head) => ws.handleUpgrade(request, socket, head, () => {}));
    return told(await stage.ask(await stage.listen(server), { afterwards: "half-open" }));
  },
};
