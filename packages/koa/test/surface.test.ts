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
      "guard",
      "queryParam",
      "refuse",
    ]
  `);
});

test("is thin: no rule about origins lives here", () => {
  const folder = new URL("../src/", import.meta.url);
  const files = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));
  expect(files.join("").match(/\n/g)?.length).toBeLessThanOrEqual(150);
});
