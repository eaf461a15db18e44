import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { Incoming } from "./bytes.ts";
import { Frames } from "./frames.ts";
import { authorityOf, type Target, tlsOptionsOf } from "./target.ts";
import { patience, within } from "./wait.ts";

/** A WebSocket handshake over HTTP/2 (RFC 8441). */
export interface ConnectRequest {
  /** `/` by default. */
  readonly path?: string;
  /** What HTTP/1.1 calls Host. Host and port of the target by default. */
  readonly authority?: string;
  /** The Origin header; `null` (the default) sends none, a list sends one line each. */
  readonly origin?: string | null | readonly string[];
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** `websocket` by default; `null` makes it an ordinary CONNECT. */
  readonly protocol?: string | null;
  /** How long to wait for anything, in milliseconds. 30000 by default. */
  readonly timeout?: number;
}

export interface ConnectAnswer {
  /** Whether the server says that it takes extended CONNECT at all (SETTINGS_ENABLE_CONNECT_PROTOCOL). */
  readonly enabled: boolean;
  /** The status; `undefined` where the server reset the stream, or nothing was sent because `enabled` is false. */
  readonly status: number | undefined;
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly body: string;
  /** The open socket, where the status is 200. */
  readonly frames: Frames | undefined;
  /** Lets go of the connection. Nobody else does. */
  close(): void;
}

/**
 * Sends one extended CONNECT over an HTTP/2 connection of its own and waits for the answer.
 *
 * @throws {TimeoutError} when neither an answer nor an end comes in time; the connection is then destroyed
 */
export async function connectStream(target: Target, request: ConnectRequest = {}): Promise<ConnectAnswer> {
  const { timeout = patience } = request;
  const tls = tlsOptionsOf(target);
  const session = connect(`${tls === undefined ? "http" : "https"}://${authorityOf(target)}`, tls ?? {});
  const close = (): void => session.destroy();
  try {
    await within(settings(session), timeout, () => `the HTTP/2 settings of ${authorityOf(target)}`);
    const enabled = session.remoteSettings.enableConnectProtocol === true;
    if (!enabled && request.protocol !== null)
      return { enabled, status: undefined, headers: {}, body: "", frames: undefined, close };
    const stream = session.request(fieldsOf(request, target), { endStream: false });
    const incoming = new Incoming(stream);
    const headers = await within(responseOf(stream), timeout, () => `an answer to CONNECT ${request.path ?? "/"}`);
    const status = headers[":status"];
    if (status === 200) return { enabled, status, headers, body: "", frames: new Frames(stream, incoming), close };
    stream.end();
    await incoming.closed(timeout);
    return { enabled, status, headers, body: incoming.all.toString("utf8"), frames: undefined, close };
  } catch (error) {
    close();
    throw error;
  }
}

function fieldsOf(
  { path = "/", authority, origin = null, headers = {}, protocol = "websocket" }: ConnectRequest,
  target: Target,
): Record<string, string | string[]> {
  const extra = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
  return {
    ":method": "CONNECT",
    ":authority": authority ?? authorityOf(target),
    ...(protocol !== null && {
      ":protocol": protocol,
      ":scheme": target.tls === undefined || target.tls === false ? "http" : "https",
      ":path": path,
      "sec-websocket-version": "13",
    }),
    ...(origin !== null && { origin: typeof origin === "string" ? origin : [...origin] }),
    ...extra,
  };
}

function settings(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    session.once("remoteSettings", () => resolve());
    session.once("error", reject);
    session.once("close", () => reject(new Error("The HTTP/2 connection closed before its settings came.")));
  });
}

/** The headers of the response; none where the stream ends without. */
function responseOf(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders & { readonly ":status"?: number }> {
  return new Promise((resolve) => {
    stream.once("response", resolve);
    stream.once("close", () => resolve({}));
  });
}
