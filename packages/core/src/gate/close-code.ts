/** @throws {RangeError} if a close code cannot be sent, or a reason is too long */
export function checkClosing(code: number, reason: string): void {
  if (!isSendable(code))
    throw new RangeError(`Close code ${code} cannot be sent. Valid codes: 1000, 1008, 1011, and 3000 to 4999.`);
  if (new TextEncoder().encode(reason).length > 123)
    throw new RangeError("The close reason is longer than 123 bytes (RFC 6455 section 5.5).");
}

/** RFC 6455 section 7.4, as far as a server may send it. */
function isSendable(code: number): boolean {
  return (
    Number.isInteger(code) &&
    ((code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999))
  );
}
