import { randomBytes } from "node:crypto";

/** A close frame: its code, if it has one, and its reason. */
export interface CloseFrame {
  readonly code: number | undefined;
  readonly reason: string;
}

export interface FrameReader {
  /** Takes the next bytes of the stream, however they are cut. */
  push(chunk: Buffer): void;
  /** The first close frame. */
  readonly close: CloseFrame | undefined;
}

/** Control frames are no longer than this (RFC 6455 section 5.5). */
const longestControl = 125;
const opcodes = { close: 8, ping: 9, pong: 10 } as const;

/**
 * Reads what a server sends after its 101, frame by frame. It keeps control frames only: a stream may be long.
 *
 * @param send writes to the server. A ping must be answered (RFC 6455 section 5.5.2): a server with a heartbeat terminates what is silent.
 */
export function frameReader(send: (bytes: Buffer) => void): FrameReader {
  let pending = Buffer.alloc(0);
  let skip = 0;
  let broken = false;
  let close: CloseFrame | undefined;
  const take = (): boolean => {
    const frame = readFrame(pending);
    if (frame === undefined) return false;
    const { opcode, reserved, start, length } = frame;
    // No extension was offered, so these bits mean that it is something else: an HTTP answer, for example.
    if (reserved !== 0) {
      broken = true;
      return false;
    }
    if (opcode < opcodes.close || length > longestControl) {
      pending = pending.subarray(start);
      skip = length;
      return true;
    }
    if (pending.length < start + length) return false;
    const payload = pending.subarray(start, start + length);
    if (opcode === opcodes.ping) send(maskedFrame(opcodes.pong, payload));
    if (opcode === opcodes.close) close ??= closeFrame(payload);
    pending = pending.subarray(start + length);
    return true;
  };
  return {
    push(chunk) {
      if (broken) return;
      pending = Buffer.concat([pending, chunk]);
      do {
        const skipped = Math.min(skip, pending.length);
        pending = pending.subarray(skipped);
        skip -= skipped;
      } while (skip === 0 && take());
    },
    get close() {
      return close;
    },
  };
}

interface FrameHead {
  readonly opcode: number;
  readonly reserved: number;
  /** Where the payload begins. */
  readonly start: number;
  readonly length: number;
}

/** Reads the head of a frame; `undefined` where it is not all there. Servers mask nothing. */
function readFrame(bytes: Buffer): FrameHead | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const short = bytes.readUInt8(1) & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return undefined;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  return { opcode: first & 0x0f, reserved: first & 0x70, start, length };
}

function closeFrame(payload: Buffer): CloseFrame {
  return {
    code: payload.length >= 2 ? payload.readUInt16BE(0) : undefined,
    reason: payload.subarray(2).toString("utf8"),
  };
}

/** A client masks what it sends (RFC 6455 section 5.3). */
function maskedFrame(opcode: number, payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ mask.readUInt8(index % 4));
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, masked]);
}
