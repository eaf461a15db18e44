import type { Duplex } from "node:stream";
import type { Closing, Incoming } from "./bytes.ts";
import { closeBytes, type Frame, frameBytes, type FrameKind, type FrameOptions, takeFrame } from "./frame.ts";

/** An open WebSocket, frame by frame: nothing is answered, joined or checked unless asked for. */
export class Frames {
  readonly #stream: Duplex;
  readonly #incoming: Incoming;

  constructor(stream: Duplex, incoming: Incoming) {
    this.#stream = stream;
    this.#incoming = incoming;
  }

  /** Sends a message in one frame: a string as text, bytes as binary. */
  send(data: string | Uint8Array): void {
    this.frame(typeof data === "string" ? "text" : "binary", data);
  }

  /** Sends any frame; also one that breaks the rules. */
  frame(kind: FrameKind, data?: string | Uint8Array, options?: FrameOptions): void {
    this.write(frameBytes(kind, data, options));
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#stream.write(bytes);
  }

  /**
   * The next frame.
   *
   * @throws {Error} when the connection ends first, or none comes in time
   */
  async next(timeout?: number): Promise<Frame> {
    const frame = await this.#incoming.read(takeFrame, "a frame", timeout);
    if (frame === undefined)
      throw new Error(`The connection ended (${this.#incoming.closing}) where a frame was waited for.`);
    return frame;
  }

  /** The close frame, and whatever came before it thrown away; `undefined` where the connection ends without one. */
  async nextClose(timeout?: number): Promise<Frame | undefined> {
    for (;;) {
      const frame = await this.#incoming.read(takeFrame, "a close frame", timeout);
      if (frame === undefined || frame.kind === "close") return frame;
    }
  }

  /** Closes as a well-behaved client does: sends a close frame, waits for the server's, then for its end. Gives the server's. */
  async close(code = 1000, reason = ""): Promise<Frame | undefined> {
    this.write(closeBytes(code, reason));
    const frame = await this.nextClose();
    await this.closed();
    this.destroy();
    return frame;
  }

  /** Waits until the server ends the connection. */
  closed(timeout?: number): Promise<Closing> {
    return this.#incoming.closed(timeout);
  }

  /** Lets go of the connection at once. */
  destroy(): void {
    this.#stream.destroy();
  }
}
