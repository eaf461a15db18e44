import * as http from "node:http";
import * as http2 from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bearerHeader,
  cookie,
  createPolicy,
  type Decision,
  explain,
  grant,
  type Handshake,
  type Policy,
  queryParam,
} from "../src/index.ts";

const page = "https://app.example";
const evil = "https://evil.test";

const verify = () => grant({ principal: "Ada" });
const policies: readonly (readonly [string, Policy<unknown>])[] = [
  ["deny", createPolicy({ origins: [page] })],
  ["allow", createPolicy({ origins: [page], missingOrigin: "allow" })],
  ["token", createPolicy({ origins: [page], missingOrigin: "token", token: { from: [bearerHeader()], verify } })],
  [
    "allow, with a token that is not required",
    createPolicy({
      origins: [page],
      missingOrigin: "allow",
      token: { from: [queryParam("t")], verify, required: false },
    }),
  ],
  ["allow, with hosts", createPolicy({ origins: [page], hosts: ["api.example"], missingOrigin: "allow" })],
  ["allow, with a directory", createPolicy({ directory: { has: () => true }, missingOrigin: "allow" })],
];

class Fields {
  readonly origin = evil;
}

const inherited = (fields: object): unknown => Object.create(fields);
const thrower = (): never => {
  throw new Error("secret-token");
};
const throwing = (name: string): object => Object.defineProperty({}, name, { get: thrower, enumerable: true });
const hostileProxy = new Proxy({}, { get: thrower, has: thrower, ownKeys: thrower, getPrototypeOf: thrower });
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();

const request = new Request("https://api.example/chat?t=x", {
  headers: { origin: evil, authorization: "Bearer secret-token" },
});

const rows: readonly (readonly [string, unknown])[] = [
  ["headers: a Map", { headers: new Map([["origin", evil]]) }],
  ["headers: an array of pairs", { headers: [["origin", evil]] }],
  ["headers: an empty array", { headers: [] }],
  ["headers: a class instance", { headers: new Fields() }],
  ["headers: inherited fields", { headers: inherited({ origin: evil }) }],
  ["headers: inherited fields without Object.prototype", { headers: inherited({ __proto__: null, origin: evil }) }],
  ["headers: URLSearchParams", { headers: new URLSearchParams({ origin: evil }) }],
  ["headers: undefined", { headers: undefined }],
  ["headers: null", { headers: null }],
  ["headers: a string", { headers: `Origin: ${evil}` }],
  ["headers: a function", { headers: () => ({ origin: evil }) }],
  ["headers: a getter that throws", throwing("headers")],
  ["headers: a proxy whose traps throw", { headers: hostileProxy }],
  ["headers: a revoked proxy", { headers: revoked }],
  ["headers: a proxy of Headers", { headers: new Proxy(request.headers, {}) }],
  ["origin: a getter that throws", { headers: throwing("origin") }],
  ["origin: a line that throws", { headers: { Origin: new Proxy([], { get: thrower }) } }],
  ["no headers", {}],
  ["rawHeaders: null", { headers: {}, rawHeaders: null }],
  ["rawHeaders: a string", { headers: {}, rawHeaders: `Origin: ${evil}` }],
  ["rawHeaders: an object", { headers: {}, rawHeaders: { 0: "Origin", 1: evil, length: 2 } }],
  ["rawHeaders: Headers", { headers: {}, rawHeaders: request.headers }],
  ["rawHeaders: an odd number", { headers: {}, rawHeaders: ["Host", "api.example", "Origin"] }],
  [
    "rawHeaders: pairs",
    {
      headers: {},
      rawHeaders: [
        ["Host", "api.example"],
        ["Origin", evil],
      ],
    },
  ],
  ["rawHeaders: a name that is not a string", { headers: {}, rawHeaders: ["Host", "api.example", 1, evil] }],
  ["rawHeaders: a value that is not a string", { headers: {}, rawHeaders: ["Host", "api.example", "X", undefined] }],
  ["rawHeaders: a hole", { headers: {}, rawHeaders: Array(2) }],
  ["rawHeaders: empty, beside Headers", { headers: request.headers, rawHeaders: [] }],
  ["rawHeaders: a getter that throws", Object.assign(throwing("rawHeaders"), { headers: {} })],
  ["rawHeaders: a proxy that throws", { headers: {}, rawHeaders: new Proxy([], { get: thrower }) }],
  ["host: a getter that throws", Object.assign(throwing("host"), { headers: { origin: page } })],
  ["undefined", undefined],
  ["null", null],
  ["a string", page],
  ["a number", 7],
  ["a function", Object.assign(() => {}, { headers: {} })],
  ["an array", []],
  ["a proxy of Headers itself", new Proxy(request.headers, {})],
  ["Headers beside rawHeaders", { headers: request.headers, rawHeaders: [] }],
  ["a proxy whose traps throw", hostileProxy],
  ["a revoked proxy", revoked],
];

