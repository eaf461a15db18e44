import type { IncomingMessage } from "node:http";
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Socket } from "node:net";
import { Duplex } from "node:stream";
import { deny, type Deny, type DenyStatus } from "@wsorigin/core";
import type { WebSocket } from "ws";
import type { Acceptor } from "./acceptor.ts";
import { commonProblem, originForm } from "./form.ts";
import { destroyWhenDone, refusalOf } from "./refusal.ts";
import { makeRequest } from "./request.ts";
import type { Takers, Transport } from "./transport.ts";

/** Whether a stream asks for a protocol of its own (RFC 8441): what `upgrade` is to HTTP/1.1, and never emitted as such. */
export function isExtendedConnect(headers: IncomingHttpHeaders): boolean {
  return headers[":method"] === "CONNECT" && headers[":protocol"] !== undefined;
}

/**
 * An opening handshake over HTTP/2: an extended CONNECT. `ws` speaks HTTP/1.1 only, so it is shown the same request in that form, and the head
 * it answers with is turned into a response.
 */
export class ExtendedConnect implements Transport {
  readonly unserved = "protocol-unsupported";
  readonly request: IncomingMessage;
  readonly target: string | undefined;
  readonly duplex: Duplex;
  readonly #stream: ServerHttp2Stream;
  readonly #protocol: string;
  readonly #takers: Takers;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: readonly string[], takers: Takers) {
    this.#stream = stream;
    this.#protocol = String(headers[":protocol"]);
    this.#takers = takers;
    this.request = requestOf(stream, headers, rawHeaders);
    this.target = originForm(this.request.url ?? "", this.request.headers.host);
    this.duplex = stream;
    stream.on("error", ignore);
  }

  problem(): Deny | undefined {
    const { origin, host } = this.request.headers;
    if (this.#protocol !== "websocket")
      return deny("protocol-unsupported", origin, {
        host,
        note: `:protocol is ${JSON.stringify(this.#protocol.slice(0, 64))}.`,
      });
    return commonProblem(this.request);
  }

  refuse(status: DenyStatus): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.headersSent) return;
    const { headers, body } = refusalOf(status);
    // Connection-specific fields do not exist in HTTP/2 (RFC 9113 section 8.2.2), Upgrade among them.
    const fields = headers.filter(([name]) => name !== "Upgrade").map(([name, value]) => [name.toLowerCase(), value]);
    stream.resume();
    stream.respond({ ":status": status, ...Object.fromEntries(fields) });
    stream.end(body);
    destroyWhenDone(stream);
  }

  accept(acceptor: Acceptor): WebSocket | string | undefined {
    return acceptor.accept(upgradeOf(this.request), new ConnectStream(this.#stream), Buffer.alloc(0));
  }

  giveTo(take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void {
    take(upgradeOf(this.request), new ConnectStream(this.#stream), Buffer.alloc(0));
  }

  hasTakers(): boolean {
    return this.#takers.hasTakers();
  }

  handOn(): void {
    this.#takers.handOn();
  }

  answered(): boolean {
    return this.#stream.destroyed || this.#stream.headersSent;
  }
}

/** The stream as `ws` knows sockets: what is written first is the head of an HTTP/1.1 response, what follows are frames. */
class ConnectStream extends Duplex {
  readonly #stream: ServerHttp2Stream;
  #responded = false;

  constructor(stream: ServerHttp2Stream) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => void (this.push(chunk) || stream.pause()));
    stream.once("end", () => this.push(null));
    stream.once("close", () => this.destroy());
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#responded) return void this.#stream.write(chunk, done);
    this.#responded = true;
    const fields: Record<string, string> = {};
    for (const line of chunk.toString("latin1").split("\r\n")) {
      const [name = "", value] = line.split(": ", 2);
      if (value !== undefined && /^sec-websocket-(?:protocol|extensions)$/i.test(name))
        fields[name.toLowerCase()] = value;
    }
    this.#stream.respond({ ":status": 200, ...fields });
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#stream.destroyed)
      this.#stream.close(error === null ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL);
    done(error);
  }
}

/** The request in the form that HTTP/1.1 code knows, `:authority` as Host (RFC 9113 section 8.3.1). */
function requestOf(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
): IncomingMessage {
  const authority = headers[":authority"];
  const raw: string[] = authority === undefined ? [] : ["host", authority];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    // A Host beside an :authority may only say the same (RFC 9113 section 8.3.1); where it does not, there are two Hosts.
    if (!name.startsWith(":") && !(name === "host" && value === authority)) raw.push(name, value);
  }
  const fields = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(":")));
  if (authority !== undefined) fields["host"] = authority;
  const url = headers[":path"] ?? "";
  const socket = stream.session?.socket ?? new Socket();
  return makeRequest(socket, { method: "CONNECT", url, version: "2.0", headers: fields, rawHeaders: raw });
}

/** The same request as an HTTP/1.1 upgrade, which is what `ws` and frameworks open. The key is made up: HTTP/2 has none, and nobody sees the answer. */
function upgradeOf(request: IncomingMessage): IncomingMessage {
  const added = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" };
  return makeRequest(request.socket, {
    method: "GET",
    url: request.url ?? "",
    headers: { ...request.headers, ...added },
    rawHeaders: [...request.rawHeaders, ...Object.entries(added).flat()],
  });
}

function ignore(): void {}
