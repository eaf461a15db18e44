import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { patience, within } from "./wait.ts";

/** Where to connect to. */
export interface Target {
  readonly port: number;
  /** `127.0.0.1` by default. */
  readonly host?: string;
  /** `true`: TLS, whatever the certificate says; or the options to connect with. */
  readonly tls?: boolean | ConnectionOptions;
}

/** A connection: the TCP socket, and what is read and written, which is the same without TLS. */
export interface Connection {
  readonly socket: Socket;
  readonly stream: Duplex;
}

/** `host:port` of a target, as in a Host header. */
export function authorityOf({ host = "127.0.0.1", port }: Target): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The options to connect with over TLS, or `undefined` for plain TCP. */
export function tlsOptionsOf({ tls }: Target): ConnectionOptions | undefined {
  if (tls === undefined || tls === false) return undefined;
  return tls === true ? { rejectUnauthorized: false } : tls;
}

/** Connects. Half-open on purpose: a server that waits for the client's FIN is found out, and a client's FIN does not end the reading. */
export async function connectTo(target: Target, timeout: number = patience): Promise<Connection> {
  const { host = "127.0.0.1", port } = target;
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  const options = tlsOptionsOf(target);
  const stream =
    options === undefined
      ? socket
      : connectTls({ ...options, socket, ALPNProtocols: options.ALPNProtocols ?? ["http/1.1"] });
  const ready = new Promise<void>((resolve, reject) => {
    stream.once(options === undefined ? "connect" : "secureConnect", resolve);
    stream.once("error", reject);
    socket.once("close", () =>
      reject(new Error(`The connection to ${authorityOf(target)} closed before it was ready.`)),
    );
  });
  // The error of a socket below TLS comes up through TLS as well.
  socket.on("error", () => {});
  try {
    await within(ready, timeout, () => `a connection to ${authorityOf(target)}`);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return { socket, stream };
}
