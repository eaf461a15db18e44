import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as surface from "../src/index.ts";

test("the exported names", () => {
  expect(Object.keys(surface).toSorted()).toMatchInlineSnapshot(`
    [
      "GateError",
      "PolicyError",
      "bearerHeader",
      "bearerProtocol",
      "cookie",
      "corsOptions",
      "createPolicy",
      "explain",
      "firstMessage",
      "grant",
      "identityOf",
      "queryParam",
      "refuse",
      "requestGuard",
      "splitList",
      "wsorigin",
    ]
  `);
});

test("is thin: at most 265 lines of code, without imports, comments and blank lines", () => {
  const folder = new URL("../src/", import.meta.url);
  const lines = readdirSync(folder).flatMap((name) =>
    readFileSync(new URL(name, folder), "utf8")
      .replaceAll(/^(?:import|export) [^;]*? from "[^"]+";$/gm, "")
      .split("\n"),
  );
  const code = lines.map((line) => line.trim()).filter((line) => line !== "" && !/^(?:\/\/|\/\*|\*)/.test(line));
  expect(code.length).toBeLessThanOrEqual(265);
});
