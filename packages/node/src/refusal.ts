import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { DenyStatus } from "@wsorigin/core";

/** A refusal as it goes on the wire. */
export interface Refusal {
  readonly status: DenyStatus;
  /** In order; without `Connection`, which only HTTP/1.1 has. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** How long a client may take to read a refusal, in milliseconds. */
const patience = 2000;

const extra: Partial<Record<DenyStatus, Refusal["headers"]>> = {
  401: [["WWW-Authenticate", "Bearer"]],
  426: [
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Version", "13"],
  ],
  429: [["Retry-After", "60"]],
  503: [["Retry-After", "5"]],
};

const bodies: Partial<Record<DenyStatus, string>> = {
  426: "Upgrade Required: this is a WebSocket (version 13). If the client did ask for an upgrade, a proxy in front of this server removed the Upgrade and Connection headers.",
};

/**
 * The one refusal of a status. Whoever is refused learns the status and nothing else: not which rule, not which entry. No redirect (WebKit
 * would follow it and carry the token along), no cookie, no CORS header.
 */
export function refusalOf(status: DenyStatus): Refusal {
  const body = bodies[status] ?? STATUS_CODES[status] ?? String(status);
  return {
    status,
    headers: [
      ["Content-Type", "text/plain; charset=utf-8"],
      ["Content-Length", String(Buffer.byteLength(body))],
      ...(extra[status] ?? []),
    ],
    body,
  };
}

const written = new Map<DenyStatus, string>();

/** The bytes of a refusal over HTTP/1.1; made once for each status. */
export function refusalBytes(status: DenyStatus): string {
  const bytes = written.get(status) ?? writeRefusal(status);
  written.set(status, bytes);
  return bytes;
}

function writeRefusal(status: DenyStatus): string {
  const { headers, body } = refusalOf(status);
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "Connection: close",
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/**
 * Writes a refusal and lets go of the socket, whatever the client does: destroyed once the bytes are handed over, or when time is up. WebKit
 * reuses a connection that a refusal left open, and hangs, because Node has taken its parser off.
 */
export function refuseSocket(socket: Duplex, status: DenyStatus): void {
  if (socket.destroyed) return;
  // Unread bytes (frames sent along with the handshake) would turn the close into a reset, which can overtake the response.
  socket.resume();
  socket.end(refusalBytes(status), "latin1");
  destroyWhenDone(socket);
}

/** Destroys a socket or stream once all is written, or after two seconds. */
export function destroyWhenDone(duplex: Duplex): void {
  const timer = setTimeout(() => duplex.destroy(), patience);
  timer.unref();
  duplex.once("finish", () => duplex.destroy());
  duplex.once("close", () => clearTimeout(timer));
}

/** Which close codes are sent: those that mirror the statuses, or those registered with IANA. */
export type CloseCodes = "http" | "iana";

/** 4401, 4403, 4429 for the client's doing, 4408 for a decision that took too long. */
const mirrored: Record<DenyStatus, number> = {
  400: 4400,
  401: 4401,
  403: 4403,
  404: 4404,
  426: 4426,
  429: 4429,
  499: 1001,
  501: 1011,
  503: 4408,
};

/** Unauthorized, Forbidden, Timeout and RFC 6455's own; where there is none that fits, 1008. */
const registered: Record<DenyStatus, number> = {
  400: 1008,
  401: 3000,
  403: 3003,
  404: 1008,
  426: 1008,
  429: 1013,
  499: 1001,
  501: 1011,
  503: 3008,
};

/** The close code that goes with a status. */
export function closeCodeOf(status: DenyStatus, codes: CloseCodes): number {
  return (codes === "iana" ? registered : mirrored)[status];
}
