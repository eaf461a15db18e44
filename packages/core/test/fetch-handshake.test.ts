import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AnyHandshake,
  bearerHeader,
  bearerProtocol,
  cookie,
  createPolicy,
  type Decision,
  grant,
  type Policy,
  queryParam,
  type TokenContext,
} from "../src/index.ts";

const page = "https://app.example";
const evil = "https://evil.test";

/** What every way to decide says: the codes, which have to agree. */
async function codeOf(policy: Policy<unknown>, given: unknown): Promise<Decision["code"]> {
  const handshake = given as AnyHandshake;
  const codes = new Set<Decision["code"]>([
    policy.check(handshake).code,
    (await policy.decide(handshake)).code,
    (await policy.evaluate(handshake)).code,
  ]);
  expect(codes.size).toBe(1);
  const [code] = codes;
  return code ?? "handshake-malformed";
}

/** A class whose prototype is not that of the global Request, as servers make it to save time. */
class LightRequest {
  readonly #fields: Headers;
  readonly url = "http://api.example/chat";

  constructor(fields: HeadersInit) {
    this.#fields = new Headers(fields);
  }

  get headers(): Headers {
    return this.#fields;
  }
}

/** A polyfill of Headers. */
class Polyfill {
  readonly #fields: Map<string, unknown>;

  constructor(fields: Readonly<Record<string, unknown>>) {
    this.#fields = new Map(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
  }

  get [Symbol.toStringTag](): string {
    return "Headers";
  }

  get(name: string): unknown {
    return this.#fields.get(name.toLowerCase()) ?? null;
  }

