import { createTwoFilesPatch } from "diff";
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
