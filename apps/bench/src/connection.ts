import { Socket } from "node:net";

/**
 * A connection in memory, for `server.emit("connection", connection)`: a `net.Socket` whose handle is no system's, so that Node's own parser,
 * streams and requests run, each the same in every run. Node has no public option for that; `handle` is the one that its cluster module uses.
 */
export class MemoryConnection extends Socket {
  readonly #handle: MemoryHandle;

  constructor() {
    const handle = new MemoryHandle();
    const options = { handle, allowHalfOpen: true };
    super(options);
    this.#handle = handle;
  }

  /** The status that was answered; empty while there is none. */
  get status(): string {
    return this.#handle.answer.toString("latin1").slice(9, 12);
  }

  /** How many times the system was asked for the peer's address. */
  get addressesRead(): number {
    return this.#handle.addressesRead;
  }
}

/** What `net.Socket` calls of a handle. Writes and shutdowns end at once. */
class MemoryHandle {
  answer: Buffer | string = "";
  addressesRead = 0;

  readStart(): number {
    return 0;
  }

  readStop(): number {
    return 0;
  }

  writeBuffer(_request: unknown, data: Buffer): number {
    return this.#write(data);
  }

  writeLatin1String(_request: unknown, data: string): number {
    return this.#write(data);
  }

  writeUtf8String(_request: unknown, data: string): number {
    return this.#write(data);
  }

  writeAsciiString(_request: unknown, data: string): number {
    return this.#write(data);
  }

  /** Chunks are buffers, or strings and their encodings by turns. */
  writev(_request: unknown, [first]: readonly (Buffer | string)[]): number {
    return this.#write(first ?? "");
  }

  shutdown(): number {
    return 1;
  }

  getpeername(out: { address?: string; family?: string; port?: number }): number {
    this.addressesRead++;
    out.address = "127.0.0.1";
    out.family = "IPv4";
    out.port = 50_000;
    return 0;
  }

  setNoDelay(): number {
    return 0;
  }

  setKeepAlive(): number {
    return 0;
  }

  close(done: () => void): void {
    process.nextTick(done);
  }

  #write(data: Buffer | string): number {
    if (this.answer.length === 0) this.answer = data;
    return 0;
  }
}
