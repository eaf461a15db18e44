const closeOpcode = 0x8;

/**
 * Follows the frames of RFC 6455 section 5.2 in what a server writes, to find the places between two of them. Server frames are not masked (section 5.1), but a
 * masked one is followed too.
 */
export class FrameTracker {
  /** The bytes of a frame header that is not complete yet. */
  #header: number[] = [];
  /** How many bytes of the current frame's payload are still to come. */
  #left = 0;
  #hasCloseFrame = false;

  /** Whether a close frame has begun. No frame may follow it (RFC 6455 section 5.5.1). */
  get hasCloseFrame(): boolean {
    return this.#hasCloseFrame;
  }

  /** Whether the last byte ended a frame. */
  get isBetweenFrames(): boolean {
    return this.#left === 0 && this.#header.length === 0;
  }

  /** Follows a chunk. Returns the first index at or behind `from` at which a frame begins; -1 if there is none. */
  follow(chunk: Buffer, from = 0): number {
    let boundary = -1;
    let index = 0;
    while (index < chunk.length) {
      if (this.isBetweenFrames && index >= from && boundary < 0) boundary = index;
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - index);
        this.#left -= taken;
        index += taken;
      } else {
        this.#header.push(chunk[index] ?? 0);
        index++;
        this.#readHeader();
      }
    }
    if (this.isBetweenFrames && boundary < 0) boundary = index;
    return boundary;
  }

  #readHeader(): void {
    const [first = 0, second] = this.#header;
    if (second === undefined) return;
    if ((first & 0x0f) === closeOpcode) this.#hasCloseFrame = true;
    const masked = (second & 0x80) !== 0 ? 4 : 0;
    const short = second & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (this.#header.length < 2 + extended + masked) return;
    const bytes = Buffer.from(this.#header);
    this.#header = [];
    this.#left = extended === 0 ? short : extended === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  }
}

/** The bytes of a close frame, from a server: not masked. */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason);
  const frame = Buffer.alloc(4 + text.length);
  frame[0] = 0x80 | closeOpcode;
  frame[1] = 2 + text.length;
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
}
