import { createTwoFilesPatch } from "diff";
import pc from "picocolors";
import { printableText } from "../printable.ts";
import type { Change } from "./apply.ts";

/** The changes as a unified diff, which `git apply` and `patch -p1` take too. */
export function diffOf(changes: readonly Change[]): string {
  return changes
    .map(({ file, before, after }) => {
      const from = before === undefined ? "/dev/null" : `a/${file}`;
      const patch = createTwoFilesPatch(from, `b/${file}`, before ?? "", after, undefined, undefined, { context: 3 });
      // The library's first line is a ruler.
      return patch.replace(/^=+\n/, "");
    })
    .join("");
}

/** The diff for people. */
export function diffText(changes: readonly Change[], color: boolean): string {
  const colors = pc.createColors(color);
  return diffOf(changes)
    .split("\n")
    .map((raw) => {
      // The end of a Windows line is no part of its text.
      const line = printableText(raw.replace(/\r$/, ""));
      if (/^(?:---|\+\+\+) /.test(line)) return colors.bold(line);
      if (line.startsWith("@@")) return colors.cyan(line);
      if (line.startsWith("+")) return colors.green(line);
      return line.startsWith("-") ? colors.red(line) : line;
    })
    .join("\n");
}
