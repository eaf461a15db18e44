import { Incoming } from "../client/bytes.ts";
import { type HandshakeRequest, requestBytes } from "../client/request.ts";
import { bodyTaker, headerOf, type ResponseHead, takeHead } from "../client/response.ts";
import { authorityOf, connectTo, type Connection, type Target } from "../client/target.ts";

/** A response on a connection that may go on. */
export interface Response extends ResponseHead {
  readonly body: string;
  header(name: string): string | undefined;
}

/** A connection that stays open between requests, for keep-alive and pipelining. */
export class KeptConnection {
  readonly #connection: Connection;
  readonly #incoming: Incoming;
  readonly #target: Target;

  private constructor(connection: Connection, target: Target) {
    this.#connection = connection;
    this.#target = target;
    this.#incoming = new Incoming(connection.stream);
  }

  static async open(target: Target): Promise<KeptConnection> {
    return new KeptConnection(await connectTo(target), target);
  }

  /** Sends a request without waiting. */
  send(request: HandshakeRequest, body: string | Uint8Array = ""): void {
    this.#connection.stream.write(Buffer.concat([requestBytes(request, authorityOf(this.#target)), Buffer.from(body)]));
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#connection.stream.write(bytes);
  }

  /** The next response, without the interim ones (1xx, but not 101); `undefined` where the connection ends first. */
  async response(method = "GET", timeout?: number): Promise<Response | undefined> {
    for (;;) {
      const head = await this.#incoming.read(takeHead, "a response", timeout);
      if (head === undefined) return undefined;
      if (head.status >= 100 && head.status < 200 && head.status !== 101) continue;
      const take = head.status === 101 ? undefined : bodyTaker(head, method);
      const body = take === undefined ? undefined : await this.#incoming.read(take, "the body of a response");
      return { ...head, body: body?.toString("utf8") ?? "", header: (name) => headerOf(head.headers, name) };
    }
  }

  /** Every byte that came. */
  get all(): string {
    return this.#incoming.all.toString("latin1");
  }

  /** Waits until the server ends the connection. */
  async closed(timeout?: number): Promise<void> {
    await this.#incoming.closed(timeout);
  }

  destroy(): void {
    this.#connection.stream.destroy();
    this.#connection.socket.destroy();
  }
}

/** The header lines of an ordinary request: none of a handshake's. */
export const ordinary: Pick<HandshakeRequest, "omit" | "hostHeader"> = {
  omit: ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"],
  hostHeader: "api.example",
};
