import { createServer, type Http2Server } from "node:http2";
import type { FuzzStart } from "@wsorigin/testing";
import { startOn } from "./start.ts";

export const speaks = ["http2"] as const;

export const uses = ["middleware"] as const;

export const start: FuzzStart = startOn(makeServer);

/** Works with streams: it has no `request` listener. */
function makeServer(): Http2Server {
  const server = createServer({ settings: { enableConnectProtocol: true } });
  server.on("stream", (stream, headers) => {
    // A handshake is the gate's, or another listener's. Other CONNECT requests stay without an answer.
    if (headers[":protocol"] !== undefined) return;
    stream.on("error", () => {});
    if (headers[":method"] === "CONNECT") return;
    stream.respond({ ":status": 200 });
    stream.end("page");
  });
  return server;
}
