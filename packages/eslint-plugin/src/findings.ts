import { isAbsolute } from "node:path";
import type { Rule } from "eslint";
import { type AuditFinding, auditSource } from "wsorigin/audit";

/** What is read of the context of ESLint or Oxlint. */
export type Linted = Pick<Rule.RuleContext, "filename" | "physicalFilename" | "sourceCode">;

let last: { readonly filename: string; readonly text: string; readonly found: readonly AuditFinding[] } | undefined;

/** What is found in the text that is linted. Every rule asks, one after the other, and the audit runs once. */
export function findingsOf({ filename, physicalFilename, sourceCode }: Linted): readonly AuditFinding[] {
  // A block of code within another file, as in Markdown: what guards it is not known, so nothing is said of it.
  if (filename !== physicalFilename) return [];
  const { text } = sourceCode;
  // Not by `sourceCode`: Oxlint has one such object for all files.
  if (last?.filename !== filename || last.text !== text)
    last = { filename, text, found: auditSource({ file: isAbsolute(filename) ? filename : undefined, text }) };
  return last.found;
}
