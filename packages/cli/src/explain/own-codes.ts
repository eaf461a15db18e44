import { allowCodes, deny, denyCodes, explain } from "@wsorigin/core";
import { define, type Entry } from "./entry.ts";
import type { Message } from "./message.ts";

/** The longest first: `token-missing` must not be found where the text says something longer. */
const codes = [...denyCodes].toSorted((a, b) => b.length - a.length);

/** The codes of wsorigin's own decisions, as they stand in its log and its events. */
export const ownCodes: Entry = define({
  id: "WSO400",
  name: "wsorigin-code",
  severity: "note",
  title: "This is the code of a decision of wsorigin",
  cause:
    "The gate of the server refused, or allowed, the handshake. Clients never see the code; it stands in the server's log, in onDecision and in what whyRefused() returns.",
  fix: "The server's log has the whole entry, with the Origin and the Host that came. Do what its last line says.",
  lines({ plain }) {
    const code = codes.find((name) => plain.includes(name));
    if (code === undefined) return ["The handshake was allowed: nothing needs fixing."];
    const refusal = deny(code, "https://app.example.com");
    const [, ...account] = explain(refusal).split("\n");
    return [`${code} (${refusal.status}), for example:`, ...account.map((line) => line.trim())];
  },
});

/** Whether a line is a code and nothing else, or of wsorigin's own log: then no other text in it counts. */
export function isOwn({ plain }: Message): boolean {
  const all: readonly string[] = [...codes, ...allowCodes];
  return all.includes(plain) || (ofOurLog(plain) && all.some((code) => plain.includes(code)));
}

function ofOurLog(plain: string): boolean {
  return plain.includes("[wsorigin]") || plain.includes("a websocket handshake: ");
}
