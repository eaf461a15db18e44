/**
 * What is to be done about a closed socket.
 *
 * - `"never"`: it stays closed. Trying again would end the same way.
 * - `"login"`: it stays closed. The visitor has to log in first.
 * - `"fresh"`: its token has ended. A new one is fetched at once.
 * - `"now"`: the server leaves, and another is there or soon will be. It is opened again at once.
 * - `"later"`: it is opened again after a while.
 */
export type CloseClass = "never" | "login" | "fresh" | "now" | "later";

/** What is not listed is `"later"`. */
const classes: Readonly<Record<number, CloseClass>> = {
  1000: "never",
  1001: "now",
  1002: "never",
  1003: "never",
  1007: "never",
  1008: "never",
  1009: "never",
  1010: "never",
  1012: "now",
  3003: "never",
  4400: "never",
  4401: "fresh",
  4403: "never",
  4404: "never",
  4406: "never",
  4409: "never",
  4426: "never",
};

/**
 * The class of a close code, by the codes of the gate (4401 and the like; 3000, 3003 and 3008 with `closeCodes: "iana"`) and those of RFC 6455.
 *
 * @param reason as it came: "Token expired" and "Token revoked" are the gate's, and count with 4401 and 3000 only
 * @example
 * closeClass(1006); // "later": a lost connection and a refused handshake look the same to a page
 * closeClass(4401, "Token revoked"); // "login"
 */
export function closeClass(code: number, reason = ""): CloseClass {
  if (code === 4401 || code === 3000) {
    if (reason === "Token revoked") return "login";
    if (reason === "Token expired") return "fresh";
  }
  return classes[code] ?? "later";
}
