/** HTTP/2 as bytes (RFC 9113), so that also what `node:http2` will not send can be sent. */

export const types = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, continuation: 9 } as const;

export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Encodes a frame; of what HTTP/2 forbids, nothing is forbidden here. */
export function frame(type: number, flag: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flag;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The start of a connection. A header table of size 0, so that every field comes as a literal or from the static table. */
export function opening(): Buffer {
  return Buffer.concat([preface, frame(types.settings, 0, 0, Buffer.from([0, 1, 0, 0, 0, 0]))]);
}

/** A payload of four bytes: an error code. */
export function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Encodes fields as literals without Huffman codes (RFC 7541 section 6.2.2). Text stands for bytes (Latin-1). */
export function encodeFields(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  const length: number[] = [];
  let left = bytes.length;
  if (left < 127) length.push(left);
  else {
    length.push(127);
    for (left -= 127; left >= 128; left >>>= 7) length.push((left & 127) | 128);
    length.push(left);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

const indexed: Readonly<Record<number, number>> = { 8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500 };

/** The status of a response: its first field, indexed or a literal (RFC 7541 appendix A). `undefined` for trailers. */
export function statusOf(block: Buffer): number | undefined {
  let at = 0;
  // Changes of the table's size come first.
  while (at < block.length && ((block[at] ?? 0) & 0xe0) === 0x20) at += ((block[at] ?? 0) & 0x1f) === 31 ? 2 : 1;
  const first = block[at] ?? 0;
  if ((first & 0x80) !== 0) return indexed[first & 0x7f];
  const index = (first & 0x40) === 0 ? first & 0x0f : first & 0x3f;
  if (index < 8 || index > 14) return undefined;
  const length = block[at + 1] ?? 0;
  const value = block.subarray(at + 2, at + 2 + (length & 0x7f));
  return Number((length & 0x80) === 0 ? value.toString("latin1") : digits(value));
}

/** Huffman codes of digits: five bits for 0 to 2, six for the others (RFC 7541 appendix B). */
function digits(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let written = "";
  for (let at = 0; bits.length - at >= 5;) {
    const short = Number.parseInt(bits.slice(at, at + 5), 2);
    const long = Number.parseInt(bits.slice(at, at + 6).padEnd(6, "1"), 2);
    if (short > 2 && (long < 0x19 || long > 0x1f)) break;
    written += short <= 2 ? short : long - 0x19 + 3;
    at += short <= 2 ? 5 : 6;
  }
  return written;
}

/** Takes whole frames off the front of the bytes. */
export function takeFrames(bytes: Buffer): { readonly frames: readonly Frame[]; readonly rest: Buffer } {
  const frames: Frame[] = [];
  let at = 0;
  while (bytes.length - at >= 9) {
    const length = bytes.readUIntBE(at, 3);
    if (bytes.length - at < 9 + length) break;
    const payload = bytes.subarray(at + 9, at + 9 + length);
    frames.push({
      type: bytes[at + 3] ?? 0,
      flags: bytes[at + 4] ?? 0,
      stream: bytes.readUInt32BE(at + 5) & 0x7fff_ffff,
      payload,
    });
    at += 9 + length;
  }
  return { frames, rest: bytes.subarray(at) };
}
