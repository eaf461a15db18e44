import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import {
  awaitedMessage,
  bearerHeader,
  bearerProtocol,
  cookie,
  createPolicy,
  type Decision,
  explain,
  firstMessage,
  grant,
  type Handshake,
  type PolicyOptions,
  queryParam,
  refuse,
  type TokenContext,
  type TokenOptions,
  type TokenRefusal,
  type TokenSource,
} from "../src/index.ts";

const page = "https://app.example";

/** Lets the token `good-token` in. */
const verify: TokenOptions<{ name: string }>["verify"] = (token) =>
  token === "good-token" ? grant({ principal: { name: "Ada" } }) : refuse("invalid");

function policyFor(from: TokenSource | readonly TokenSource[], options: Partial<PolicyOptions<{ name: string }>> = {}) {
  return createPolicy({ origins: [page], token: { from: [from].flat(), verify }, ...options });
}

/** What is decided on a handshake from the page, with these fields, or with these lines as they came. */
function decide(
  policy: { decide(handshake: Handshake): Promise<Decision<unknown>> },
  given: Partial<Handshake> | readonly (readonly [string, string])[],
): Promise<Decision<unknown>> {
  if (Array.isArray(given)) return policy.decide({ headers: {}, rawHeaders: [["Origin", page], ...given].flat() });
  const { headers, ...rest } = given as Partial<Handshake>;
  return policy.decide({ headers: { origin: page, ...headers }, ...rest });
}

const header = (value: string) => [["Authorization", value]] as const;
const protocols = (value: string) => [["Sec-WebSocket-Protocol", value]] as const;
const cookies = (value: string) => [["Cookie", value]] as const;

