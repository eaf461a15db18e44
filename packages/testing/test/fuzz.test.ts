import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { makeCase, shorterCases } from "../src/fuzz/case.ts";
import { buildHttp1, bytesOfHttp1 } from "../src/fuzz/http1/build.ts";
import type { Http1Change } from "../src/fuzz/http1/change.ts";
import { encodeFields, statusOf } from "../src/fuzz/http2/frames.ts";
import { expectConversation } from "../src/fuzz/oracle/conversation.ts";
import type { Expectation, Sight } from "../src/fuzz/oracle/expectation.ts";
import { judge, matchInOrder } from "../src/fuzz/oracle/judge.ts";
import { isGateRefusal } from "../src/fuzz/oracle/refusal.ts";
import { Random } from "../src/fuzz/random.ts";
import { defaultSettings } from "../src/fuzz/settings.ts";
import { shrink } from "../src/fuzz/shrink.ts";

const fuzz = join(import.meta.dirname, "../src/fuzz");

const evil: Http1Change = { kind: "replace", name: "Origin", value: "https://evil.test" };
const stripped: Http1Change = { kind: "drop", name: "Connection" };

/** Every file that a source file loads, itself included; packages by name. */
function graphOf(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const source = readFileSync(file, "utf8");
  for (const [, from = ""] of source.matchAll(/^(?:import|export) (?!type )[^;]*?from "([^"]+)";/gms)) {
    if (from.startsWith(".")) graphOf(join(dirname(file), from), seen);
    else seen.add(from);
  }
  return seen;
}

test("the oracle shares no code with the core or the gate", () => {
  const loaded = new Set<string>();
  for (const file of readdirSync(join(fuzz, "oracle"))) graphOf(join(fuzz, "oracle", file), loaded);
  expect(loaded).toContain(join(fuzz, "oracle/rules.ts"));
  const ours = join(import.meta.dirname, "../src/");
  expect([...loaded].filter((each) => !each.startsWith(ours))).toEqual([]);
});

test("the same seed makes the same cases, another seed makes others", () => {
  const cases = (seed: number): string => {
    const random = new Random(seed);
    return JSON.stringify(Array.from({ length: 50 }, () => makeCase(random, random.pick(["http1", "http2"]))));
  };
  expect(cases(7)).toBe(cases(7));
  expect(cases(7)).not.toBe(cases(8));
});

test("a case is plain JSON", () => {
  const random = new Random(1);
  for (let count = 0; count < 500; count++) {
    const made = makeCase(random, random.pick(["http1", "http2"]));
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  }
});

test("shrinks a case to the changes that matter", async () => {
  const given = {
    protocol: "http1",
    changes: [evil, { kind: "segment", size: 7 }, stripped, { kind: "before", what: "get" }],
  } as const;
  const shortest = await shrink(
    given,
    async ({ changes }) =>
      changes.some(({ kind }) => kind === "drop") && changes.some(({ kind }) => kind === "replace"),
  );
  expect(shortest.changes).toEqual([evil, stripped]);
  expect(shorterCases(shortest)).toHaveLength(2);
});

test("the judge finds what is missing and what is too much", () => {
  const [expected] = expectConversation(buildHttp1([evil]), defaultSettings).messages;
  const refused: ReadonlySet<Sight> = new Set(["gate 403"]);
  const judged = (codes: readonly string[], asked = 0, left = false): readonly string[] =>
    judge(
      expected === undefined ? [] : [expected],
      { answers: [refused], faults: [], left },
      { codes, asked, plain: 0 },
      true,
    ).problems;
  expect(judged(["origin-not-listed"])).toEqual([]);
  expect(judged([])).toEqual(["the refusal gate 403 is not reported"]);
  expect(judged([], 0, true)).toEqual([]);
  expect(judged(["origin-not-listed", "origin-not-listed"])).toHaveLength(1);
  expect(judged(["origin-listed"]).length).toBeGreaterThan(0);
  expect(judged(["origin-not-listed"], 1).length).toBeGreaterThan(0);
});

test("an open socket without a decision is a problem, and a missing event where its client left", () => {
  const messages = expectConversation(buildHttp1([]), defaultSettings).messages;
  const judged = (left: boolean): unknown =>
    judge(messages, { answers: [new Set(["opened"])], faults: [], left }, { codes: [], asked: 1, plain: 0 }, true);
  expect(judged(false)).toMatchObject({
    problems: expect.arrayContaining(["1 sockets opened, 0 are reported as allowed"]),
  });
  expect(judged(true)).toEqual({ problems: ["the app got 1 handshakes, 0 were decided"], missing: 1 });
});

test("answers are matched in order, and only optional ones are passed over", () => {
  const message = (...sights: readonly Sight[]): Expectation => ({
    sights: new Set(sights),
    events: [0, 1],
    codes: new Set(),
    openers: new Set(),
    asked: [0, 1],
    plain: [0, 1],
    sequel: "next",
  });
  const answers = (...sights: readonly Sight[]): ReadonlySet<Sight>[] => sights.map((sight) => new Set([sight]));
  expect(matchInOrder([message("app", "none"), message("opened")], answers("opened"), false)).toBe(true);
  expect(matchInOrder([message("app"), message("opened")], answers("opened"), false)).toBe(false);
  expect(matchInOrder([message("app")], answers("app", "node"), false)).toBe(false);
  expect(matchInOrder([message("app")], answers("app", "node"), true)).toBe(true);
});

test("a refusal has one exact form", () => {
  const refusal = {
    status: 403,
    statusLine: "HTTP/1.1 403 Forbidden",
    headers: [
      ["Connection", "close"],
      ["Content-Type", "text/plain; charset=utf-8"],
      ["Content-Length", "9"],
    ],
    body: "Forbidden",
  } as const;
  expect(isGateRefusal(refusal)).toBe(true);
  expect(isGateRefusal({ ...refusal, headers: [...refusal.headers, ["Set-Cookie", "a=b"]] })).toBe(false);
  expect(isGateRefusal({ ...refusal, headers: refusal.headers.slice(1) })).toBe(false);
  expect(isGateRefusal({ ...refusal, body: "Forbid" })).toBe(false);
});

test("sends exactly the first bytes of a case that is cut", () => {
  const whole = bytesOfHttp1(buildHttp1([]));
  const cut = bytesOfHttp1(buildHttp1([{ kind: "ending", ending: { how: "cut", at: 20, leave: "stay" } }]));
  expect(cut).toEqual(whole.subarray(0, 20));
});

test.each([
  ["200", [0x88], 200],
  ["404", [0x8d], 404],
  ["403, in Huffman codes", [0x48, 0x83, 0x68, 0x0c, 0xff], 403],
  ["501, in Huffman codes after a change of the table's size", [0x20, 0x08, 0x82, 0x6c, 0x01], 501],
  ["426, written out", [0x08, 0x03, 0x34, 0x32, 0x36], 426],
])("reads the status %s of an HTTP/2 response", (_name, bytes, status) => {
  expect(statusOf(Buffer.from(bytes))).toBe(status);
});

test("writes HTTP/2 fields as literals", () => {
  expect(encodeFields([["a", "bc"]])).toEqual(Buffer.from([0, 1, 0x61, 2, 0x62, 0x63]));
  expect(encodeFields([["a", "x".repeat(300)]]).subarray(3, 6)).toEqual(Buffer.from([127, 173, 1]));
});
