import type { ESLint, Linter, Rule } from "eslint";
import { type AuditRule, auditRules } from "wsorigin/audit";
import { ruleFor } from "./rule.ts";

/** Every rule by its name: `ws-unguarded`. Their ids in reports of `wsorigin audit`, such as WSO206, are in the README. */
export const rules: Readonly<Record<string, Rule.RuleModule>> = Object.fromEntries(
  auditRules.map((rule) => [rule.name, ruleFor(rule)]),
);

export const meta: { readonly name: string; readonly namespace: string } = {
  name: "eslint-plugin-wsorigin",
  namespace: "wsorigin",
};

/** `recommended`: errors for what the audit calls a failure, warnings for the rest. `all`: everything is an error. */
export const configs: Readonly<Record<"recommended" | "all", Linter.Config>> = {
  recommended: configOf("recommended", ({ severity }) => (severity === "failure" ? "error" : "warn")),
  all: configOf("all", () => "error"),
};

const plugin: ESLint.Plugin & { readonly configs: typeof configs } = { meta, rules, configs };

export default plugin;

function configOf(name: string, severityOf: (rule: AuditRule) => "error" | "warn"): Linter.Config {
  return {
    name: `wsorigin/${name}`,
    // A configuration is made before the plugin that holds it.
    plugins: {
      get wsorigin() {
        return plugin;
      },
    },
    rules: Object.fromEntries(auditRules.map((rule) => [`wsorigin/${rule.name}`, severityOf(rule)])),
  };
}