describe("where a token is found", () => {
  const granted: readonly (readonly [
    string,
    TokenSource,
    Partial<Handshake> | readonly (readonly [string, string])[],
  ])[] = [
    ["Authorization", bearerHeader(), header("Bearer good-token")],
    ["Authorization, whatever its case", bearerHeader(), header("bEARER   good-token ")],
    ["Authorization in a record", bearerHeader(), { headers: { authorization: "Bearer good-token" } }],
    ["a subprotocol", bearerProtocol(), protocols("chat.v1, bearer.good-token")],
    ["a subprotocol that comes first", bearerProtocol(), protocols("bearer.good-token,chat.v1")],
    [
      "a subprotocol on a line of its own",
      bearerProtocol(),
      [...protocols("chat.v1"), ...protocols("bearer.good-token")],
    ],
    ["the query", queryParam("ticket"), { url: "/chat?a=b&ticket=good%2dtoken" }],
    ["a cookie", cookie("sid"), cookies("theme=dark; sid=good-token")],
    [
      "a cookie on a second line, as over HTTP/2",
      cookie("sid"),
      [...cookies("theme=dark"), ...cookies("sid=good-token")],
    ],
    ["a cookie that is percent-encoded", cookie("sid"), cookies("sid=good%2Dtoken")],
  ];
  test.each(granted)("%s", async (_where, source, given) => {
    expect(await decide(policyFor(source), given)).toStrictEqual({
      allowed: true,
      code: "origin-listed",
      origin: page,
      matched: page,
      principal: { name: "Ada" },
    });
  });

  const refused: readonly (readonly [
    string,
    string,
    TokenSource | readonly TokenSource[],
    Partial<Handshake> | readonly (readonly [string, string])[],
  ])[] = [
    ["no Authorization", "token-missing", bearerHeader(), []],
    ["Authorization of another scheme", "token-missing", bearerHeader(), header("Basic Z29vZC10b2tlbg==")],
    ["a scheme that begins alike", "token-missing", bearerHeader(), header("Bearers good-token")],
    ["Bearer without a token", "token-malformed", bearerHeader(), header("Bearer")],
    ["Bearer with nothing but blanks", "token-malformed", bearerHeader(), header("Bearer  ")],
    ["two words", "token-malformed", bearerHeader(), header("Bearer good-token good-token")],
    ["a list", "token-malformed", bearerHeader(), header("Bearer good-token, Bearer good-token")],
    ["= in the middle", "token-malformed", bearerHeader(), header("Bearer good=token")],
    ["nothing but =", "token-malformed", bearerHeader(), header("Bearer ==")],
    [
      "two Authorization lines",
      "token-ambiguous",
      bearerHeader(),
      [...header("Bearer good-token"), ...header("Bearer x")],
    ],
    [
      "the same one twice",
      "token-ambiguous",
      bearerHeader(),
      [...header("Bearer good-token"), ...header("Bearer good-token")],
    ],
    ["no subprotocol", "token-missing", bearerProtocol(), []],
    ["a subprotocol that is no token", "token-missing", bearerProtocol(), protocols("chat.v1")],
    [
      "a subprotocol whose prefix is in another case",
      "token-missing",
      bearerProtocol(),
      protocols("chat.v1, Bearer.good-token"),
    ],
    ["nothing but the token", "token-malformed", bearerProtocol(), protocols("bearer.good-token")],
    ["an empty token", "token-malformed", bearerProtocol(), protocols("chat.v1, bearer.")],
    ["two tokens", "token-ambiguous", bearerProtocol(), protocols("chat.v1, bearer.good-token, bearer.other")],
    ["no query", "token-missing", queryParam("ticket"), { url: "/chat" }],
    ["no url", "token-missing", queryParam("ticket"), {}],
    ["a parameter in another case", "token-missing", queryParam("ticket"), { url: "/?Ticket=good-token" }],
    ["an empty parameter", "token-malformed", queryParam("ticket"), { url: "/?ticket=" }],
    ["a parameter twice", "token-ambiguous", queryParam("ticket"), { url: "/?ticket=good-token&ticket=x" }],
    ["no cookie", "token-missing", cookie("sid"), cookies("sid2=good-token; Sid=good-token; xsid=good-token")],
    ["an empty cookie", "token-malformed", cookie("sid"), cookies("sid=")],
    [
      "a cookie twice: tossed by a sibling's subdomain",
      "token-ambiguous",
      cookie("sid"),
      cookies("sid=x; sid=good-token"),
    ],
    [
      "a cookie twice, on two lines",
      "token-ambiguous",
      cookie("sid"),
      [...cookies("sid=x"), ...cookies("sid=good-token")],
    ],
    [
      "tokens in two places",
      "token-ambiguous",
      [bearerHeader(), cookie("sid")],
      [...header("Bearer good-token"), ...cookies("sid=good-token")],
    ],
    ["a token of 8193 characters", "token-malformed", queryParam("ticket"), { url: `/?ticket=${"x".repeat(8193)}` }],
    ["another token", "token-invalid", queryParam("ticket"), { url: "/?ticket=bad-token" }],
    ["a first message that is still to come", "token-missing", firstMessage(), []],
  ];
  test.each(refused)("%s: %s", async (_what, code, source, given) => {
    const decision = await decide(policyFor(source), given);
    expect(decision).toMatchObject({ allowed: false, code, origin: page });
    expect(explain(decision)).not.toContain("good-token");
  });

  test("what a source does not name is no token, whatever it looks like", async () => {
    const given = [
      ...header("Bearer good-token"),
      ...cookies("sid=good-token"),
      ...protocols("chat.v1, bearer.good-token"),
    ];
    expect((await decide(policyFor(queryParam("ticket")), given)).code).toBe("token-missing");
  });

  test("nothing that a client sends makes it throw", async () => {
    const policy = policyFor([bearerHeader(), bearerProtocol(), queryParam("ticket"), cookie("sid"), firstMessage()]);
    const name = fc.constantFrom("authorization", "cookie", "sec-websocket-protocol", "origin", "host");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, fc.string({ unit: "binary" })), { maxLength: 6 }),
        fc.string({ unit: "binary" }),
        async (lines, query) => {
          const decision = await decide(policy, { rawHeaders: [["Origin", page], ...lines].flat(), url: `/?${query}` });
          expect(decision.allowed).toBe(false);
          expect(explain(decision)).toMatch(/^[\x20-\x7e\n]+$/);
        },
      ),
    );
  });
});

describe("the order", () => {
  const given = { url: "/?ticket=good-token" };

  test.each([
    ["a foreign Origin", { headers: { origin: "https://evil.test" } }, "origin-not-listed"],
    ["a foreign Host", { headers: { origin: page, host: "evil.test" } }, "host-not-listed"],
    ["Origin: null", { headers: { origin: "null" } }, "origin-opaque"],
  ])("%s refuses a good token, and verify is not asked", async (_what, rest, code) => {
    const asked = vi.fn<typeof verify>(verify);
    const policy = createPolicy({
      origins: [page],
      hosts: ["api.example"],
      token: { from: [queryParam("ticket")], verify: asked },
    });
    const handshake = { ...given, ...rest, headers: { host: "api.example", ...rest.headers } };
    expect((await policy.decide(handshake)).code).toBe(code);
    expect(asked).not.toHaveBeenCalled();
  });

  test("the directory is asked before the token", async () => {
    const order: string[] = [];
    const policy = createPolicy({
      directory: { has: () => order.push("directory") > 0 },
      token: { from: [queryParam("ticket")], verify: () => (order.push("verify"), grant({ principal: 1 })) },
    });
    expect(await decide(policy, given)).toMatchObject({ code: "origin-in-directory", principal: 1 });
    expect(order).toEqual(["directory", "verify"]);
  });

  test("check() decides on Host and Origin, and never on the token", () => {
    const policy = policyFor(queryParam("ticket"));
    expect(policy.check({ headers: { origin: page } })).toMatchObject({ allowed: true, principal: undefined });
    expect(policy.check({ headers: { origin: "https://evil.test" } }).allowed).toBe(false);
    expect(policy.sources).toEqual([{ kind: "queryParam", name: "ticket" }]);
    expect(createPolicy({ origins: [] }).sources).toEqual([]);
  });
});

