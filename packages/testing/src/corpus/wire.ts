/**
 * The bytes of a text on the wire: a character up to U+00FF is one byte (which is how Node gives header bytes to JavaScript), any other is
 * UTF-8 (which is how a client that knows no better sends it).
 */
export function wireBytes(text: string): Buffer {
  return Buffer.concat(Array.from(text, (char) => Buffer.from(char, char <= "\u00ff" ? "latin1" : "utf8")));
}
