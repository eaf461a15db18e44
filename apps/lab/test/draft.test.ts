import { stationOf } from "../src/shared/stations.ts";
import { denyCodes } from "@wsorigin/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { asCode } from "../src/page/policy/code.ts";
import { compile, optionsOf } from "../src/shared/compile.ts";
import { type Draft, entriesOf, firstDraft, readDraft } from "../src/shared/draft.ts";

const draft: Draft = {
  ...firstDraft("http://localhost:3001"),
  origins: " https://app.example.com \n\nhttps://*.example.com\n",
  hosts: "api.example.com",
};

test("the lines of a field are its entries", () => {
  expect(entriesOf(draft.origins)).toEqual(["https://app.example.com", "https://*.example.com"]);
});

test("what is at its default is left out of the options", () => {
  expect(optionsOf(draft)).toEqual({
    origins: ["https://app.example.com", "https://*.example.com"],
    hosts: ["api.example.com"],
  });
  expect(optionsOf({ ...draft, hosts: "", opaqueOrigin: "dangerously-allow" })).toEqual({
    origins: ["https://app.example.com", "https://*.example.com"],
    opaqueOrigin: "dangerously-allow",
  });
});

test("a draft compiles, or has every problem at once", () => {
  const compiled = compile(draft);
  expect("policy" in compiled && compiled.policy.allowsOrigin("https://a.example.com")).toBe(true);
  const broken = compile({ ...draft, origins: "app.example.com\nhttps://*", sameHost: true, hosts: "" });
  expect("issues" in broken && broken.issues.map(({ code }) => code)).toEqual([
    "origin-scheme-missing",
    "origin-wildcard-invalid",
    "option-incoherent",
  ]);
});

test("no draft makes it throw", () => {
  const anyDraft = fc.record({
    origins: fc.string(),
    hosts: fc.string(),
    sameHost: fc.boolean(),
    missingOrigin: fc.constantFrom("deny", "allow"),
    opaqueOrigin: fc.constantFrom("deny", "dangerously-allow"),
    dangerouslyAllowInsecureOrigins: fc.boolean(),
    ticket: fc.boolean(),
    failures: fc.integer({ min: 0, max: 1000 }),
  });
  fc.assert(fc.property(anyDraft, (draft) => typeof compile(draft) === "object" && asCode(draft) !== ""));
  fc.assert(
    fc.property(anyDraft, (draft) => {
      expect(readDraft(JSON.parse(JSON.stringify(draft)))).toEqual(draft);
    }),
  );
});

test("what is no draft is none", () => {
  expect(readDraft(draft)).toEqual(draft);
  for (const part of [
    { origins: 1 },
    { origins: "x".repeat(10_001) },
    { hosts: null },
    { sameHost: "yes" },
    { missingOrigin: "token" },
    { opaqueOrigin: "allow" },
    { ticket: 0 },
    { failures: -1 },
    { failures: 1.5 },
    { failures: 1e9 },
  ])
    expect(readDraft({ ...draft, ...part })).toBeUndefined();
  for (const value of [undefined, null, "draft", [], 1]) expect(readDraft(value)).toBeUndefined();
  fc.assert(fc.property(fc.anything(), (value) => readDraft(value) === undefined));
});

test("as code it is a program that one would write", () => {
  expect(asCode({ ...draft, opaqueOrigin: "dangerously-allow" })).toMatchInlineSnapshot(`
    "const policy = createPolicy({
      origins: ["https://app.example.com", "https://*.example.com"],
      hosts: ["api.example.com"],
      opaqueOrigin: "dangerously-allow",
      token: { from: [queryParam("ticket")], verify: tickets.verify },
    });
    const gate = guard(server, { app, policy, maxFailures: { count: 20, seconds: 60 } });"
  `);
});

test("every code stops somewhere before the end", () => {
  expect(denyCodes.map(stationOf)).not.toContain("open");
});
