import type { IncomingMessage, ServerResponse } from "node:http";
import type { DenyStatus } from "@wsorigin/core";
import { refusalOf } from "@wsorigin/core/gate";
import { isHttp2 } from "../transport/request.ts";

/** How much of the body of a refused request is read, in bytes, so that its connection can be used again. */
const maxDrained = 64 * 1024;

/** How long that may take, in milliseconds. */
const drainTimeout = 2000;

/**
 * Answers an ordinary request with a refusal: status, fields and body as the gate sends them to a handshake. The connection stays open for other requests. It is
 * destroyed if the client goes on sending a body: after 64 KiB, or two seconds.
 *
 * Fields that earlier middleware has set are removed, a cookie among them, except those of CORS: with them a page of an allowed origin can read the status.
 */
export function refuseRequest(request: IncomingMessage, response: ServerResponse, status: DenyStatus): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  for (const name of response.getHeaderNames()) if (!isCorsField(name)) response.removeHeader(name);
  const { headers, body } = refusalOf(status);
  response.sendDate = false;
  for (const [name, value] of headers) response.setHeader(name, value);
  response.writeHead(status);
  response.end(body);
  drain(request);
}

/** Whether a field tells a browser which pages may read the response. */
function isCorsField(name: string): boolean {
  return name === "vary" || name.startsWith("access-control-");
}

/** Reads the rest of a body. Closing the connection at once could reset it before the client has read the refusal. */
function drain(request: IncomingMessage): void {
  // Over HTTP/2 the window of the stream bounds what the client can send.
  if (request.complete || isHttp2(request)) return;
  const { socket } = request;
  const timer = setTimeout(() => socket.destroy(), drainTimeout).unref();
  let left = maxDrained;
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
  request.on("error", ignore);
  for (const event of ["end", "close"] as const) request.once(event, () => clearTimeout(timer));
}

function ignore(): void {}
