import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { auditRules } from "wsorigin/audit";
import { table } from "../../testing/test/table.ts";

/** Where the table stands. */
const place = /(<!-- rules -->)[^]*(<!-- \/rules -->)/;
const heading = ["rule", "in `wsorigin audit`", "recommended", "edit", "what it reports"];

test("the README's table has every rule", async () => {
  const readme = fileURLToPath(new URL("../README.md", import.meta.url));
  const text = await readFile(readme, "utf8");
  const rows = auditRules.map(({ id, name, severity, title, edits = "" }) => [
    `\`${name}\``,
    `[${id}](https://github.com/wsorigin/wsorigin/blob/main/packages/cli/docs/rules.md#${id.toLowerCase()})`,
    severity === "failure" ? "error" : "warning",
    edits,
    title.replace(/\.$/, ""),
  ]);
  await expect(
    text.replace(place, (_, start, end) => `${start}\n\n${table([heading, ...rows])}\n\n${end}`),
  ).toMatchFileSnapshot(readme);
});
