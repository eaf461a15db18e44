import { createHook } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  awaitedMessage,
  bearerHeader,
  createPolicy,
  type DecideOptions,
  type Directory,
  explain,
  firstMessage,
  grant,
  type Handshake,
  type Policy,
  type PolicyOptions,
  queryParam,
  raceAbort,
  refuse,
  type TokenContext,
  type TokenOptions,
} from "../src/index.ts";

const page = "https://app.example";
const tenant = "https://tenant.example";
const from = (origin: string | undefined, url = "/?ticket=good-token"): Handshake => ({ headers: { origin }, url });

type Verify = TokenOptions<unknown>["verify"];

function tokenPolicy(verify: Verify, options: PolicyOptions<unknown> = {}): Policy<unknown> {
  return createPolicy({ origins: [page], token: { from: [queryParam("ticket")], verify }, ...options });
}

const verifySync: Verify = (token) => (token === "good-token" ? grant({ principal: "Ada" }) : refuse("invalid"));

interface Cost {
  readonly promises: number;
  readonly controllers: number;
  readonly listeners: number;
}

const nothing: Cost = { promises: 0, controllers: 0, listeners: 0 };

/** Counts what a function makes: promises, abort controllers, and listeners on the signal. */
function cost(run: (signal: AbortSignal) => unknown): Cost {
  const { signal } = new AbortController();
  const Controller = AbortController;
  let [promises, controllers] = [0, 0];
  vi.stubGlobal(
    "AbortController",
    class extends Controller {
      constructor() {
        super();
        controllers++;
      }
    },
  );
  const added = vi.spyOn(signal, "addEventListener");
  const hook = createHook({ init: (_id, type) => void (promises += type === "PROMISE" ? 1 : 0) }).enable();
  try {
    run(signal);
  } finally {
    hook.disable();
    vi.unstubAllGlobals();
  }
  return { promises, controllers, listeners: added.mock.calls.length };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("evaluate()", () => {
  const policies: readonly (readonly [string, Policy<unknown>, readonly Handshake[]])[] = [
    [
      "a list",
      createPolicy({ origins: [page, "https://*.app.example"], hosts: ["api.example"] }),
      [from(page), from(undefined), { headers: { host: "api.example", origin: "https://a.app.example" } }],
    ],
    [
      "a directory that answers without a promise",
      createPolicy({ origins: [page], directory: new Set([tenant]) }),
      [from(page), from(tenant), from("https://evil.test"), from("null")],
    ],
    [
      "a directory that throws or answers nonsense",
      createPolicy({
        directory: {
          has: (origin) => {
            if (origin === tenant) throw new Error("no table");
            return 1 as unknown as boolean;
          },
        },
      }),
      [from(tenant), from(page)],
    ],
    [
      "a token that is verified without a promise",
      tokenPolicy(verifySync),
      [from(page), from(page, "/?ticket=bad-token"), from(page, "/"), from(page, "/?ticket=a&ticket=b"), from("null")],
    ],
    [
      "a verifier that throws",
      tokenPolicy(() => {
        throw new Error("no database");
      }),
      [from(page)],
    ],
    [
      "a directory and a token",
      tokenPolicy(verifySync, { directory: new Set([tenant]) }),
      [from(tenant), from("https://evil.test")],
    ],
  ];

  test.each(policies)(
    "with %s returns the decision itself, and makes no promise or controller for it",
    (_, policy, all) => {
      for (const handshake of all) {
        let decision: unknown;
        expect(cost((signal) => (decision = policy.evaluate(handshake, { signal })))).toEqual(nothing);
        expect(decision).not.toBeInstanceOf(Promise);
        expect(cost(() => (decision = policy.evaluate(handshake)))).toEqual(nothing);
      }
    },
  );

  test("the count sees promises, listeners and controllers", () => {
    const policy = tokenPolicy(async () => refuse("invalid"), {
      directory: { has: (_origin, signal) => !signal.aborted },
    });
    const asynchronous = cost((signal) => policy.evaluate(from(page), { signal }));
    expect(asynchronous).toMatchObject({ controllers: 0, listeners: 1 });
    expect(asynchronous.promises).toBeGreaterThan(0);
    expect(cost(() => policy.evaluate(from(tenant))).controllers).toBe(1);
  });

  test.each(policies)("with %s decides as decide() does", async (_, policy, all) => {
    for (const handshake of all) {
      const decision = policy.evaluate(handshake);
      expect(decision).toStrictEqual(await policy.decide(handshake));
      const text = "code" in decision ? explain(decision) : "";
      expect(explain(await policy.decide(handshake))).toBe(text);
    }
  });

  test.each<readonly [string, Policy<unknown>, string]>([
    ["the directory", createPolicy({ directory: { has: async () => true } }), "origin-in-directory"],
    [
      "verify()",
      tokenPolicy(async () => grant({ principal: 1 }), { directory: new Set([tenant]) }),
      "origin-in-directory",
    ],
    ["both", tokenPolicy(async () => refuse("expired"), { directory: { has: async () => true } }), "token-expired"],
    [
      "verify(), which rejects",
      tokenPolicy(() => Promise.reject(new Error("x")), { origins: [tenant] }),
      "verifier-failed",
    ],
  ])("returns a promise where %s answers with one", async (_who, policy, code) => {
    const decision = policy.evaluate(from(tenant));
    expect(decision).toBeInstanceOf(Promise);
    expect(await decision).toMatchObject({ code });
  });
});

describe("a copy of a policy", () => {
  const policy = createPolicy({ origins: [page] });

  test("with a decide() of its own decides by that one", async () => {
    const copy: Policy = { ...policy, decide: async () => policy.check(from("https://evil.test")) };
    expect(await copy.evaluate(from(page))).toMatchObject({ code: "origin-not-listed" });
  });

  test("without one decides as the policy does, whatever evaluate() is called on", () => {
    const evaluate: unknown = Reflect.get(policy, "evaluate");
    for (const on of [undefined, {}, { evaluate }, { ...policy }])
      expect(Reflect.apply(evaluate as () => unknown, on, [from(page)])).toMatchObject({ code: "origin-listed" });
  });
});

describe("a function as signal", () => {
  const directories: readonly (readonly [string, Directory])[] = [
    ["a Set", new Set([tenant])],
    ["a function of one argument", { has: (origin) => origin === tenant }],
  ];

  test.each(directories)("is not called for %s as directory", (_what, directory) => {
    const signal = vi.fn<() => AbortSignal>(() => new AbortController().signal);
    expect(createPolicy({ directory }).evaluate(from(tenant), { signal })).toMatchObject({
      code: "origin-in-directory",
    });
    expect(signal).not.toHaveBeenCalled();
  });

  test("is called once for a directory that takes the signal, and for one that is waited for", async () => {
    const controller = new AbortController();
    const signal = vi.fn<() => AbortSignal>(() => controller.signal);
    const seen: unknown[] = [];
    const takes: Directory = { has: (_origin, signal) => seen.push(signal) > 0 };
    void createPolicy({ directory: takes }).evaluate(from(tenant), { signal });
    expect(seen).toEqual([controller.signal]);
    expect(signal).toHaveBeenCalledTimes(1);
    const never: Directory = { has: (_origin) => new Promise(() => {}) };
    const decision = createPolicy({ directory: never }).evaluate(from(tenant), { signal });
    expect(signal).toHaveBeenCalledTimes(2);
    controller.abort();
    expect(explain(await decision)).toContain("The directory did not answer in time.");
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  test("is called when verify() reads the signal or is waited for, once in all", async () => {
    const controller = new AbortController();
    const signal = vi.fn<() => AbortSignal>(() => controller.signal);
    const unread = tokenPolicy(verifySync);
    void unread.evaluate(from(page), { signal });
    void unread.evaluate(from("https://evil.test"), { signal });
    expect(signal).not.toHaveBeenCalled();
    const read: Verify = (_token, context) => grant({ principal: [context.signal, context.signal] });
    expect(tokenPolicy(read).evaluate(from(page), { signal })).toMatchObject({
      principal: [controller.signal, controller.signal],
    });
    expect(signal).toHaveBeenCalledTimes(1);
    const both: Verify = async (_token, context) => refuse("invalid", String(context.signal.aborted));
    await tokenPolicy(both).evaluate(from(page), { signal });
    expect(signal).toHaveBeenCalledTimes(2);
  });

  test("that throws or returns an aborted signal refuses what is waited for", async () => {
    const policy = tokenPolicy(async () => grant({ principal: 1 }));
    const throws = () => {
      throw new Error("no signal");
    };
    expect(explain(await policy.evaluate(from(page), { signal: throws }))).toContain("verify() failed: no signal");
    expect(await policy.evaluate(from(page), { signal: () => AbortSignal.abort() })).toMatchObject({
      code: "verifier-failed",
    });
  });

  test("the context can be spread and destructured", () => {
    const seen: TokenContext[] = [];
    const { signal } = new AbortController();
    void tokenPolicy((_token, context) => (seen.push({ ...context }), refuse("invalid"))).evaluate(from(page), {
      signal,
    });
    expect(seen).toEqual([{ origin: page, source: "queryParam", handshake: from(page), signal }]);
  });
});

describe("verify: false", () => {
  const options: DecideOptions = { verify: false };
  const asked = vi.fn<Verify>(() => refuse("invalid"));
  const policy = createPolicy({
    origins: [page],
    missingOrigin: "token",
    token: { from: [queryParam("ticket"), bearerHeader(), firstMessage()], verify: asked },
  });

  test.each<readonly [string, Handshake, string]>([
    ["a token", from(page), "origin-listed"],
    ["no token", from(page, "/"), "token-missing"],
    ["two tokens", from(page, "/?ticket=a&ticket=b"), "token-ambiguous"],
    ["an empty token", from(page, "/?ticket="), "token-malformed"],
    ["a foreign Origin", from("https://evil.test"), "origin-not-listed"],
    ["no Origin and a token in the query", from(undefined), "token-missing"],
    ["no Origin and a token in Authorization", { headers: { authorization: "Bearer x" } }, "origin-absent"],
  ])("%s: %s, and verify() is not called", async (_what, handshake, code) => {
    expect(policy.evaluate(handshake, options)).toMatchObject({ code });
    expect(await policy.decide(handshake, options)).toMatchObject({ code });
    expect(asked).not.toHaveBeenCalled();
  });

  test("an allow has no principal; a missing token can still come in the first message", () => {
    expect(policy.evaluate(from(page), options)).toMatchObject({ allowed: true, principal: undefined });
    const missing = policy.evaluate(from(page, "/"), options);
    expect("code" in missing && awaitedMessage(missing)?.kind).toBe("firstMessage");
    expect(policy.evaluate(from(page, "/"), { ...options, token: "late" })).toMatchObject({ allowed: true });
  });
});

describe("raceAbort()", () => {
  test("resolves and rejects as the work does, and leaves no listener", async () => {
    const { signal } = new AbortController();
    await expect(raceAbort(Promise.resolve(1), signal)).resolves.toBe(1);
    await expect(raceAbort(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
    // oxlint-disable-next-line unicorn/no-thenable
    const throws: unknown = Object.defineProperty({}, "then", {
      get: () => {
        throw new Error("no then");
      },
    });
    await expect(raceAbort(throws as PromiseLike<unknown>, signal)).rejects.toThrow("no then");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("rejects with the signal's reason when it aborts, and ignores what the work comes to", async () => {
    const controller = new AbortController();
    let fail = (_error: Error): void => {};
    const work = new Promise((_resolve, reject) => {
      fail = reject;
    });
    const race = raceAbort(work, controller.signal);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    const reason = new Error("left");
    controller.abort(reason);
    await expect(race).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    fail(new Error("too late"));
    await expect(raceAbort(Promise.resolve(1), controller.signal)).rejects.toBe(reason);
    await expect(raceAbort(Promise.reject(new Error("no")), controller.signal)).rejects.toBe(reason);
  });
});

describe("ordinary HTTP requests", () => {
  const host = "api.example";
  const request = (headers: Handshake["headers"] = {}): Handshake => ({ headers: { host, ...headers } });
  const site = (value: string): Handshake["headers"] => ({ "sec-fetch-site": value });
  const codeOf = async (policy: Policy<unknown>, handshake: Handshake, options: DecideOptions): Promise<string> => {
    const { code } = await policy.decide(handshake, options);
    expect((await policy.evaluate(handshake, options)).code).toBe(code);
    return code;
  };

  test("sameOrigin allows a request without an Origin, if the policy has hosts", async () => {
    const policy = createPolicy({ origins: [page], hosts: [host] });
    expect(await codeOf(policy, request(), {})).toBe("origin-missing");
    expect(await codeOf(policy, request(), { sameOrigin: true })).toBe("origin-absent");
    expect(await codeOf(policy, request(), { sameOrigin: false })).toBe("origin-missing");
    expect(await codeOf(createPolicy({ origins: [page] }), request(), { sameOrigin: true })).toBe("origin-missing");
  });

  test("sameOrigin changes nothing for another Host, or with an Origin", async () => {
    const policy = createPolicy({ origins: [page], hosts: [host] });
    const rows = [
      [request({ host: "attacker.test" }), "host-not-listed"],
      [request({ origin: "https://evil.test" }), "origin-not-listed"],
      [request({ origin: "null" }), "origin-opaque"],
      [request({ origin: page }), "origin-listed"],
    ] as const;
    for (const [handshake, code] of rows) expect(await codeOf(policy, handshake, { sameOrigin: true })).toBe(code);
  });

  test("with sameOrigin a token may come from the query; without it, missingOrigin: token wants the header", async () => {
    const token = { from: [bearerHeader(), queryParam("ticket")], verify: verifySync };
    const policy = createPolicy({ origins: [page], hosts: [host], missingOrigin: "token", token });
    const handshake = { ...request(), url: "/?ticket=good-token" };
    expect(await codeOf(policy, handshake, { sameOrigin: true })).toBe("origin-absent");
    expect(await codeOf(policy, handshake, {})).toBe("token-missing");
    expect(await codeOf(policy, request(), { sameOrigin: true })).toBe("token-missing");
  });

  test("with sameOrigin verify gets the server's own origin, if the browser says that a page of it asks", async () => {
    const pages: (string | undefined)[] = [];
    const verify: Verify = (token, context) => {
      pages.push(context.origin);
      return verifySync(token, context);
    };
    const rows: readonly (readonly [Partial<Handshake>, string | undefined])[] = [
      [{}, `http://${host}`],
      [{ secure: true }, `https://${host}`],
      [{ headers: { host: `${host.toUpperCase()}:80`, ...site("same-origin") } }, `http://${host}`],
      [{ headers: { host: `${host}:80`, ...site("same-origin") }, secure: true }, `https://${host}:80`],
      [{ headers: { host: "other.test", ...site("same-origin") }, host }, `http://${host}`],
      // The user, a browser that says nothing, and what nobody sends.
      [{ headers: { host, ...site("none") } }, undefined],
      [{ headers: { host } }, undefined],
      [{ rawHeaders: ["Host", host, "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "none"] }, undefined],
      [{ headers: { host, origin: page, ...site("same-origin") } }, page],
    ];
    const policy = tokenPolicy(verify, { hosts: [host] });
    for (const [given, origin] of rows) {
      const handshake = { url: "/?ticket=good-token", headers: { host, ...site("same-origin") }, ...given };
      expect((await policy.decide(handshake, { sameOrigin: true })).allowed).toBe(true);
      expect(pages.splice(0)).toEqual([origin]);
    }
    const handshake = { url: "/?ticket=good-token", headers: { host, ...site("same-origin") } };
    // Without `hosts` the Host is the attacker's to choose; and only an HTTP request says it of itself.
    for (const [options, asked] of [
      [{}, { sameOrigin: true }],
      [{ hosts: [host] }, {}],
    ] as const) {
      const other = tokenPolicy(verify, { missingOrigin: "allow", ...options });
      expect((await other.decide(handshake, asked)).allowed).toBe(true);
      expect(pages.splice(0)).toEqual([undefined]);
    }
  });

  test("askToken: false decides on Host, Origin and the directory, and does not call verify", async () => {
    const verify = vi.fn<Verify>(verifySync);
    const directory = { has: (origin: string) => Promise.resolve(origin === tenant) };
    const policy = tokenPolicy(verify, { directory, hosts: [host] });
    const asked = { askToken: false } as const;
    expect(await policy.decide(request({ origin: tenant }), asked)).toMatchObject({ code: "origin-in-directory" });
    expect(await policy.decide({ ...request({ origin: page }), url: "/?ticket=bad" }, asked)).toMatchObject({
      allowed: true,
      principal: undefined,
    });
    expect(await codeOf(policy, request({ origin: "https://evil.test" }), asked)).toBe("origin-not-listed");
    expect(await codeOf(policy, request({ origin: page, host: "attacker.test" }), asked)).toBe("host-not-listed");
    expect(verify).not.toHaveBeenCalled();
  });
});