  forEach(callback: (value: unknown, name: string) => void): void {
    for (const [name, value] of this.#fields) callback(value, name);
  }
}

/** Every shape in which fields of fetch reach a policy. */
const shapes: readonly (readonly [string, (fields: Record<string, string>) => unknown])[] = [
  ["a Request", (headers) => new Request("http://api.example/chat", { headers })],
  ["a subclass of Request", (headers) => new (class extends Request {})("http://api.example/chat", { headers })],
  ["a light Request", (headers) => new LightRequest(headers)],
  ["an object with Headers", (headers) => ({ headers: new Headers(headers), url: "/chat" })],
  ["Headers", (headers) => new Headers(headers)],
  ["a polyfill of Headers", (headers) => new Polyfill(headers)],
  ["a Request with a polyfill of Headers", (headers) => ({ headers: new Polyfill(headers) })],
  [
    "Headers of another realm",
    (headers) => runInNewContext(`new (${Polyfill.toString()})(${JSON.stringify(headers)})`) as unknown,
  ],
];

describe.each(shapes)("%s", (_name, make) => {
  const policy = createPolicy({ origins: [page], hosts: ["api.example"], missingOrigin: "allow" });

  test.each([
    ["origin-listed", { origin: page, host: "api.example" }],
    ["origin-not-listed", { origin: evil, host: "api.example" }],
    ["origin-not-listed", { ORIGIN: evil, Host: "api.example" }],
    ["origin-absent", { host: "api.example" }],
    ["origin-malformed", { origin: "", host: "api.example" }],
    ["origin-malformed", { origin: `${page}, ${page}`, host: "api.example" }],
    ["origin-malformed", { origin: `${page}, ${evil}`, host: "api.example" }],
    ["host-malformed", { origin: page, host: "api.example, api.example" }],
    ["host-malformed", { origin: page, host: "api.example, evil.test" }],
    ["host-malformed", { origin: page, host: "" }],
    ["host-not-listed", { origin: page, host: "evil.test" }],
    ["host-missing", { origin: page }],
  ] as const)("is %s with %j", async (code, fields) => {
    expect(await codeOf(policy, make(fields))).toBe(code);
  });
});

/** A Map with the tag of Headers. Its names have a case. */
class TaggedMap extends Map<string, string> {
  override get [Symbol.toStringTag](): string {
    return "Headers";
  }
}

describe("Headers that cannot be read are refused", () => {
  const listed = { origin: page, host: "api.example" };
  const policy = createPolicy({ origins: [page], missingOrigin: "allow" });
  const altered = (change: object): unknown => Object.assign(new Polyfill(listed), change);

  test.each([
    ["get() returns undefined", altered({ get: () => undefined })],
    ["get() returns a number", altered({ get: () => 7 })],
    ["get() says otherwise than forEach()", altered({ get: () => null })],
    ["forEach() has no Origin where get() has one", altered({ forEach: () => {} })],
    ["forEach() is missing", altered({ forEach: undefined })],
    ["get() is not a function", altered({ get: page })],
    [
      "get() throws",
      altered({
        get: () => {
          throw new Error("no");
        },
      }),
    ],
    ["a Map with the tag of Headers, whose names have a case", new TaggedMap([["Origin", evil]])],
    ["URLSearchParams", new URLSearchParams({ Origin: evil })],
    ["FormData", new FormData()],
  ])("%s", async (_name, given) => {
    expect(await codeOf(policy, given)).toBe("handshake-malformed");
    expect(await codeOf(policy, { headers: given })).toBe("handshake-malformed");
  });
});

describe("the Host of a Request", () => {
  test("is the header, and never the authority of the URL", () => {
    const policy = createPolicy({ origins: [page], hosts: ["api.example"] });
    const request = (host: string | undefined) =>
      new Request("http://api.example/", { headers: { origin: page, ...(host !== undefined && { host }) } });
    expect(policy.check(request("api.example")).code).toBe("origin-listed");
    expect(policy.check(request("evil.test")).code).toBe("host-not-listed");
    expect(policy.check(request(undefined)).code).toBe("host-missing");
  });

  test("may be replaced by the one that a framework trusts", () => {
    const policy = createPolicy({ origins: [page], hosts: ["api.example"] });
    const { headers, url } = new Request("http://10.0.0.1/", { headers: { origin: page, host: "10.0.0.1" } });
    expect(policy.check({ headers, url, host: "api.example" }).code).toBe("origin-listed");
  });
});

describe("sameHost takes the scheme of a Request from its URL", () => {
  const policy = createPolicy({ sameHost: true, hosts: ["api.example"] });
  const codes = (url: string, facts: object = {}) =>
    ["https://api.example", "http://api.example"].map((origin) => {
      const { headers } = new Request(url, { headers: { origin, host: "api.example" } });
      return policy.check({ headers, url, ...facts }).code;
    });

  test("https", () => {
    expect(codes("https://api.example/chat")).toEqual(["origin-same-host", "origin-not-listed"]);
  });

  test("http", () => {
    expect(codes("http://api.example/chat")).toEqual(["origin-not-listed", "origin-same-host"]);
  });

  test("unless `secure` or the socket says it", () => {
    expect(codes("http://10.0.0.1/chat", { secure: true })).toEqual(["origin-same-host", "origin-not-listed"]);
    expect(codes("https://10.0.0.1/chat", { secure: false })).toEqual(["origin-not-listed", "origin-same-host"]);
    expect(codes("https://10.0.0.1/chat", { socket: {} })).toEqual(["origin-not-listed", "origin-same-host"]);
  });

  test("but not that of a request of Node, whose target a client may write as it likes", () => {
    const headers = { origin: page.replace("app", "api"), host: "api.example" };
    expect(policy.check({ headers, url: "https://api.example/chat" }).code).toBe("origin-not-listed");
  });
});

describe("tokens of a Request", () => {
  const places: readonly (readonly [string, ReturnType<typeof cookie>, Record<string, string>, string])[] = [
    ["the query", queryParam("t"), {}, "?a=1&t=secret"],
    ["a cookie", cookie("sid"), { cookie: "a=1; sid=secret" }, ""],
    ["the Authorization header", bearerHeader(), { authorization: "Bearer secret" }, ""],
    ["the subprotocols", bearerProtocol(), { "sec-websocket-protocol": "chat.v1, bearer.secret" }, ""],
  ];

  test.each(places)(
    "are found in %s, and verify() gets its fields in a plain object",
    async (_n, from, more, query) => {
      const seen: TokenContext["handshake"][] = [];
      const policy = createPolicy({
        origins: [page],
        token: {
          from: [from],
          verify: (token, { handshake }) => {
            seen.push(handshake);
            return grant({ principal: token });
          },
        },
      });
      const headers = { origin: page, host: "api.example", ...more };
      const decision = await policy.decide(new Request(`https://api.example/chat${query}`, { headers }));
      expect(decision).toMatchObject({ allowed: true, principal: "secret" });
      expect(seen).toMatchObject([{ headers, url: `https://api.example/chat${query}`, secure: true }]);
    },
  );

  test("are ambiguous where two came in one field", async () => {
    const policy = createPolicy({
      origins: [page],
      token: { from: [bearerHeader()], verify: () => grant({ principal: 1 }) },
    });
    const headers = new Headers([
      ["origin", page],
      ["authorization", "Bearer a"],
      ["authorization", "Bearer b"],
    ]);
    expect((await policy.decide({ headers })).code).toBe("token-malformed");
  });
});

test("Headers and a plain object get the same decision, whatever their fields", () => {
  const policies = [
    createPolicy({ origins: [page], missingOrigin: "allow" }),
    createPolicy({ sameHost: true, hosts: ["api.example"], missingOrigin: "allow" }),
  ];
  const text = fc.oneof(
    fc.constantFrom(page, evil, "null", "", "api.example", `${page}, ${page}`, "https://api.example"),
    fc.string({ unit: fc.constantFrom(...Array.from("ahtps:/.,-* 1[]@\\")) }).map((value) => value.trim()),
  );
  fc.assert(
    fc.property(
      fc.record({ origin: text, host: text, "sec-fetch-site": text }, { requiredKeys: [] }),
      fc.boolean(),
      (fields, secure) => {
        for (const policy of policies) {
          const plain = policy.check({ headers: fields, secure });
          expect(policy.check({ headers: new Headers(fields), secure })).toEqual(plain);
        }
      },
    ),
  );
});