describe('missingOrigin: "token"', () => {
  const policy = policyFor([bearerHeader(), queryParam("ticket"), firstMessage(), bearerProtocol(), cookie("sid")], {
    missingOrigin: "token",
  });
  const from = (given: Partial<Handshake>): Promise<Decision<unknown>> => policy.decide({ headers: {}, ...given });

  test("a program is let in with its token in Authorization", async () => {
    expect(await from({ headers: { authorization: "Bearer good-token" } })).toStrictEqual({
      allowed: true,
      code: "origin-absent",
      origin: undefined,
      matched: undefined,
      principal: { name: "Ada" },
    });
  });

  test.each<[string, Partial<Handshake>, string]>([
    ["nothing", {}, "token-missing"],
    ["a cookie", { headers: { cookie: "sid=good-token" } }, "token-missing"],
    ["the query", { url: "/?ticket=good-token" }, "token-missing"],
    ["a subprotocol", { headers: { "sec-websocket-protocol": "chat.v1, bearer.good-token" } }, "token-missing"],
    ["a bad token", { headers: { authorization: "Bearer bad-token" } }, "token-invalid"],
    ["Origin: null", { headers: { origin: "null", authorization: "Bearer good-token" } }, "origin-opaque"],
    [
      "a foreign Origin",
      { headers: { origin: "https://evil.test", authorization: "Bearer good-token" } },
      "origin-not-listed",
    ],
  ])("with %s it is not", async (_what, given, code) => {
    const decision = await from(given);
    expect(decision).toMatchObject({ allowed: false, code });
    expect(awaitedMessage(decision)).toBeUndefined();
  });

  test("check() refuses: it asks for no token", () => {
    expect(policy.check({ headers: { authorization: "Bearer good-token" } }).code).toBe("origin-missing");
  });

  test("a token is not optional there", async () => {
    const optional = createPolicy({
      origins: [page],
      missingOrigin: "token",
      token: { from: [bearerHeader()], verify, required: false },
    });
    expect((await optional.decide({ headers: {} })).code).toBe("token-missing");
    expect(await optional.decide({ headers: { origin: page } })).toMatchObject({ allowed: true, principal: undefined });
  });
});

