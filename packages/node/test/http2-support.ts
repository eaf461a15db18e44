import { type EventEmitter, once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import {
  type ConnectAnswer,
  type ConnectRequest,
  connectStream,
  type Frames,
  selfSigned,
  type Target,
} from "@wsorigin/testing";
import { expect } from "vitest";
import type { PlainOptions } from "../src/index.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { type Guarded, page, startServer } from "./support.ts";

const settings = { enableConnectProtocol: true };

export type AnyHttp2Server = Http2SecureServer | Http2Server;

export const makeSecure = (): AnyHttp2Server => createSecureServer({ ...selfSigned, allowHTTP1: true, settings });

/** The two kinds of HTTP/2 servers: the one that browsers speak to, and the one behind a proxy. Both answer no request by themselves. */
export const kinds: readonly { readonly name: string; readonly scheme: string; readonly make: () => AnyHttp2Server }[] =
  [
    { name: "over TLS", scheme: "https", make: makeSecure },
    { name: "in the clear", scheme: "http", make: () => createServer({ settings }) },
  ];

/** An extended CONNECT from the listed page, over a connection of its own that ends with the test. */
export async function ask(target: Target, request: ConnectRequest = {}): Promise<ConnectAnswer> {
  const answer = await connectStream(target, { origin: page, ...request });
  afterwards(async () => answer.close());
  return answer;
}

export async function openStream(target: Target, request: ConnectRequest = {}): Promise<Frames> {
  const answer = await ask(target, request);
  expect(answer.status).toBe(200);
  if (answer.frames === undefined) throw new Error("There are no frames.");
  return answer.frames;
}

/** A client's session, for what one request alone cannot do. */
export async function session(target: Target): Promise<ClientHttp2Session> {
  const scheme = target.tls === true ? "https" : "http";
  const opened = connect(`${scheme}://127.0.0.1:${target.port}`, { rejectUnauthorized: false });
  opened.on("error", () => {});
  afterwards(async () => opened.destroy());
  await once(opened, "remoteSettings");
  return opened;
}

export function fields(path = "/chat", origin: string = page): Record<string, string> {
  return {
    ":method": "CONNECT",
    ":protocol": "websocket",
    ":scheme": "https",
    ":path": path,
    "sec-websocket-version": "13",
    origin,
  };
}

/** Sends an extended CONNECT on a session and leaves its end open. */
export function send(on: ClientHttp2Session, path = "/chat", origin: string = page): ClientHttp2Stream {
  const stream = on.request(fields(path, origin), { endStream: false });
  stream.on("error", () => {});
  return stream;
}

/** An app's own listener for streams: answers extended CONNECT below `/own`, and records what it sees. */
export function ownListener(seen: string[]): (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void {
  return (stream, headers) => {
    seen.push(`${headers[":method"]} ${headers[":path"] ?? ""} ${headers.origin ?? ""}`.trim());
    if (headers[":path"]?.startsWith("/own") !== true) return;
    stream.respond({ ":status": 200, "x-answered-by": "app" });
    stream.pipe(stream);
  };
}

/** Where an app may listen for streams. */
export const places: readonly {
  readonly place: string;
  readonly attach: (server: AnyHttp2Server, listener: ReturnType<typeof ownListener>) => void;
}[] = [
  { place: "the server", attach: (server, listener) => void server.on("stream", listener) },
  {
    place: "every session",
    attach: (server, listener) => void server.on("session", (opened: EventEmitter) => opened.on("stream", listener)),
  },
];

/** Watches every stream of a server, before anybody else sees it. */
export function onEveryStream(server: EventEmitter, watch: (stream: ServerHttp2Stream) => void): void {
  server.on("session", (opened: EventEmitter) => {
    const emit = opened.emit.bind(opened);
    opened.emit = (name: string | symbol, ...args: unknown[]) => {
      if (name === "stream") watch(args[0] as ServerHttp2Stream);
      return emit(name, ...args);
    };
  });
}

export function startHttp2(
  make: () => AnyHttp2Server,
  options: Partial<PlainOptions> = {},
): Promise<Guarded<AnyHttp2Server>> {
  return startServer({ server: make() }, options);
}

export async function responseTo(
  stream: ClientHttp2Stream,
): Promise<IncomingHttpHeaders & { readonly ":status"?: number }> {
  const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
  return headers;
}
