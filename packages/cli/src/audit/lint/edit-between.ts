/** One edit of a text: what is in the range is replaced. Offsets count UTF-16 units. */
export interface TextEdit {
  readonly range: readonly [start: number, end: number];
  readonly text: string;
}

/** The smallest single edit that makes one text the other. */
export function editBetween(before: string, after: string): TextEdit {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let same = 0;
  while (same < most - start && before.at(-1 - same) === after.at(-1 - same)) same += 1;
  return { range: [start, before.length - same], text: after.slice(start, after.length - same) };
}
