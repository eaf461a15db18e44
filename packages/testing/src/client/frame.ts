import { randomBytes } from "node:crypto";
import type { Taken } from "./bytes.ts";

/** The kinds of frames of RFC 6455 section 11.8, with their opcodes. */
const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

export type FrameKind = keyof typeof opcodes;

/** A frame as it came. */
export interface Frame {
  /** `"reserved"` for an opcode that nobody has given a meaning. */
  readonly kind: FrameKind | "reserved";
  readonly fin: boolean;
  readonly masked: boolean;
  readonly data: Buffer;
  /** The payload as text; of a close frame, its reason. */
  readonly text: string;
  /** The code of a close frame that has one. */
  readonly code: number | undefined;
}

export interface FrameOptions {
  /** `false` begins a message that goes on in continuation frames. `true` by default. */
  readonly fin?: boolean;
  /** Clients must mask; `false` breaks the rule on purpose. `true` by default. */
  readonly masked?: boolean;
}

/** The bytes of a frame, as a client sends it. */
export function frameBytes(
  kind: FrameKind,
  data: string | Uint8Array = "",
  { fin = true, masked = true }: FrameOptions = {},
): Buffer {
  const payload = Buffer.from(data);
  const mask = masked ? randomBytes(4) : Buffer.alloc(0);
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 0x10000 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | opcodes[kind];
  head[1] = (masked ? 0x80 : 0) | (head.length === 2 ? payload.length : head.length === 4 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(payload.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, mask, masked ? xor(payload, mask) : payload]);
}

/** The bytes of a close frame: a code and a reason, or neither. */
export function closeBytes(code?: number, reason = "", options: FrameOptions = {}): Buffer {
  const data = Buffer.alloc(code === undefined ? 0 : 2);
  if (code !== undefined) data.writeUInt16BE(code);
  return frameBytes("close", Buffer.concat([data, Buffer.from(reason)]), options);
}

/** Takes a frame off the bytes. */
export function takeFrame(rest: Buffer): Taken<Frame> | undefined {
  const [first, second] = rest;
  if (first === undefined || second === undefined) return undefined;
  const short = second & 0x7f;
  const masked = (second & 0x80) !== 0;
  const sizeLength = short === 126 ? 2 : short === 127 ? 8 : 0;
  const start = 2 + sizeLength + (masked ? 4 : 0);
  if (rest.length < start) return undefined;
  const size = sizeLength === 2 ? rest.readUInt16BE(2) : sizeLength === 8 ? Number(rest.readBigUInt64BE(2)) : short;
  if (rest.length < start + size) return undefined;
  const payload = Buffer.from(rest.subarray(start, start + size));
  const data = masked ? xor(payload, rest.subarray(start - 4, start)) : payload;
  const kind = kindOf(first & 0x0f);
  const coded = kind === "close" && data.length >= 2;
  const text = data.toString("utf8", coded ? 2 : 0);
  return {
    value: { kind, fin: (first & 0x80) !== 0, masked, data, text, code: coded ? data.readUInt16BE(0) : undefined },
    length: start + size,
  };
}

function kindOf(opcode: number): Frame["kind"] {
  switch (opcode) {
    case opcodes.continuation:
      return "continuation";
    case opcodes.text:
      return "text";
    case opcodes.binary:
      return "binary";
    case opcodes.close:
      return "close";
    case opcodes.ping:
      return "ping";
    case opcodes.pong:
      return "pong";
    default:
      return "reserved";
  }
}

function xor(data: Buffer, mask: Uint8Array): Buffer {
  return Buffer.from(data.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
}
