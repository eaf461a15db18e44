/**
 * A string as an HTTP parser makes it: flat, one byte a character, not internalised, its hash not known yet. A literal, or
 * a string that was looked up before, is cheaper to look up than what a server gets.
 */
export function fresh(bytes: Buffer): string {
  return bytes.toString("latin1");
}

export function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

export type Kind = "exact" | "wildcard";

/** A list of as many entries, as it would come out of a table: flat strings. */
export function entries(kind: Kind, length: number): string[] {
  const star = kind === "wildcard" ? "*." : "";
  return Array.from({ length }, (_, index) => fresh(bytesOf(`https://${star}${customer(index)}`)));
}

/** Up to `most` Origins that the list covers, or that differ from those only in a name, in an order without rhyme. */
export function origins(kind: Kind, hit: boolean, size: number, most: number): Buffer[] {
  const label = kind === "wildcard" ? "app." : "";
  const length = Math.min(size, most);
  return Array.from({ length }, (_, index) => {
    // A prime step wanders over the whole list, and meets no entry twice.
    const name = customer((index * 7919 + 5) % size);
    return bytesOf(`https://${label}${hit ? name : name.replace("customer", "stranger")}`);
  });
}

function customer(index: number): string {
  return `customer-${String(index).padStart(7, "0")}.example`;
}

/** The fields of a browser's handshake, in its order; Host and Origin are what is asked for. */
export function browserFields(host: string, origin: string): readonly (readonly [name: string, value: string])[] {
  return [
    ["Host", host],
    ["Connection", "Upgrade"],
    ["Pragma", "no-cache"],
    ["Cache-Control", "no-cache"],
    [
      "User-Agent",
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    ],
    ["Upgrade", "websocket"],
    ["Origin", origin],
    ["Sec-WebSocket-Version", "13"],
    ["Accept-Encoding", "gzip, deflate, br, zstd"],
    ["Accept-Language", "en-GB,en;q=0.9,de;q=0.8"],
    ["Cookie", "session=3f2c9a51d07e4b6c8a2f; theme=dark; consent=essential"],
    ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"],
  ];
}
