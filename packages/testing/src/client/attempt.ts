import { setImmediate as turn } from "node:timers/promises";
import { type Answer, answerOf } from "./answer.ts";
import { type Closing, Incoming } from "./bytes.ts";
import { Frames } from "./frames.ts";
import { type HandshakeRequest, requestBytes } from "./request.ts";
import { bodyTaker, takeHead } from "./response.ts";
import { authorityOf, connectTo, type Connection, type Target } from "./target.ts";
import { patience, TimeoutError } from "./wait.ts";

/** How long a server that has answered may take to close, in milliseconds, before the connection counts as left open. */
const linger = 500;

/** A handshake that has been sent, with its connection in hand: for what a client may do while it waits. */
export class Attempt {
  readonly #connection: Connection;
  readonly #incoming: Incoming;
  readonly #request: HandshakeRequest;

  constructor(connection: Connection, request: HandshakeRequest) {
    this.#connection = connection;
    this.#request = request;
    this.#incoming = new Incoming(connection.stream);
  }

  /**
   * Waits for the answer, and for the end of the connection where the answer is none to go on with.
   *
   * @throws {TimeoutError} when neither comes in time; the connection is then destroyed
   */
  async answer(): Promise<Answer> {
    const { method = "GET", path = "/", timeout = patience } = this.#request;
    const incoming = this.#incoming;
    const end = Date.now() + timeout;
    const left = (): number => Math.max(1, end - Date.now());
    try {
      const head = await incoming.read(takeHead, `an answer to ${method} ${path}`, left());
      if (head?.status === 101) {
        const frames = new Frames(this.#connection.stream, incoming);
        return answerOf(head, { body: "", raw: incoming.all, closed: "open", frames });
      }
      const take = head === undefined ? undefined : bodyTaker(head, method);
      // Without a length the body goes on to the end of the connection; and where that comes too early, what came is the body.
      let body =
        take === undefined
          ? undefined
          : await incoming.read(take, `the body of the answer to ${method} ${path}`, left());
      const closed = take === undefined ? await incoming.closed(left()) : await this.#lingering();
      body ??= (await incoming.read((rest) => ({ value: rest, length: rest.length }), "the rest")) ?? Buffer.alloc(0);
      return answerOf(head, { body: body.toString("utf8"), raw: incoming.all, closed, frames: undefined });
    } catch (error) {
      this.destroy();
      throw error;
    } finally {
      if (incoming.closing !== undefined || this.#request.afterwards === "reset") this.destroy();
    }
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#connection.stream.write(bytes);
  }

  /** Sends the client's FIN, and goes on reading. */
  end(): void {
    this.#connection.stream.end();
  }

  /** Resets the connection: what a crashed client, or a phone that changed networks, looks like. */
  reset(): void {
    this.#connection.socket.resetAndDestroy();
    this.#connection.stream.destroy();
  }

  /** Stops reading: what the server writes piles up in its buffers. */
  stopReading(): void {
    this.#connection.stream.pause();
    this.#connection.socket.pause();
  }

  /** Waits until the server ends the connection. */
  closed(timeout?: number): Promise<Closing> {
    return this.#incoming.closed(timeout);
  }

  /** Lets go of the connection at once. */
  destroy(): void {
    this.#connection.stream.destroy();
    this.#connection.socket.destroy();
  }

  async #lingering(): Promise<Closing | "open"> {
    try {
      return await this.#incoming.closed(linger);
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      this.destroy();
      return "open";
    }
  }
}

/** Connects and sends a handshake without waiting for the answer. Whoever begins one ends it: `answer()`, `reset()` or `destroy()`. */
export async function beginHandshake(target: Target, request: HandshakeRequest = {}): Promise<Attempt> {
  const connection = await connectTo(target, request.timeout);
  const attempt = new Attempt(connection, request);
  const { extra = [], segment, afterwards = "wait" } = request;
  const bytes = Buffer.concat([
    requestBytes(request, authorityOf(target)),
    ...(extra instanceof Uint8Array ? [extra] : extra),
  ]);
  if (afterwards === "stop-reading") attempt.stopReading();
  const size = segment ?? bytes.length;
  for (let at = 0; at < bytes.length; at += size) {
    await sent(connection, bytes.subarray(at, at + size));
    // A turn of the loop between two segments, so that a server in this process reads them apart.
    if (segment !== undefined) await turn();
  }
  if (afterwards === "half-open") attempt.end();
  if (afterwards === "reset") {
    // A reset that overtakes accept() looks like an ordinary end to the server.
    await turn();
    attempt.reset();
  }
  return attempt;
}

/** Resolves once the bytes are handed over. A server may well close before it has read all: that is its answer, not an error. */
function sent({ stream }: Connection, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    stream.once("close", resolve);
    stream.write(bytes, () => {
      stream.off("close", resolve);
      resolve();
    });
  });
}
