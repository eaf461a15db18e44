import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as surface from "../src/index.ts";

test("the exported names", () => {
  expect(Object.keys(surface).toSorted()).toMatchInlineSnapshot(`
    [
      "GateError",
      "PolicyError",
      "StandIn",
      "bearerHeader",
      "bearerProtocol",
      "chooseProtocol",
      "cookie",
      "createPolicy",
      "deny",
      "explain",
      "firstMessage",
      "grant",
      "guard",
      "guardWith",
      "middlewareIssues",
      "patience",
      "queryParam",
      "refuse",
      "refusing",
    ]
  `);
});

test("what it depends on", () => {
  const manifest: { dependencies: object } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  expect(Object.keys(manifest.dependencies).toSorted()).toEqual([
    "@types/ws",
    "@wsorigin/core",
    "cookie",
    "path-to-regexp",
    "rate-limiter-flexible",
    "ws",
  ]);
});
