import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { createPolicy, type Directory, explain, type Handshake, type Policy } from "../src/index.ts";

const tenant = "https://tenant.example";

function from(origin: string | undefined): Handshake {
  return { headers: { host: "api.app.example", origin } };
}

function policyWith(directory: Directory): Policy {
  return createPolicy({ origins: ["https://app.example"], directory });
}

/** A directory whose answer has the wrong type, as plain JavaScript can have it. */
function answering(answer: unknown): Directory {
  return { has: () => answer as boolean };
}

/** A directory that answers `true` and remembers what it was asked. */
class Recorder implements Directory {
  readonly asked: string[] = [];

  has(origin: string): boolean {
    this.asked.push(origin);
    return true;
  }
}

describe("answers", () => {
  test.each<[string, Directory]>([
    ["true", { has: () => true }],
    ["a promise of true", { has: async () => true }],
    ["a Set that has it", new Set([tenant])],
    ["a Map that has it", new Map([[tenant, 1]])],
  ])("%s allows", async (_name, directory) => {
    expect(await policyWith(directory).decide(from(tenant))).toStrictEqual({
      allowed: true,
      code: "origin-in-directory",
      origin: tenant,
      matched: undefined,
      principal: undefined,
    });
    expect(await policyWith(directory).allowsOriginAsync(tenant)).toBe(true);
  });

  test.each<[string, Directory]>([
    ["false", { has: () => false }],
    ["a promise of false", { has: async () => false }],
    ["a Set that lacks it", new Set(["https://other.example"])],
  ])("%s refuses as not listed", async (_name, directory) => {
    expect(await policyWith(directory).decide(from(tenant))).toStrictEqual({
      allowed: false,
      code: "origin-not-listed",
      status: 403,
      origin: tenant,
    });
    expect(await policyWith(directory).allowsOriginAsync(tenant)).toBe(false);
  });

  test.each<[string, Directory, string]>([
    ["undefined", answering(undefined), "directory.has() returned undefined, which is neither true nor false."],
    ["null", answering(null), "directory.has() returned object, which is neither true nor false."],
    ["1", answering(1), "directory.has() returned number, which is neither true nor false."],
    ["text", answering("true"), "directory.has() returned string, which is neither true nor false."],
    [
      "a promise of an object",
      answering(Promise.resolve({})),
      "directory.has() returned object, which is neither true nor false.",
    ],
    ["a Boolean object", answering(Object(true)), "directory.has() returned object, which is neither true nor false."],
    [
      "a throw",
      {
        has() {
          throw new Error("no table");
        },
      },
      "directory.has() failed: no table",
    ],
    [
      "a throw of no error",
      {
        has() {
          throw "no table";
        },
      },
      "directory.has() failed: string",
    ],
    ["a rejection", { has: () => Promise.reject(new Error("no table")) }, "directory.has() failed: no table"],
  ])("%s refuses as failed, and says why to the operator alone", async (_name, directory, detail) => {
    const decision = await policyWith(directory).decide(from(tenant));
    expect(decision).toStrictEqual({ allowed: false, code: "directory-failed", status: 503, origin: tenant });
    expect(explain(decision)).toContain(`  detail:   ${detail}\n`);
    expect(await policyWith(directory).allowsOriginAsync(tenant)).toBe(false);
  });

  test("a thenable counts as a promise", async () => {
    // oxlint-disable-next-line unicorn/no-thenable
    const thenable = { then: (resolve: (answer: boolean) => void) => resolve(true) };
    expect((await policyWith(answering(thenable)).decide(from(tenant))).code).toBe("origin-in-directory");
  });

  test("a message of an error cannot break the line", async () => {
    const decision = await policyWith({ has: () => Promise.reject(new Error("a\n  fix:      none\u001b[2J")) }).decide(
      from(tenant),
    );
    expect(explain(decision)).toContain("  detail:   directory.has() failed: a\\u000a  fix:      none\\u001b[2J\n");
  });
});

