import { expect, test } from "vitest";
import { makeCase } from "../src/fuzz/case.ts";
import { buildHttp1 } from "../src/fuzz/http1/build.ts";
import type { Companion, Http1Change } from "../src/fuzz/http1/change.ts";
import { buildHttp2 } from "../src/fuzz/http2/build.ts";
import type { Http2Change } from "../src/fuzz/http2/change.ts";
import { expectConversation } from "../src/fuzz/oracle/conversation.ts";
import type { Expectation, Sight } from "../src/fuzz/oracle/expectation.ts";
import { expectStreams } from "../src/fuzz/oracle/http2.ts";
import { Random } from "../src/fuzz/random.ts";
import { defaultSettings, fixture, type FuzzSettings, makeSettings } from "../src/fuzz/settings.ts";

const evil: Http1Change = { kind: "replace", name: "Origin", value: "https://evil.test" };
const stripped: Http1Change = { kind: "drop", name: "Connection" };
const elsewhere: Http1Change = { kind: "target", value: "/elsewhere" };

function sightsOf(changes: readonly Http1Change[], settings = defaultSettings): Sight[][] {
  return expectConversation(buildHttp1(changes, settings.token), settings).messages.map(({ sights }) =>
    Array.from(sights),
  );
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

test("a broken body, or an upgrade for the app's own listener, may end the connection while an earlier handshake is being decided", () => {
  const codes = (
    unrouted: FuzzSettings["unrouted"],
    ...after: readonly Http1Change[]
  ): ReadonlySet<string> | undefined =>
    expectConversation(buildHttp1([elsewhere, stripped, ...after]), { ...defaultSettings, unrouted }).messages[0]
      ?.codes;
  const h2c = { kind: "after", what: "h2c-post" } as const;
  const get = { kind: "after", what: "get" } as const;
  const post = { kind: "body", line: "Transfer-Encoding: chunked", bytes: "zz\r\n" } as const;
  const before = { kind: "before", what: "stripped-foreign" } as const;
  expect(codes("pass", h2c)).toContain("client-gone");
  expect(codes("filter", h2c)).not.toContain("client-gone");
  expect(codes("pass", get)).not.toContain("client-gone");
  expect(codes("filter", { kind: "ordinary" }, before, post)).toContain("client-gone");
  expect(codes("filter", { kind: "ordinary" }, before)).not.toContain("client-gone");
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

const noToken = { kind: "token", text: "" } as const;
const order = (value: string): Http1Change => ({ kind: "replace", name: "X-Middleware", value });
const after = (what: Companion): Http1Change => ({ kind: "after", what });
const ordinary: Http1Change = { kind: "ordinary" };

test.each<[string, Partial<FuzzSettings>, readonly Http1Change[], readonly Sight[]]>([
  ["lets a valid token in", { token: "header" }, [], ["opened"]],
  ["wants a token", { token: "header" }, [{ kind: "drop", name: "Authorization" }], ["gate 401"]],
  ["refuses a token that is empty", { token: "query" }, [noToken], ["gate 401"]],
  ["refuses two tokens", { token: "cookie" }, [{ kind: "repeat", name: "Cookie", value: "sid=good" }], ["gate 400"]],
  [
    "refuses a list of subprotocols that is nothing but a token",
    { token: "subprotocol" },
    [{ kind: "replace", name: "Sec-WebSocket-Protocol", value: "bearer.good" }],
    ["gate 401"],
  ],
  ["does not let a foreign page in with a token", { token: "cookie" }, [evil], ["gate 403", "gate 400"]],
  [
    "answers 503 where the verifier returns nonsense",
    { token: "header" },
    [{ kind: "token", text: "nonsense" }],
    ["gate 503"],
  ],
  ["waits for no first message elsewhere", { token: "firstMessage" }, [elsewhere], ["gate 401"]],
  ["refuses what has no route", { unrouted: "refuse" }, [elsewhere], ["gate 404"]],
  ["passes a foreign page to the app", { unrouted: "pass" }, [elsewhere, evil], ["opened"]],
  ["passes no foreign page on a route", { unrouted: "pass" }, [evil], ["gate 403", "gate 400"]],
  ["lets middleware refuse", { middleware: true }, [order("429")], ["gate 429"]],
  ["makes a status that is not the middleware's to choose 403", { middleware: true }, [order("418")], ["gate 403"]],
  ["answers 503 where middleware throws", { middleware: true }, [order("throw"), elsewhere], ["gate 503"]],
  ["asks the middleware after the policy", { middleware: true }, [order("429"), evil], ["gate 403", "gate 400"]],
  ["asks no middleware where it passes", { middleware: true, unrouted: "pass" }, [order("429"), elsewhere], ["opened"]],
  ["lets a listed page send requests", { requests: true, token: "cookie" }, [ordinary], ["app"]],
  ["wants a token of requests", { requests: true, token: "cookie" }, [ordinary, noToken], ["guard 401"]],
  ["refuses requests of a foreign page", { requests: true }, [ordinary, evil], ["guard 403", "guard 400"]],
  [
    "refuses requests without an Origin",
    { requests: true },
    [ordinary, { kind: "drop", name: "Origin" }],
    ["guard 403"],
  ],
])("the oracle %s", (_name, settings, changes, expected) => {
  expect(sightsOf(changes, { ...defaultSettings, ...settings })).toEqual([expected]);
});

test("behind a guard, own pages need no Origin and preflights no token", () => {
  const settings = { ...defaultSettings, requests: true, token: "header" } as const;
  const answers = (what: Companion): Sight[] | undefined => sightsOf([after(what), ordinary], settings)[1];
  expect(answers("own-get")).toEqual(["app"]);
  expect(answers("preflight")).toEqual(["app"]);
  expect(answers("options")).toEqual(["guard 401"]);
  expect(answers("foreign-get")).toEqual(["guard 403", "guard 400"]);
});

test.each([
  ["good", { codes: new Set(["origin-listed", "origin-in-directory"]), asked: [1, 1] }],
  ["bad", { codes: new Set(["token-invalid"]), asked: [0, 0] }],
])("the first message %j decides on an open socket", (text, expected) => {
  const settings = { ...defaultSettings, token: "firstMessage" } as const;
  const conversation = buildHttp1([{ kind: "message", text }], settings.token);
  expect(expectConversation(conversation, settings).messages).toMatchObject([
    { sights: new Set(["opened"]), ...expected },
  ]);
});

test("a first message may be decided after its client has left, if the verifier or the directory takes a while", () => {
  const settings = { ...defaultSettings, token: "firstMessage", directory: true } as const;
  const codes = (...changes: readonly Http1Change[]): ReadonlySet<string> | undefined =>
    expectConversation(buildHttp1(changes, settings.token), settings).messages[0]?.codes;
  const good = { kind: "message", text: "good" } as const;
  expect(codes(good)).not.toContain("client-gone");
  expect(codes({ kind: "message", text: "later" })).toContain("client-gone");
  expect(codes(good, { kind: "replace", name: "Origin", value: fixture.tenant })).toContain("client-gone");
});

test("over HTTP/2, a token, a route and middleware decide too", () => {
  const sights = (
    settings: Partial<FuzzSettings>,
    ...changes: readonly Http2Change[]
  ): ReadonlySet<Sight> | undefined => {
    const all = { ...defaultSettings, ...settings };
    return expectStreams(buildHttp2(changes, all.token), all).streams[0]?.sights;
  };
  const path = { kind: "field", name: ":path", value: "/elsewhere" } as const;
  expect(sights({ token: "cookie" })).toEqual(new Set(["opened"]));
  expect(sights({ token: "cookie" }, { kind: "drop", name: "cookie" })).toEqual(new Set(["gate 401"]));
  expect(sights({ token: "query" }, { kind: "token", text: "bad" })).toEqual(new Set(["gate 401"]));
  expect(sights({ unrouted: "refuse" }, path)).toEqual(new Set(["gate 404"]));
  expect(sights({ unrouted: "pass" }, path, { kind: "field", name: "origin", value: "null" })).toContain("opened");
  expect(sights({ middleware: true }, { kind: "field", name: "x-middleware", value: "404" })).toEqual(
    new Set(["gate 404"]),
  );
});

test("no foreign page may open a socket, however its request is written, unless the app asked for that", () => {
  const random = new Random(3);
  let foreign = 0;
  while (foreign < 2000) {
    const settings: FuzzSettings = { ...makeSettings(random), unrouted: random.pick(["filter", "refuse"]) };
    const { protocol, changes } = makeCase(random, random.pick(["http1", "http2"]));
    const isListed = /https:\/\/(?:app|tenant|pr-1\.preview)\.example/.test(JSON.stringify(changes));
    if (isListed || /"(?:handshake|options|page-\w+|preflight)"/.test(JSON.stringify(changes))) continue;
    foreign++;
    const expected =
      protocol === "http1"
        ? expectConversation(buildHttp1([...changes, evil], settings.token), settings).messages
        : expectStreams(
            buildHttp2([...changes, { kind: "field", name: "origin", value: "https://evil.test" }], settings.token),
            settings,
          ).streams;
    expect(expected.filter(({ sights }) => sights.has("opened"))).toEqual([]);
  }
});
