import { readFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { started } from "../../testing/test/guides.ts";
import { run } from "../../testing/test/program.ts";
import * as chat from "../docs/chat.ts";
import { evil, statusOf } from "./sockets.ts";
import { token } from "./support.ts";

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

test("the first example of the README is a program that runs", async () => {
  const [, code = ""] = /\/\/ #region guide\n(.*?)\/\/ #endregion/s.exec(read("../docs/chat.ts")) ?? [];
  const [, shown = ""] = /```js\n(.*?)```/s.exec(read("../README.md")) ?? [];
  expect(shown).toBe(`${code}server.listen(3000);\n`);

  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  onTestFinished(() => written.mockRestore());
  const target = await started(run(chat));
  expect(await statusOf(target)).toBe(401);
  // Nobody has to be asked about one of another algorithm.
  expect(await statusOf(target, { token: token({}, { header: { alg: "none" } }) })).toBe(401);
  expect(await statusOf(target, { origin: evil, token: token() })).toBe(403);
});

test("the README's tables name every option and every error", () => {
  const readme = read("../README.md");
  const [options = ""] = read("../src/options.ts").split("/** The options, checked. */");
  for (const [, name] of options.matchAll(/^ {2}readonly (\w+)\??: /gm))
    expect(readme, `README.md on ${name}`).toMatch(new RegExp(`\`(\\{ )?${name}\\b`));
  for (const [, name] of read("../src/refusals.ts").matchAll(/errors\.(\w+)/g))
    expect(readme, `README.md on ${name}`).toContain(`\`${name}\``);
});
