import * as fc from "fast-check";
import { expect, test } from "vitest";
import { checkText } from "../src/proxy/check.ts";
import { checkedKinds } from "../src/proxy/checker.ts";
import { kindOf } from "../src/proxy/kinds.ts";
import { rows } from "./proxy-rows/rows.ts";

const goOn = async () => {};

/** Rows with lines taken out, doubled and swapped, and marks put in. */
const mutated = fc
  .tuple(
    fc.constantFrom(...rows),
    fc.array(
      fc.tuple(
        fc.nat(80),
        fc.constantFrom(
          "",
          "{",
          "}",
          '"',
          "'",
          "`",
          "\\",
          "#",
          "<",
          "[",
          "- ",
          "<<X",
          "*a",
          "&a ",
          "{{",
          "%{",
          "\0",
          "\t",
          "if {",
          "<Location ~ (>",
        ),
      ),
      { maxLength: 6 },
    ),
  )
  .map(([{ kind, text, path }, changes]) => {
    const lines = text.split("\n");
    for (const [at, mark] of changes) {
      const place = at % lines.length;
      if (mark === "") lines.splice(place, 1);
      else lines[place] = `${lines[place] ?? ""}${mark}${lines[place + 1] ?? ""}`;
    }
    return { kind, path, text: lines.join("\n") };
  });

test.each([
  ["caddy", ":443 {\n\treverse_proxy 127.0.0.1:3000 {\n\t\theader_up X(Y a\n\t}\n}\n"],
  ["caddy", ":443 {\n\trequest_header -[a\n\treverse_proxy 127.0.0.1:3000\n}\n"],
  [
    "haproxy",
    "frontend web\n  bind :443\n  http-request set-header X(Y a\n  default_backend app\nbackend app\n  server a 127.0.0.1:3000\n",
  ],
] as const)("a name of a header in %s is no expression, row %#", async (kind, text) => {
  const { incomplete, findings } = await checkText({ kind, file: "file", text, path: undefined, cwd: "/", goOn });
  expect([incomplete, findings.filter(({ severity, rule }) => (severity ?? rule.severity) === "failure")]).toEqual([
    undefined,
    [],
  ]);
});

test("no text makes a check throw, and every place is in the text", async () => {
  await fc.assert(
    fc.asyncProperty(mutated, async ({ kind: name, path, text }) => {
      kindOf(text, "file");
      const kind = checkedKinds.find((each) => each === name);
      if (kind === undefined) throw new Error(name);
      const { findings } = await checkText({ kind, file: "file", text, path, cwd: "/", goOn });
      for (const { place } of findings) {
        expect(place?.line).toBeGreaterThan(0);
        expect(place?.line).toBeLessThanOrEqual(text.split("\n").length);
      }
    }),
    { numRuns: 400 },
  );
});
