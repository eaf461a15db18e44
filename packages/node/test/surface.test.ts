import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as adapter from "../src/adapter.ts";
import * as surface from "../src/index.ts";

test("the exported names", () => {
  expect(Object.keys(surface).toSorted()).toMatchInlineSnapshot(`
    [
      "GateError",
      "PolicyError",
      "bearerHeader",
      "bearerProtocol",
      "cookie",
      "createPolicy",
      "deny",
      "explain",
      "firstMessage",
      "grant",
      "guard",
      "identityOf",
      "queryParam",
      "refuse",
      "requestGuard",
      "splitList",
    ]
  `);
});

test("the exported names for authors of adapters", () => {
  expect(Object.keys(adapter).toSorted()).toMatchInlineSnapshot(`
    [
      "UpgradeEmitter",
      "askMiddleware",
      "attempt",
      "checkApp",
      "chooseProtocol",
      "closeTimeout",
      "guardRequests",
      "guardWith",
      "issue",
      "refuseOnResponse",
      "runMiddleware",
      "shared",
      "unknownOptions",
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