describe("what verify says", () => {
  const decideWith = (answer: (token: string, context: TokenContext) => unknown, required = true) =>
    decide(
      createPolicy({
        origins: [page],
        token: { from: [queryParam("ticket")], verify: answer as TokenOptions<unknown>["verify"], required },
      }),
      { url: "/?ticket=good-token" },
    );

  test("a grant's times and names are on the decision", async () => {
    const granted = { principal: 1, expiresAt: 1_900_000_000_000, id: "jti", subject: "ada", session: "s1" };
    expect(await decideWith(() => grant(granted))).toStrictEqual({
      allowed: true,
      code: "origin-listed",
      origin: page,
      matched: page,
      ...granted,
    });
    expect(await decideWith(async () => grant({ principal: 1, expiresAt: Infinity }))).not.toHaveProperty("expiresAt");
  });

  test.each([
    ["malformed", "token-malformed", 401],
    ["invalid", "token-invalid", 401],
    ["expired", "token-expired", 401],
    ["revoked", "token-revoked", 401],
    ["origin-mismatch", "token-origin-mismatch", 403],
    ["forbidden", "token-forbidden", 403],
    ["unavailable", "verifier-failed", 503],
  ] as const)('refuse("%s"): %s, %i', async (reason, code, status) => {
    expect(await decideWith(() => refuse(reason))).toMatchObject({ allowed: false, code, status, origin: page });
    expect(await decideWith(async () => refuse(reason), false)).toMatchObject({ code });
  });

  test("a note of refuse() is told to the operator", async () => {
    expect(explain(await decideWith(() => refuse("invalid", "The audience is another.")))).toContain(
      "  detail:   The audience is another.\n",
    );
  });

  const copy = Object.assign({}, grant({ principal: 1 }));
  test.each<[string, () => unknown, string]>([
    ["true", () => true, "verify() returned a value of type boolean"],
    ["undefined", () => undefined, "type undefined"],
    ["null", () => null, "returned null"],
    ["an object that looks like a grant", () => copy, "type object"],
    ["an object that inherits from one", () => Object.create(grant({ principal: 1 })), "type object"],
    ["a promise of nonsense", async () => "yes", "type string"],
    ["a promise within a promise of a grant's", async () => ({ principal: 1 }), "type object"],
    [
      "a throw",
      () => {
        throw new Error("no database");
      },
      "verify() failed: no database",
    ],
    ["a rejection", () => Promise.reject(new Error("no database")), "verify() failed: no database"],
    ["a rejection with nothing", () => Promise.reject(), "verify() failed: undefined"],
    ["a time in seconds", () => grant({ principal: 1, expiresAt: 1_900_000_000 }), "For a JWT write exp * 1000"],
    ["a time that is none", () => grant({ principal: 1, expiresAt: Number.NaN }), "expiresAt is NaN"],
    ["a name that is none", () => grant({ principal: 1, id: 7 as unknown as string }), "id is 7; it must be a string"],
    ["a reason that is none", () => refuse("banana" as "invalid"), '"banana" is not a reason. Write one of malformed'],
    ["a reason from the prototype", () => refuse("toString" as "invalid"), "is not a reason"],
  ])("%s: verifier-failed, 503", async (_what, answer, note) => {
    const decision = await decideWith(answer);
    expect(decision).toMatchObject({ allowed: false, code: "verifier-failed", status: 503 });
    expect(explain(decision)).toContain(note);
  });

  test.each([
    ["the token", (token: string) => `${token} is wrong`],
    ["a part of it", (token: string) => `unexpected "${token.slice(2, 9)}" at 2`],
  ])("what holds %s is not passed on", async (_what, message) => {
    const thrown = await decideWith((token) => {
      throw new Error(message(token));
    });
    const refused = await decideWith((token) => refuse("invalid", message(token)));
    for (const decision of [thrown, refused]) {
      expect(explain(decision)).toContain("[redacted: the text contains part of the token]");
      expect(explain(decision)).not.toMatch(/od-toke/);
    }
  });

  test("an abort ends the wait; an aborted signal refuses unasked", async () => {
    const controller = new AbortController();
    const asked = vi.fn<() => Promise<never>>(() => new Promise(() => {}));
    const policy = createPolicy({ origins: [page], token: { from: [queryParam("ticket")], verify: asked } });
    const handshake = { headers: { origin: page }, url: "/?ticket=good-token" };
    const decision = policy.decide(handshake, { signal: controller.signal });
    await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce());
    controller.abort();
    expect(explain(await decision)).toContain("  detail:   The verifier did not answer in time.\n");
    expect((await policy.decide(handshake, { signal: controller.signal })).code).toBe("verifier-failed");
    expect(asked).toHaveBeenCalledOnce();
  });

  test("it is told the origin, the source and the handshake", async () => {
    const asked = vi.fn<(token: string, context: TokenContext) => TokenRefusal>(() => refuse("invalid"));
    const policy = createPolicy({ origins: [page], token: { from: [cookie("sid")], verify: asked } });
    const handshake = { headers: { origin: page, cookie: "sid=abc" } };
    const { signal } = new AbortController();
    await policy.decide(handshake, { signal });
    expect(asked.mock.calls).toEqual([["abc", { origin: page, source: "cookie", handshake, signal }]]);
  });
});

describe("a token that comes on the open socket", () => {
  const policy = policyFor([bearerHeader(), firstMessage({ deadline: 1000 })]);

  test("is awaited where nothing but it is missing", async () => {
    const decision = await decide(policy, []);
    expect(decision.code).toBe("token-missing");
    expect(awaitedMessage(decision)).toMatchObject({ kind: "firstMessage", deadline: 1000, maxBytes: 4096 });
    expect(awaitedMessage({ ...decision })).toBeUndefined();
    expect(awaitedMessage(await decide(policyFor(bearerHeader()), []))).toBeUndefined();
    expect(awaitedMessage(await decide(policy, header("Bearer bad-token")))).toBeUndefined();
  });

  test("counts instead of what the handshake holds; Host and Origin are judged again", async () => {
    const handshake = { headers: { origin: page, authorization: "Bearer bad-token" } };
    expect(await policy.decide(handshake, { token: "good-token" })).toMatchObject({ principal: { name: "Ada" } });
    expect((await policy.decide(handshake, { token: "bad-token" })).code).toBe("token-invalid");
    for (const token of ["", "x".repeat(8193)])
      expect((await policy.decide(handshake, { token })).code).toBe("token-malformed");
    const foreign = { headers: { origin: "https://evil.test" } };
    expect((await policy.decide(foreign, { token: "good-token" })).code).toBe("origin-not-listed");
  });
});
