import type { Parser } from "@lezer/common";
import type { Finding, Rule } from "../../finding.ts";
import type { SourceFile } from "../../source/walk.ts";
import { djangoRules } from "../django/rules.ts";
import { ignoreIn, type Ignore, isIgnored } from "../ignore.ts";
import { type Failed, reasonOf } from "../failed.ts";
import { seenLine } from "../seen.ts";
import { springRules } from "../spring/rules.ts";
import type { Found } from "./check.ts";
import { Tree, within } from "./tree.ts";

/** Files of the other languages that the audit reads. */
export const otherLanguages: RegExp = /\.(?:py|java)$/i;

export const languageRules: readonly Rule[] = [...Object.values(djangoRules), ...Object.values(springRules)];

/** A file that mentions none of these has nothing that a rule is about. */
const worthwhile: Readonly<Record<Language, RegExp>> = {
  python: /channels|ALLOWED_HOSTS|ASGI_APPLICATION|CORS_|websocket|origin/i,
  java: /WebSocket|StompEndpoint|ServerEndpoint|CrossOrigin|[cC]ors/,
};

type Language = "python" | "java";

export interface LanguageAudit {
  readonly findings: readonly Finding[];
  /** How many files were looked into. */
  readonly read: number;
  readonly failed: readonly Failed[];
  /** Files that were not looked into because the time was over. */
  readonly left: readonly string[];
  readonly unwanted: number;
  readonly commented: number;
}

interface Options {
  readonly ignored: ReadonlySet<string>;
  readonly goOn: () => Promise<void>;
  readonly only?: ReadonlySet<string> | undefined;
}

/** Looks into the Python and Java sources among the files. The parsers are loaded only where there are any. Never rejects. */
export async function auditLanguages(files: readonly SourceFile[], options: Options): Promise<LanguageAudit> {
  const audits = [
    await auditLanguage(
      "python",
      files.filter(({ file }) => /\.py$/i.test(file)),
      options,
    ),
    await auditLanguage(
      "java",
      files.filter(({ file }) => /\.java$/i.test(file)),
      options,
    ),
  ];
  return {
    findings: audits.flatMap(({ findings }) => findings),
    read: sum(audits.map(({ read }) => read)),
    failed: audits.flatMap(({ failed }) => failed),
    left: audits.flatMap(({ left }) => left),
    unwanted: sum(audits.map(({ unwanted }) => unwanted)),
    commented: sum(audits.map(({ commented }) => commented)),
  };
}

const nothing: LanguageAudit = { findings: [], read: 0, failed: [], left: [], unwanted: 0, commented: 0 };

async function auditLanguage(
  language: Language,
  files: readonly SourceFile[],
  { ignored, goOn, only }: Options,
): Promise<LanguageAudit> {
  const relevant = files.filter(({ source }) => worthwhile[language].test(source));
  if (relevant.length === 0) return nothing;
  const { parser, check } = await load(language);
  const trees: Tree[] = [];
  for (const [index, { file, source }] of relevant.entries()) {
    try {
      await goOn();
    } catch {
      return { ...nothing, left: relevant.slice(index).map((each) => each.file) };
    }
    trees.push(new Tree(file, source, parser.parse(source).topNode));
  }
  try {
    const found = check(trees).filter(({ at }) => only === undefined || only.has(at.tree.file));
    return { ...nothing, ...sifted(found, ignored), read: trees.length };
  } catch (error) {
    const reason = reasonOf(error);
    return { ...nothing, failed: trees.map(({ file }) => ({ file, reason })) };
  }
}

interface Loaded {
  readonly parser: Parser;
  readonly check: (trees: readonly Tree[]) => readonly Found[];
}

async function load(language: Language): Promise<Loaded> {
  if (language === "python") {
    const [{ parser }, { checkDjango }] = await Promise.all([import("@lezer/python"), import("../django/check.ts")]);
    return { parser, check: checkDjango };
  }
  const [{ parser }, { checkSpring }] = await Promise.all([import("@lezer/java"), import("../spring/check.ts")]);
  return { parser, check: checkSpring };
}

/** Leaves out what is ignored, by option or by a comment on the line or the one above. */
function sifted(
  all: readonly Found[],
  ignored: ReadonlySet<string>,
): Pick<LanguageAudit, "findings" | "unwanted" | "commented"> {
  const comments = new Map<Tree, readonly Ignore[]>();
  const findings: Finding[] = [];
  let unwanted = 0;
  let commented = 0;
  for (const { rule, at, fix, severity } of all) {
    const place = at.tree.placeOf(at.node);
    const ignores = comments.get(at.tree) ?? commentsOf(at.tree);
    comments.set(at.tree, ignores);
    if (ignored.has(rule.id)) unwanted += 1;
    else if (isIgnored(ignores, rule.id, place.line)) commented += 1;
    else
      findings.push({
        rule,
        seen: [seenLine(at.tree.lines[place.line - 1] ?? "")],
        fix,
        place,
        ...(severity !== undefined && { severity }),
      });
  }
  return { findings, unwanted, commented };
}

function commentsOf(tree: Tree): readonly Ignore[] {
  return within(tree.root, "Comment", "LineComment", "BlockComment").flatMap((node) => {
    const text = tree.text(node).replace(/^(?:#|\/\/|\/\*)/, "");
    const { line } = tree.placeOf(node);
    return ignoreIn(text, line + text.split("\n").length - 1) ?? [];
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
