import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { makeCase, shorterCases } from "../src/fuzz/case.ts";
import { buildHttp1, bytesOfHttp1 } from "../src/fuzz/http1/build.ts";
import type { Http1Change } from "../src/fuzz/http1/change.ts";
import { buildHttp2 } from "../src/fuzz/http2/build.ts";
import { encodeFields, statusOf } from "../src/fuzz/http2/frames.ts";
import { expectConversation } from "../src/fuzz/oracle/conversation.ts";
import type { Expectation, Sight } from "../src/fuzz/oracle/expectation.ts";
import { expectStreams } from "../src/fuzz/oracle/http2.ts";
import { judge, matchInOrder } from "../src/fuzz/oracle/judge.ts";
import { isGateRefusal } from "../src/fuzz/oracle/refusal.ts";
import { Random } from "../src/fuzz/random.ts";
import { defaultSettings } from "../src/fuzz/settings.ts";
import { shrink } from "../src/fuzz/shrink.ts";

const fuzz = join(import.meta.dirname, "../src/fuzz");

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

const evil: Http1Change = { kind: "replace", name: "Origin", value: "https://evil.test" };
const stripped: Http1Change = { kind: "drop", name: "Connection" };
const elsewhere: Http1Change = { kind: "target", value: "/elsewhere" };

function sightsOf(changes: readonly Http1Change[], settings = defaultSettings): Sight[][] {
  return expectConversation(buildHttp1(changes), settings).messages.map(({ sights }) => Array.from(sights));
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

test.each<[string, readonly Http1Change[], Sight[][]]>([
  ["opens a socket for the listed page", [], [["opened"]]],
  ["refuses a foreign page", [evil], [["gate 403", "gate 400"]]],
  ["refuses a foreign page that lost its Connection", [evil, stripped, elsewhere], [["gate 403", "gate 400"]]],
  ["answers a stripped handshake on a route with 426", [stripped], [["gate 426"]]],
  ["lets the app answer an allowed handshake that lost its Connection elsewhere", [stripped, elsewhere], [["app"]]],
  [
    "answers other upgrades as ordinary requests, and lets Node drop what follows in the same chunk",
    [{ kind: "before", what: "h2c" }],
    [
      ["app", "none"],
      ["opened", "none"],
    ],
  ],
  [
    "lets Node drop what follows an upgrade with a body in the same chunk",
    [{ kind: "before", what: "h2c-post" }],
    [
      ["app", "none"],
      ["opened", "none"],
    ],
  ],
  [
    "lets nothing be dropped behind a request that asks for no upgrade",
    [{ kind: "before", what: "post" }],
    [["app", "none"], ["opened"]],
  ],
  ["refuses a target that reads as another host", [{ kind: "target", value: "//evil.test/" }], [["gate 400"]]],
  [
    "refuses a handshake with a body",
    [{ kind: "body", line: "Content-Length: 5", bytes: "hello" }],
    [["gate 400", "none"]],
  ],
  [
    "refuses another version with 426",
    [{ kind: "replace", name: "Sec-WebSocket-Version", value: "8" }],
    [["gate 426"]],
  ],
])("the oracle %s", (_name, changes, expected) => {
  expect(sightsOf(changes)).toEqual(expected);
});

test("without an upgrade listener, the oracle gives an allowed handshake to the request listeners", () => {
  expect(sightsOf([elsewhere], { ...defaultSettings, listener: false })).toEqual([["app"]]);
});

test("a client that sends junk behind an undecided handshake may be taken for gone, but only where Node still reads", () => {
  const junk = [evil, { kind: "tail", bytes: "junk ", times: 10 }] as const;
  const codesOf = (changes: readonly Http1Change[]): ReadonlySet<string> | undefined =>
    expectConversation(buildHttp1(changes), defaultSettings).messages[0]?.codes;
  expect(codesOf([...junk, elsewhere, stripped])).toContain("client-gone");
  expect(codesOf(junk)).not.toContain("client-gone");
  expect(codesOf([evil, elsewhere, stripped])).not.toContain("client-gone");
});

test("what is behind a request with Connection: close may be answered by Node itself", () => {
  const close = { kind: "replace", name: "Connection", value: "close" } as const;
  const get = { kind: "after", what: "get" } as const;
  const expected = expectConversation(buildHttp1([evil, elsewhere, close, get]), defaultSettings);
  expect(expected.extra).toBe(true);
  expect(expected.messages[0]?.codes).toContain("client-gone");
  expect(expectConversation(buildHttp1([evil, elsewhere, close]), defaultSettings).extra).toBe(false);
});

test("a repeated Host over HTTP/2 may be refused by Node itself", () => {
  const host = { kind: "add", name: "host", value: "api.example", first: false } as const;
  const sights = (...hosts: readonly (typeof host)[]): ReadonlySet<Sight> | undefined =>
    expectStreams(buildHttp2(hosts), defaultSettings).streams[0]?.sights;
  expect(sights(host)).toEqual(new Set(["opened"]));
  expect(sights(host, host)).toContain("reset");
});

test("what follows another upgrade may be dropped only in the same chunk, and only from its first byte", () => {
  const behind = (changes: readonly Http1Change[]): Expectation | undefined =>
    expectConversation(
      buildHttp1([elsewhere, { kind: "replace", name: "Upgrade", value: "h2c" }, ...changes]),
      defaultSettings,
    ).messages[1];
  const get = { kind: "after", what: "get" } as const;
  expect(behind([get])).toMatchObject({ sights: new Set(["app", "none"]), plain: [0, 1] });
  // In other segments, only a part of the next request may be dropped: then what is left of it is read.
  expect(behind([get, { kind: "segment", size: 7 }])?.sights).toContain("node");
  expect(behind([get, stripped])).toMatchObject({ sights: new Set(["app"]), plain: [1, 1] });
});

test("no foreign page may open a socket, however its request is written", () => {
  const random = new Random(3);
  let foreign = 0;
  while (foreign < 2000) {
    const { protocol, changes } = makeCase(random, random.pick(["http1", "http2"]));
    const isListed = /https:\/\/(?:app|tenant|pr-1\.preview)\.example/.test(JSON.stringify(changes));
    if (isListed || JSON.stringify(changes).includes('"handshake"')) continue;
    foreign++;
    const expected =
      protocol === "http1"
        ? expectConversation(buildHttp1([...changes, evil]), defaultSettings).messages
        : expectStreams(
            buildHttp2([...changes, { kind: "field", name: "origin", value: "https://evil.test" }]),
            defaultSettings,
          ).streams;
    expect(expected.filter(({ sights }) => sights.has("opened"))).toEqual([]);
  }
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

test("answers are matched in order, and only optional ones are passed over", () => {
  const message = (...sights: readonly Sight[]): Expectation => ({
    sights: new Set(sights),
    events: [0, 1],
    codes: new Set(),
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