/** What every way to decide says, of a value that need not be a handshake. */
async function decisionsOn(policy: Policy<unknown>, value: unknown): Promise<readonly Decision<unknown>[]> {
  const handshake = value as Handshake;
  return [
    policy.check(handshake),
    await policy.decide(handshake),
    await policy.evaluate(handshake),
    await policy.evaluate(handshake, { verify: false }),
    await policy.evaluate(handshake, { token: "secret-token" }),
  ];
}

describe.each(policies)('missingOrigin: "%s"', (_name, policy) => {
  test.each(rows)("%s is refused as handshake-malformed, with a note", async (_what, value) => {
    for (const decision of await decisionsOn(policy, value)) {
      expect(decision).toStrictEqual({
        allowed: false,
        code: "handshake-malformed",
        status: 400,
        origin: undefined,
      });
      const text = explain(decision);
      expect(text).toMatch(/^ {2}detail: {3}(headers|rawHeaders|handshake): /m);
      expect(text).toContain("Object.fromEntries(headers)");
      expect(text).not.toContain("secret-token");
    }
  });
});

test("the note says what was passed and what was expected", () => {
  const noteOf = (value: unknown) =>
    /detail: {3}(.*)/.exec(explain(createPolicy({ origins: [] }).check(value as Handshake)))?.[1];
  expect(noteOf({ headers: new Map() })).toBe("headers: expected a plain object, or Headers, got Map.");
  expect(noteOf({})).toBe("headers: expected a plain object, or Headers, got Undefined.");
  expect(noteOf({ headers: {}, rawHeaders: ["Host"] })).toBe(
    "rawHeaders: expected names and values in turn, got Array.",
  );
  expect(noteOf(null)).toBe("handshake: expected an object, got Null.");
  expect(noteOf(hostileProxy)).toBe("handshake: a property threw an error when it was read.");
});

test("Object.fromEntries() makes another container readable", () => {
  const policy = createPolicy({ origins: [page], missingOrigin: "allow" });
  expect(policy.check({ headers: Object.fromEntries(new Map([["Origin", evil]])) }).code).toBe("origin-not-listed");
});

describe("a handshake that answers otherwise each time", () => {
  test.each([bearerHeader(), cookie("sid"), queryParam("t")])("no token is taken from $kind", async (source) => {
    const policy = createPolicy({ origins: [page], token: { from: [source], verify } });
    let reads = 0;
    const fields = { origin: page, authorization: "Bearer x", cookie: "sid=x" };
    const flapping = {
      get headers() {
        // Whether they are those of fetch, Host, Origin, then the token.
        return ++reads <= 3 ? fields : request.headers;
      },
      get url(): string {
        throw new Error("no url");
      },
    };
    expect((await policy.decide(flapping as unknown as Handshake)).code).toBe("handshake-malformed");
  });

  test("the directory is not asked", async () => {
    let reads = 0;
    const flapping = {
      get headers() {
        return ++reads <= 3 ? { origin: evil } : request.headers;
      },
    };
    const policy = createPolicy({ directory: { has: () => true } });
    expect((await policy.decide(flapping as unknown as Handshake)).code).toBe("handshake-malformed");
  });
});

