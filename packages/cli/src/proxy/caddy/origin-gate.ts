import type { Finding } from "../../finding.ts";
import { found, type Given } from "../checker.ts";
import type { CaddyLine } from "./parse.ts";
import { caddyRules } from "./rules.ts";
import type { Proxied } from "./sites.ts";

/** Matchers that compare a part of Origin. */
export function checkOriginGates({ file }: Given, { beside }: Proxied): readonly Finding[] {
  return beside
    .filter(({ name }) => name.startsWith("@"))
    .flatMap(withInner)
    .flatMap((line) => {
      const loose = looseOrigin(line.name.startsWith("@") ? line.args : [line.name, ...line.args]);
      return loose === undefined
        ? []
        : [found(file, caddyRules.originLoose, line, [`# in place of line ${line.line}`, fixOf(line, loose)])];
    });
}

function withInner(line: CaddyLine): readonly CaddyLine[] {
  return [line].concat(line.block.flatMap(withInner));
}

/** The pattern, where it is a loose one. */
function looseOrigin(words: readonly string[]): string | undefined {
  const rest = words[0] === "not" ? words.slice(1) : words;
  const [kind, ...args] = rest;
  if (kind === "header" && /^origin$/i.test(args[0] ?? "")) return isLooseValue(args[1] ?? "*") ? args[1] : undefined;
  const at = args.findIndex((word) => /^origin$/i.test(word));
  if (kind === "header_regexp" && at !== -1 && at < args.length - 1)
    return isLooseExpression(args.at(-1) ?? "") ? args.at(-1) : undefined;
  return undefined;
}

/** `*` alone asks whether there is an Origin; `https://*.example.com` ends in what cannot be the end of a longer name. */
export function isLooseValue(value: string): boolean {
  if (value === "*") return false;
  return value.endsWith("*") || (value.startsWith("*") && !/^\*(?:\.|:\/\/)/.test(value));
}

export function isLooseExpression(value: string): boolean {
  return !/^(?:\(\?i\))?\^.*\$$/.test(value) || /(?<!\\)\.(?![*+?])/.test(value.replaceAll(/\[[^\]]*\]/g, ""));
}

function fixOf({ text }: CaddyLine, loose: string): string {
  return text.replace("header_regexp", "header").replace(loose, "https://app.example.com").replaceAll(/[`"]/g, "");
}
