import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { differences, readReport } from "../src/report.ts";

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const checkout = fileURLToPath(new URL("peers/suite", import.meta.url));

/** Runs the command in a process of its own. */
function peers(...args: readonly string[]): Promise<{ readonly code: unknown; readonly printed: string }> {
  if (!existsSync(program)) throw new Error("The command is not built. Run: pnpm build");
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], (error, stdout) =>
      resolve({ code: error?.code ?? 0, printed: stdout }),
    );
  });
}

test("lists the tests that a gate changes, and its refusals", async () => {
  expect(await peers(checkout, "--", process.execPath, "suite.cjs")).toEqual({
    code: 1,
    printed: [
      "2 of 2 tests passed without a gate, 1 of 2 with one.",
      "a bad key",
      "  bare:  passed",
      "  gated: 400 is not 418",
      "The gate refused 1: handshake-malformed",
      "",
    ].join("\n"),
  });
});

test("explains itself without a command", async () => {
  const { code, printed } = await peers(checkout);
  expect(code).toBe(2);
  expect(printed).toMatch(/^pnpm peers <checkout> -- <command>\n/);
});

test("reads the reports of Mocha and Vitest", () => {
  const mocha = readReport(
    `{ not a report\n${JSON.stringify({
      tests: [
        { fullTitle: "a", err: {} },
        { fullTitle: "a", err: { message: "broke\nhere" } },
        { fullTitle: "b", err: {} },
      ],
      pending: [{ fullTitle: "b" }],
    })}\n`,
  );
  const jest = readReport(
    JSON.stringify({
      testResults: [
        {
          assertionResults: [
            { fullName: "a", status: "passed" },
            { fullName: "a", status: "failed", failureMessages: ["Error: other\n    at x"] },
            { fullName: "c", status: "skipped" },
          ],
        },
      ],
    }),
  );
  expect([...mocha]).toEqual([
    ["a", "passed"],
    ["a (2)", "broke"],
    ["b", "skipped"],
  ]);
  expect([...jest]).toEqual([
    ["a", "passed"],
    ["a (2)", "Error: other"],
    ["c", "skipped"],
  ]);
  expect(differences(mocha, jest)).toEqual([]);
  expect(differences(mocha, new Map([["a", "broke"]]))).toEqual(["a\n  bare:  passed\n  gated: broke"]);
  expect(() => readReport("nothing")).toThrow(/printed no JSON report/);
});
