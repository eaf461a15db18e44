import { beforeAll, expect, test } from "vitest";
import { Editor } from "./editor.ts";
import { type Adapter, adapters, gateOptions, type Mistake, moreLines, oneLine } from "./programs.ts";

const policyLine = 'const policy = createPolicy({ origins: ["https://app.example.com"] });\n';

const mistakesOf = (name: Adapter["name"]): readonly Mistake[] =>
  [...oneLine, ...moreLines].filter(({ adapter }) => adapter === name);

/** A file in the folder of a package's own tests, so that imports are found as the package's users find them. */
const file = (name: Adapter["name"], what: string): string => `packages/${name}/test/in-the-editor-${what}.ts`;

const programs: Record<string, string> = {};
for (const { name, head, hovered } of adapters) {
  programs[file(name, "hovered")] = head + hovered;
  // Each mistake is a line of one program, so that it is compiled once.
  programs[file(name, "mistakes")] = [
    `${head}${policyLine}`,
    ...mistakesOf(name).map(({ code }) => `{ ${code} }`),
  ].join("\n");
  if (name === "node") programs[file(name, "options")] = `${head}${policyLine}guard(server, {${gateOptions}});`;
}
const editor = new Editor(programs);

const errors = new Map<Mistake, readonly string[]>();

beforeAll(() => {
  for (const { name, head } of adapters) {
    const first = `${head}${policyLine}`.split("\n").length;
    const found = editor.errors(file(name, "mistakes"));
    for (const [index, mistake] of mistakesOf(name).entries())
      errors.set(
        mistake,
        found.filter(({ line }) => line === first + index).map(({ message }) => message),
      );
  }
});

const errorsOf = (mistake: Mistake): readonly string[] => errors.get(mistake) ?? [];

const report = (mistakes: readonly Mistake[]): string =>
  mistakes
    .map((mistake) => `${mistake.code}\n    ${errorsOf(mistake).join("\n").replaceAll("\n", "\n    ")}\n`)
    .join("\n");

/** A type, then a sentence. */
const documented = /\n[A-Z`"].+[.:]/s;

/** Types that only the packages' own declarations name. */
const internal = /\b(?:Written|Params|RouteArguments|PrincipalOf|AdapterGate|Omit|Partial)<|\bRecord<"/;

test.each(adapters)(
  "$name: hover texts name no type of our own insides, and say what a thing does",
  async ({ name }) => {
    expect(editor.errors(file(name, "hovered"))).toEqual([]);
    const texts = editor.hover(file(name, "hovered"));
    expect(texts.filter((text) => internal.test(text.split("\n@", 1)[0] ?? ""))).toEqual([]);
    // Of variables and parameters there is nothing to say but their types.
    const named = texts.filter(
      (text) => !/^(?:const (?:policy|gate|verify|params)\b|\(parameter\)|\(property\) app\b)/.test(text),
    );
    for (const text of named) expect(text).toMatch(documented);
    await expect(`${texts.join("\n\n")}\n`).toMatchFileSnapshot(`hover/${name}.txt`);
  },
);

test("the hover text of every option of a gate says its unit and its default", async () => {
  expect(editor.errors(file("node", "options"))).toEqual([]);
  const texts = editor.hover(file("node", "options"));
  expect(texts.length).toBe(22);
  for (const text of texts) expect(text).toMatch(documented);
  // Those that are required, or that do nothing when they are left out.
  const bare = /\.(?:policy|report|count|seconds|maxConnectionsPerIp|revocations|onDecision|onExpiring)\??[(:]/;
  expect(texts.filter((text) => !bare.test(text) && !/default/i.test(text))).toEqual([]);
  for (const text of texts.filter((text) => text.includes("?: number")))
    expect(text).toMatch(/milliseconds|bytes|How many|one client address/);
  await expect(`${texts.join("\n\n")}\n`).toMatchFileSnapshot("hover/options.txt");
});

test.each(oneLine)("$adapter: the error of $code is one line, and names $names", (mistake) => {
  const [error = "", ...others] = errorsOf(mistake);
  expect(others).toEqual([]);
  expect(error).toContain(mistake.names);
  expect(error).not.toContain("\n");
  expect(error.length).toBeLessThan(200);
});

test.each(moreLines)("$adapter: the error of $code names $names", (mistake) => {
  expect(errorsOf(mistake)).toEqual([expect.stringContaining(mistake.names)]);
});

test("the errors of wrong programs", async () => {
  await expect(report([...oneLine, ...moreLines])).toMatchFileSnapshot("errors.txt");
});
