import type { DenyCode } from "../check/codes.ts";
import type { Circumstances, Decision, Deny } from "../check/decision.ts";
import { detailsOf } from "../details.ts";
import type { ConfigurationIssue } from "../config/errors.ts";
import { accounts } from "./accounts.ts";
import { originProblem } from "./expectation.ts";
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
  const { code, origin } = subject;
  if (subject.allowed) {
    const by = subject.matched === undefined ? "" : ` by the entry ${quote(subject.matched)}`;
    return `Allowed a WebSocket handshake from ${origin === undefined ? "a client without an Origin" : quote(origin)}${by} (${code}).`;
  }
  const details = detailsOf(subject);
  const [came, expected, fix] = accounts[subject.code](subject, details);
  const { note, expected: rules } = details;
  // The Origin is checked only after the Host: tell what would be refused next, so that both can be fixed at once.
  const next = code.startsWith("host-") && rules !== undefined ? originProblem(origin, rules) : undefined;
  return [
    `${code === "client-gone" ? "Gave up" : "Refused"} a WebSocket handshake: ${code}${code === "client-gone" ? "" : ` (${subject.status})`}`,
    `  came:     ${came}`,
    `  expected: ${expected}`,
    ...(note === undefined ? [] : [`  detail:   ${cut(printable(cut(note, longestNote)), longestEscapedNote)}`]),
    `  fix:      ${fix}`,
    ...(next === undefined ? [] : alsoRefused(next, subject, details)),
  ].join("\n");
}

function alsoRefused(code: DenyCode, deny: Deny, details: Circumstances): readonly string[] {
  // A Host that is refused says nothing about the Origin: with DNS rebinding they are equal.
  const [came, , fix] = accounts[code](deny, { ...details, host: undefined });
  return [`  then:     ${came} (${code})`, `  fix:      ${fix}`];
}
