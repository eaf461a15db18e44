import type { Finding } from "../../finding.ts";
import { found, type Given } from "../checker.ts";
import type { Route } from "./check.ts";
import type { HaproxyLine } from "./parse.ts";
import { haproxyRules } from "./rules.ts";

/** Comparisons of Origin that look at a part of it. */
export function checkOriginGates({ file }: Given, { frontend, backend }: Route): readonly Finding[] {
  const lines = new Set([...(frontend?.lines ?? []), ...backend.lines]);
  return [...lines].flatMap((line) => {
    const text = line.words.join(" ");
    const [, method, tail] = /\b(?:req\.)?f?hdr(_\w+)?\(origin[^)]*\)\s*([^}]*)/i.exec(text) ?? [];
    if (tail === undefined || !isLoose(method?.slice(1), tail)) return [];
    return [found(file, haproxyRules.originLoose, line, fixOf(line))];
  });
}

function isLoose(method: string | undefined, tail: string): boolean {
  const how = /-m\s+(\w+)/.exec(tail)?.[1] ?? method ?? "str";
  const values = tail
    .split(/\s+/)
    .filter((word, at, all) => word !== "" && !word.startsWith("-") && all[at - 1] !== "-m");
  switch (how) {
    case "sub":
    case "dom":
    case "dir":
    case "beg":
      return values.length > 0;
    case "end":
      // What begins with a dot, or with the end of the scheme, cannot be the end of a longer name.
      return values.some((value) => !value.startsWith(".") && !value.includes("://"));
    case "reg":
      return values.some((value) => !/^\^.*\$$/.test(value) || /(?<!\\)\.(?![*+?])/.test(value));
    default:
      return false;
  }
}

function fixOf({ words, line }: HaproxyLine): readonly string[] {
  const name = words[0] === "acl" ? (words[1] ?? "origin_ok") : "origin_ok";
  return [`# in place of line ${line}`, `acl ${name} hdr(Origin) -m str https://app.example.com`];
}
