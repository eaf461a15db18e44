import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Duplex } from "node:stream";

/** Fields that exist in HTTP/1.1 only (RFC 9113 section 8.2.2), and the answer to a key that HTTP/2 does not have. */
const dropped = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "sec-websocket-accept",
  "transfer-encoding",
  "upgrade",
]);

const headEnd = "\r\n\r\n";

/**
 * An HTTP/2 stream in the form of the socket that HTTP/1.1 code expects: the first bytes written are the head of an HTTP/1.1 response, which becomes the
 * stream's response; the rest is sent as it is. `101` becomes `200` (RFC 8441 section 5), every other status stays, so that a framework's own 401 arrives
 * as 401.
 */
export class ConnectStream extends Duplex {
  readonly #stream: ServerHttp2Stream;
  /** What was written of the head so far; `undefined` once the response is sent. */
  #head: string | undefined = "";

  constructor(stream: ServerHttp2Stream) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => void (this.push(chunk) || stream.pause()));
    stream.once("end", () => this.push(null));
    stream.once("close", () => this.destroy());
    // A stream that the client has reset emits no `close` while it has unread data.
    stream.once("aborted", () => {
      this.destroy();
      destroyStream(stream);
    });
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const stream = this.#stream;
    if (stream.closed || stream.destroyed) return done(new Error("The HTTP/2 stream is closed."));
    if (this.#head === undefined) return void stream.write(chunk, done);
    this.#head += chunk.toString("latin1");
    const end = this.#head.indexOf(headEnd);
    if (end < 0) return done();
    const body = Buffer.from(this.#head.slice(end + headEnd.length), "latin1");
    const headers = responseOf(this.#head.slice(0, end));
    this.#head = undefined;
    stream.respond(headers);
    if (body.length > 0) stream.write(body, done);
    else done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    closeStream(this.#stream, error === null ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL);
    done(error);
  }
}

/** The head of an HTTP/1.1 response as HTTP/2 headers. */
function responseOf(head: string): OutgoingHttpHeaders {
  const [statusLine = "", ...lines] = head.split("\r\n");
  const status = Number(statusLine.split(" ", 2)[1]);
  const headers: Record<string, string | string[]> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    if (colon <= 0 || dropped.has(name)) continue;
    const value = line.slice(colon + 1).trim();
    const known = headers[name];
    headers[name] = known === undefined ? value : [known, value].flat();
  }
  return { ":status": status === 101 ? 200 : refusing(status), ...headers };
}

/** An ordinary response does not open a socket; over HTTP/2 a status of 2xx would say that it did. */
function refusing(status: number): number {
  return status < 300 ? 403 : status;
}

function closeStream(stream: ServerHttp2Stream, code: number): void {
  if (!stream.closed && !stream.destroyed) stream.close(code);
}

/**
 * Destroys a stream in a later turn of the event loop: Node 20 corrupts its heap when a stream is destroyed inside its own `end` event. A stream that the
 * client has reset with unread data emits no `close` before that.
 */
export function destroyStream(stream: ServerHttp2Stream): void {
  setImmediate(() => {
    if (!stream.destroyed) stream.destroy();
  });
}
