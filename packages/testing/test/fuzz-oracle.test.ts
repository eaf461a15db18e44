import { expect, test } from "vitest";
import { makeCase } from "../src/fuzz/case.ts";
import { buildHttp1 } from "../src/fuzz/http1/build.ts";
import type { Http1Change } from "../src/fuzz/http1/change.ts";
import { buildHttp2 } from "../src/fuzz/http2/build.ts";
import { expectConversation } from "../src/fuzz/oracle/conversation.ts";
import type { Expectation, Sight } from "../src/fuzz/oracle/expectation.ts";
import { expectStreams } from "../src/fuzz/oracle/http2.ts";
import { Random } from "../src/fuzz/random.ts";
import { defaultSettings } from "../src/fuzz/settings.ts";

const evil: Http1Change = { kind: "replace", name: "Origin", value: "https://evil.test" };
const stripped: Http1Change = { kind: "drop", name: "Connection" };
const elsewhere: Http1Change = { kind: "target", value: "/elsewhere" };

function sightsOf(changes: readonly Http1Change[], settings = defaultSettings): Sight[][] {
  return expectConversation(buildHttp1(changes), settings).messages.map(({ sights }) => Array.from(sights));
}

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
  expect(codesOf([...junk, { kind: "replace", name: "Upgrade", value: "" }])).toContain("client-gone");
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

test("a listener that reads over HTTP/2 and does not answer is too slow; one that is not there is not", () => {
  const silent = { kind: "field", name: ":path", value: "/silent" } as const;
  const codes = (listener: boolean): ReadonlySet<string> | undefined =>
    expectStreams(buildHttp2([silent]), { ...defaultSettings, listener }).streams[0]?.codes;
  expect(codes(true)).toContain("timed-out");
  expect(codes(false)).not.toContain("timed-out");
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
