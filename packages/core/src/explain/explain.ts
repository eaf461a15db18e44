import { circumstancesOf, type Decision } from "../check/decision.ts";
import type { ConfigurationIssue } from "../config/errors.ts";
import { accounts } from "./accounts.ts";
import { cut, escapeControls, printable, quote } from "./text.ts";

/** The longest text that `explain` returns, in characters. */
const longest = 4096;

/** The longest note, before it is escaped and after. */
const longestNote = 512;
const longestEscapedNote = 900;

/**
 * Explains a decision, or a problem in a configuration, in a few lines: what came, what was expected, how to fix it. For logs and terminals, never
 * for the client: it names the policy's entries. At most 4096 characters without control characters but newlines: what the client sent is quoted,
 * cut and escaped; tokens, cookies and query strings are not in it.
 */
export function explain(subject: Decision<unknown> | ConfigurationIssue): string {
  return cut(escapeControls(textOf(subject)), longest);
}

function textOf(subject: Decision<unknown> | ConfigurationIssue): string {
  if (!("allowed" in subject)) return `Configuration problem (${subject.code}): ${subject.message}`;
  const { code } = subject;
  if (subject.allowed) {
    const by = subject.matched === undefined ? "" : ` by the entry ${quote(subject.matched)}`;
    return `Allowed a WebSocket handshake from ${subject.origin === undefined ? "a client without an Origin" : quote(subject.origin)}${by} (${code}).`;
  }
  const details = circumstancesOf(subject);
  const [came, expected, fix] = accounts[subject.code](subject, details);
  const { note } = details;
  return [
    `${code === "client-gone" ? "Gave up" : "Refused"} a WebSocket handshake: ${code}${code === "client-gone" ? "" : ` (${subject.status})`}`,
    `  came:     ${came}`,
    `  expected: ${expected}`,
    ...(note === undefined ? [] : [`  detail:   ${cut(printable(cut(note, longestNote)), longestEscapedNote)}`]),
    `  fix:      ${fix}`,
  ].join("\n");
}