describe("what is read", () => {
  const policy = createPolicy({ origins: [page], hosts: ["api.example"] });

  test("plain objects of this realm and of another, without a prototype, and frozen", () => {
    const fields = `{ host: "api.example", origin: ${JSON.stringify(page)} }`;
    for (const headers of [
      { host: "api.example", origin: page },
      Object.freeze({ host: "api.example", origin: page }),
      Object.assign(Object.create(null), { host: "api.example", origin: page }) as object,
      runInNewContext(`(${fields})`) as object,
      runInNewContext(`Object.assign(Object.create(null), ${fields})`) as object,
    ])
      expect(policy.check({ headers } as Handshake).code).toBe("origin-listed");
    const raw = runInNewContext(`["Host", "api.example", "Origin", ${JSON.stringify(page)}]`) as string[];
    expect(policy.check({ headers: {}, rawHeaders: raw }).code).toBe("origin-listed");
  });

  test("a request of node:http, its headers and its headersDistinct", async () => {
    const server = http.createServer();
    const seen: string[] = [];
    server.on("upgrade", (request, socket) => {
      for (const handshake of [request, { headers: request.headers }, { headers: request.headersDistinct }])
        seen.push(policy.check(handshake).code);
      socket.destroy();
    });
    const { port } = await listening(server);
    const socket = connect(port, "127.0.0.1");
    socket.write(
      `GET / HTTP/1.1\r\nHost: api.example\r\nOrigin: ${page}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once("close", resolve));
    await new Promise((resolve) => server.close(resolve));
    expect(seen).toEqual(["origin-listed", "origin-listed", "origin-listed"]);
  });

  test("a request and a stream of node:http2", async () => {
    const server = http2.createServer();
    const seen: string[] = [];
    server.on("stream", (_stream, headers) => {
      seen.push(policy.check({ headers, host: headers[":authority"] }).code);
    });
    server.on("request", (request, response) => {
      seen.push(
        policy.check({ headers: request.headers, rawHeaders: request.rawHeaders, host: request.authority }).code,
      );
      response.end();
    });
    const { port } = await listening(server);
    const session = http2.connect(`http://127.0.0.1:${port}`);
    const stream = session.request({ ":authority": "api.example", origin: page });
    await new Promise((resolve) => stream.resume().once("end", resolve));
    await new Promise<void>((resolve) => session.close(resolve));
    await new Promise((resolve) => server.close(resolve));
    expect(seen).toEqual(["origin-listed", "origin-listed"]);
  });
});

async function listening(server: http.Server | http2.Http2Server): Promise<AddressInfo> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server.address() as AddressInfo;
}

describe("anything", () => {
  const value = fc.anything({
    withMap: true,
    withSet: true,
    withDate: true,
    withTypedArray: true,
    withNullPrototype: true,
    withBigInt: true,
    withSparseArray: true,
  });
  /** fast-check looks into what it generates, and hostile proxies throw: they are chosen by their place in the table. */
  const row = fc.nat(rows.length - 1).map((index) => () => rows[index]?.[1]);
  const anything = fc.oneof(
    value.map((given) => () => given),
    row,
  );
  const pairs = fc.array(fc.tuple(fc.constantFrom("origin", "Host"), fc.constantFrom(page, evil)), { minLength: 1 });
  /** Every container of header fields that is neither a plain object nor Headers. */
  const headers = fc.oneof(
    pairs,
    pairs.map((all) => new Map(all)),
    pairs.map((all) => inherited(Object.fromEntries(all))),
    pairs.map((all) => Object.assign(new Fields(), Object.fromEntries(all))),
    pairs.map((all) => all.flat().join(": ")),
    pairs.map((all) => new Set(all)),
    fc.constantFrom(undefined, null, 0, true),
  );
  const rawHeaders = fc.oneof(
    fc.constant(undefined),
    fc.array(fc.string(), { minLength: 1 }).filter((raw) => raw.length % 2 === 1),
    fc.tuple(fc.constantFrom("Origin", page), fc.oneof(fc.integer(), fc.constant(null), fc.array(fc.string()))),
    fc.constantFrom(null, 0, "Origin"),
  );

  test("no value makes a policy throw, and none is allowed for want of an Origin", async () => {
    await fc.assert(
      fc.asyncProperty(anything, anything, async (first, second) => {
        const [one, other] = [first(), second()];
        for (const given of [
          one,
          { headers: other },
          { headers: {}, rawHeaders: other, url: one, host: one, socket: one },
        ]) {
          for (const [, policy] of policies.slice(0, 4)) {
            for (const decision of await decisionsOn(policy, given)) {
              expect(explain(decision)).toMatch(/^[\x20-\x7e\n]{1,4096}$/);
              expect(decision.allowed ? decision.code : "origin-absent").toBe("origin-absent");
            }
          }
        }
      }),
    );
  });

  test("no container of header fields but a plain object and Headers is read", async () => {
    await fc.assert(
      fc.asyncProperty(headers, rawHeaders, async (headers, rawHeaders) => {
        for (const [, policy] of policies) {
          for (const decision of await decisionsOn(policy, { headers, rawHeaders }))
            expect(decision).toMatchObject({ allowed: false, code: "handshake-malformed" });
        }
      }),
      { numRuns: 300 },
    );
  });
});