describe("questions", () => {
  test("check never asks", () => {
    const directory = new Recorder();
    expect(policyWith(directory).check(from(tenant)).code).toBe("origin-not-listed");
    expect(policyWith(directory).allowsOrigin(tenant)).toBe(false);
    expect(directory.asked).toStrictEqual([]);
  });

  test.each<[string, Handshake]>([
    ["a listed origin", from("https://app.example")],
    ["no origin", from(undefined)],
    ["null", from("null")],
    ["an empty origin", from("")],
    ["a malformed origin", from("https://tenant.example/")],
    ["an upper-case origin", from("https://TENANT.example")],
    ["two origins", { headers: { host: "api.app.example", origin: [tenant, tenant] } }],
    ["plain http beyond loopback", from("http://tenant.example")],
    ["plain http of a name that looks like loopback", from("http://127.tenant.example")],
    ["plain http of a name that ends like loopback", from("http://evillocalhost")],
    ["an origin that is too long", from(`x://${"a".repeat(509)}`)],
  ])("%s is not asked about", async (_name, handshake) => {
    const directory = new Recorder();
    await policyWith(directory).decide(handshake);
    await policyWith(directory).allowsOriginAsync(handshake.headers["origin"]?.toString());
    expect(directory.asked).toStrictEqual([]);
  });

  test.each([
    tenant,
    "https://tenant.example:8443",
    "http://localhost:3000",
    "http://tenant.localhost",
    "http://127.0.0.1",
    "http://[::1]",
    "capacitor://tenant",
    `x://${"a".repeat(508)}`,
  ])("%s is asked about, whole and once", async (origin) => {
    const directory = new Recorder();
    expect(await policyWith(directory).decide(from(origin))).toMatchObject({ code: "origin-in-directory", origin });
    expect(directory.asked).toStrictEqual([origin]);
  });

  test("plain http is asked about once it is asked for", async () => {
    const directory = new Recorder();
    const policy = createPolicy({ directory, dangerouslyAllowInsecureOrigins: true });
    expect((await policy.decide(from("http://tenant.example"))).code).toBe("origin-in-directory");
  });

  test("nothing is asked of a handshake that its Host refuses, or of a page that is same-host", async () => {
    const directory = new Recorder();
    const policy = createPolicy({ directory, sameHost: true, hosts: ["app.example"] });
    expect((await policy.decide({ headers: { host: "evil.test", origin: tenant } })).code).toBe("host-not-listed");
    expect((await policy.decide({ headers: { host: "evil test", origin: tenant } })).code).toBe("host-malformed");
    expect((await policy.decide({ headers: { host: "app.example", origin: "http://app.example" } })).code).toBe(
      "origin-same-host",
    );
    expect(directory.asked).toStrictEqual([]);
  });

  test("without a directory decide says what check says", async () => {
    const policy = createPolicy({ origins: ["https://app.example"], missingOrigin: "allow" });
    for (const handshake of [from("https://app.example"), from(tenant), from("null"), from(undefined), from("x")]) {
      expect(await policy.decide(handshake)).toStrictEqual(policy.check(handshake));
    }
  });

  test("has is called on the directory, with a signal", async () => {
    const seen: unknown[] = [];
    const directory = {
      name: "tenants",
      has(origin: string, signal: AbortSignal): boolean {
        seen.push(this.name, origin, signal instanceof AbortSignal, signal.aborted);
        return true;
      },
    };
    await policyWith(directory).decide(from(tenant));
    expect(seen).toStrictEqual(["tenants", tenant, true, false]);
  });
});

describe("signal", () => {
  test("the directory gets the very signal", async () => {
    const { signal } = new AbortController();
    const seen: AbortSignal[] = [];
    const directory: Directory = { has: (_origin, signal) => seen.push(signal) > 0 };
    await policyWith(directory).decide(from(tenant), { signal });
    await policyWith(directory).allowsOriginAsync(tenant, { signal });
    expect(seen).toStrictEqual([signal, signal]);
    expect(seen[0]).toBe(signal);
  });

  test("an abort ends the wait for a directory that never answers", async () => {
    const controller = new AbortController();
    const policy = policyWith({ has: () => new Promise(() => {}) });
    const decision = policy.decide(from(tenant), { signal: controller.signal });
    const allowed = policy.allowsOriginAsync(tenant, { signal: controller.signal });
    controller.abort();
    expect(await decision).toMatchObject({ code: "directory-failed", status: 503, origin: tenant });
    expect(explain(await decision)).toContain("  detail:   The directory did not answer in time.\n");
    expect(await allowed).toBe(false);
  });

  test("an aborted signal refuses unasked", async () => {
    const directory = new Recorder();
    const signal = AbortSignal.abort();
    const decision = await policyWith(directory).decide(from(tenant), { signal });
    expect(decision.code).toBe("directory-failed");
    expect(explain(decision)).toContain("  detail:   The handshake was aborted before the directory was called.\n");
    expect(await policyWith(directory).allowsOriginAsync(tenant, { signal })).toBe(false);
    expect(directory.asked).toStrictEqual([]);
  });

  test("an aborted signal changes nothing where no directory is asked", async () => {
    const signal = AbortSignal.abort();
    const policy = policyWith(new Recorder());
    expect((await policy.decide(from("https://app.example"), { signal })).code).toBe("origin-listed");
    expect((await policy.decide(from("null"), { signal })).code).toBe("origin-opaque");
    expect(await policy.allowsOriginAsync("https://app.example", { signal })).toBe(true);
  });

  test("an answer that comes after the abort is not believed, and its rejection is nobody's", async () => {
    const controller = new AbortController();
    const late = [
      new Promise<boolean>((resolve) => controller.signal.addEventListener("abort", () => setImmediate(resolve, true))),
      new Promise<boolean>((_resolve, reject) =>
        controller.signal.addEventListener("abort", () => setImmediate(reject, new Error("too late"))),
      ),
    ];
    const decisions = late.map((answer) =>
      policyWith({ has: () => answer }).decide(from(tenant), { signal: controller.signal }),
    );
    controller.abort();
    for (const decision of await Promise.all(decisions)) expect(decision.code).toBe("directory-failed");
    await Promise.allSettled(late);
  });

  test.each<[string, Directory]>([
    ["true", { has: () => true }],
    ["a promise of true", { has: async () => true }],
    ["a promise of nonsense", answering(Promise.resolve("x"))],
    ["a rejection", { has: () => Promise.reject(new Error("no table")) }],
    [
      "a throw",
      {
        has() {
          throw new Error("no table");
        },
      },
    ],
  ])("no listener stays on the signal after %s", async (_name, directory) => {
    const { signal } = new AbortController();
    await policyWith(directory).decide(from(tenant), { signal });
    await policyWith(directory).allowsOriginAsync(tenant, { signal });
    expect(getEventListeners(signal, "abort")).toStrictEqual([]);
  });

  test("one listener waits with the directory, and goes with the abort", async () => {
    const controller = new AbortController();
    const decision = policyWith({ has: () => new Promise(() => {}) }).decide(from(tenant), {
      signal: controller.signal,
    });
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    controller.abort();
    await decision;
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  });
});
