import type { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { DenyStatus } from "@wsorigin/core";
import type { WebSocket } from "ws";
import type { Acceptor } from "./acceptor.ts";
import { CloseListeners } from "./close-listeners.ts";
import { ConnectStream, destroyStream } from "./connect-stream.ts";
import { followStream, type Wire } from "./followed-stream.ts";
import { ignoreErrors } from "./ignore-errors.ts";
import { refuseStream } from "./refusal.ts";
import { makeRequest, rewriteFields, rewriteLines, rewriteRequest } from "./request.ts";
import type { Delegates, Rewrite, Transport } from "./transport.ts";

/** Whether a stream asks for a protocol of its own (RFC 8441). HTTP/2 has no `upgrade`; Node never emits it for one. */
export function isExtendedConnect(headers: IncomingHttpHeaders): boolean {
  return headers[":method"] === "CONNECT" && headers[":protocol"] !== undefined;
}

/** The arguments of Node's `stream` event. They are shared by all of its listeners, so a token is removed from them in place. */
export interface StreamEvent {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn; absent in older versions of Node. */
  readonly rawHeaders: string[] | undefined;
}

/**
 * An opening handshake over HTTP/2: an extended CONNECT. `ws` speaks HTTP/1.1 only, so it gets the same request in that form, and the response head that
 * it writes is turned into a response.
 */
export class Http2Connect implements Transport {
  readonly unserved = "protocol-unsupported";
  readonly upgradable = true;
  readonly request: IncomingMessage;
  readonly delegates: Delegates;
  readonly #event: StreamEvent;
  #closing: CloseListeners | undefined;
  readonly protocol: string;

  constructor(event: StreamEvent, delegates: Delegates) {
    this.#event = event;
    this.protocol = String(event.headers[":protocol"]);
    this.delegates = delegates;
    this.request = requestOf(event);
    // A stream emits its errors later than this turn of the event loop at times; one without a listener ends the process.
    ignoreErrors(event.stream);
  }

  get stream(): Duplex {
    return this.#event.stream;
  }

  ready(): undefined {
    // Streams do not share an order.
  }

  refuse(status: DenyStatus): void {
    refuseStream(this.#event.stream, status);
  }

  accept(acceptor: Acceptor): WebSocket | string | undefined {
    if (this.#event.stream.closed) return undefined;
    return acceptor.accept(upgradeOf(this.request), new ConnectStream(this.#event.stream), Buffer.alloc(0));
  }

  giveTo(take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void {
    take(upgradeOf(this.request), new ConnectStream(this.#event.stream), Buffer.alloc(0));
  }

  deliver(): void {
    this.delegates.deliver();
  }

  follow(answered: (opened: boolean) => void): Wire {
    return followStream(this.#event.stream, answered);
  }

  rewrite(changes: Rewrite): void {
    const { headers, rawHeaders } = this.#event;
    rewriteRequest(this.request, changes);
    headers[":path"] = changes.url;
    if (changes.protocols !== undefined) replace(headers, rewriteFields(headers, changes.protocols));
    if (rawHeaders === undefined) return;
    const lines = changes.protocols === undefined ? [...rawHeaders] : rewriteLines(rawHeaders, changes.protocols);
    const path = lines.indexOf(":path");
    if (path >= 0) lines[path + 1] = changes.url;
    rawHeaders.splice(0, rawHeaders.length, ...lines);
  }

  answered(): boolean {
    const { stream } = this.#event;
    return stream.destroyed || stream.headersSent;
  }

  /** Nothing can respond without the stream's own method. */
  missed(): void {}

  onClose(listener: () => void): void {
    this.#closing ??= new CloseListeners((closed) => this.#whenClosed(closed));
    this.#closing.add(listener);
  }

  #whenClosed(listener: () => void): void {
    const { stream } = this.#event;
    // Reset in the same turn: both events may be over.
    if (stream.closed || stream.destroyed) return void setImmediate(listener);
    const once = (): void => {
      stream.off("close", once);
      stream.off("aborted", once);
      listener();
    };
    stream.once("close", once);
    // A stream that the client has reset emits no `close` while it has unread data.
    stream.once("aborted", once);
  }

  destroy(): void {
    destroyStream(this.#event.stream);
  }
}

/** Gives an object the fields of another one. */
function replace(target: object, source: object): void {
  for (const key of Object.keys(target)) if (!Object.hasOwn(source, key)) Reflect.deleteProperty(target, key);
  Object.assign(target, source);
}

/** The request in the form of HTTP/1.1, with `:authority` as its Host (RFC 9113 section 8.3.1). */
function requestOf({ stream, headers, rawHeaders }: StreamEvent): IncomingMessage {
  const authority = headers[":authority"];
  const lines = rawHeaders ?? Object.entries(headers).flat().map(String);
  const raw: string[] = authority === undefined ? [] : ["host", authority];
  for (let index = 0; index < lines.length; index += 2) {
    const name = lines[index] ?? "";
    const value = lines[index + 1] ?? "";
    // A Host beside an :authority must be equal to it (RFC 9113 section 8.3.1); otherwise there are two Hosts.
    if (!name.startsWith(":") && !(name === "host" && value === authority)) raw.push(name, value);
  }
  const fields = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(":")));
  if (authority !== undefined) fields["host"] = authority;
  const socket = stream.session?.socket ?? new Socket();
  return makeRequest(socket, {
    method: "CONNECT",
    url: headers[":path"] ?? "",
    version: "2.0",
    headers: fields,
    rawHeaders: raw,
  });
}

/** The same request as an HTTP/1.1 upgrade, as `ws` and frameworks expect it. The key is made up: HTTP/2 has none, and the answer to it is not sent. */
function upgradeOf(request: IncomingMessage): IncomingMessage {
  const added = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" };
  return makeRequest(request.socket, {
    method: "GET",
    url: request.url ?? "",
    headers: { ...request.headers, ...added },
    rawHeaders: [...request.rawHeaders, ...Object.entries(added).flat()],
  });
}
