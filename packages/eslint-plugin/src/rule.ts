import type { Rule } from "eslint";
import type { AuditRule } from "wsorigin/audit";
import { findingsOf, type Linted } from "./findings.ts";

/** The part of ESLint's context that Oxlint has as well. */
interface Context extends Linted {
  report: Rule.RuleContext["report"];
}

/** Makes the rule for ESLint and Oxlint of a rule of `wsorigin audit`. It reports what the audit finds, and nothing else. */
export function ruleFor({ name, title, advice, url, edits }: AuditRule): Rule.RuleModule {
  return {
    meta: {
      type: "problem",
      docs: { description: title, url },
      messages: { found: `${title} ${advice}`, edit: advice },
      schema: [],
      ...(edits === "fix" && { fixable: "code" }),
      ...(edits === "suggestion" && { hasSuggestions: true }),
    },
    create: (context: Context) => ({
      Program: () => {
        for (const finding of findingsOf(context)) if (finding.rule === name) report(context, finding);
      },
    }),
  };
}

function report(context: Context, { range, edit }: ReturnType<typeof findingsOf>[number]): void {
  const { sourceCode } = context;
  const loc = { start: sourceCode.getLocFromIndex(range[0]), end: sourceCode.getLocFromIndex(range[1]) };
  const apply: Rule.ReportFixer = (fixer) =>
    edit === undefined ? null : fixer.replaceTextRange([...edit.range], edit.text);
  context.report({
    loc,
    messageId: "found",
    fix: edit?.kind === "fix" ? apply : null,
    suggest: edit?.kind === "suggestion" ? [{ messageId: "edit", fix: apply }] : null,
  });
}
