import { describe, expect, test } from "vitest";
import type { Mistake } from "./mistake.ts";
import { renderMistake, renderPage } from "./page.ts";
import { play, type Seen } from "./play.ts";
import { mistakes } from "./table.ts";

const all = mistakes.flatMap(([, rows]) => rows);
const seen = new Map<Mistake, Seen>();

describe("what somebody sees who", () => {
  test.each(all)("has made the mistake: $title", async (mistake) => {
    const { status, message } = await play(mistake, "wrong");
    // An operator finds what came in the first line, and what to write or change in the last one before the address.
    expect(message).toMatch(
      /\b(?:Write|Remove|Add|Register|Await|Call|Guard|Compare|Valid options|raise)\b|^ {2}fix: /m,
    );
    expect(message).not.toMatch(/undefined|\[object/);
    seen.set(mistake, { status, message });
  });

  test.each(all)("has mended it: $title", async (mistake) => {
    expect(await play(mistake, "right")).toEqual({ status: 101, message: "" });
  });
});

test("the page of common mistakes is this table", async () => {
  const groups = mistakes.map(
    ([heading, rows]) =>
      [heading, rows.map((row) => renderMistake(row, seen.get(row) ?? { status: undefined, message: "" }))] as const,
  );
  const page = new URL("../../../../packages/node/docs/common-mistakes.md", import.meta.url).pathname;
  await expect(renderPage(groups)).toMatchFileSnapshot(page);
});
