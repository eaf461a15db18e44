import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPolicy, explain, type Handshake, type Policy, type PolicyOptions } from "../src/index.ts";

function allows(policy: Policy, origin: string): boolean {
  return policy.check({ headers: { host: "api.app.example", origin } }).allowed;
}

/** Whether `URL` takes a name for what it is. The core holds no tables of what Punycode may decode to; browsers do. */
function isKnownToUrl(origin: string): boolean {
  return URL.canParse(origin);
}

const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9_-]{0,8}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => [...labels, "example"].join("."));
const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6().map((address) => `[${address}]`);
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined, freq: 2 });

const entry = fc
  .tuple(fc.constantFrom("https", "http"), fc.oneof(name, ipv4, ipv6), port)
  .map(([scheme, host, port]) => `${scheme}://${host}${port === undefined ? "" : `:${port}`}`);

/** Text that is nearly an origin, one part of it being anything. */
const nearly = fc
  .tuple(
    fc.oneof(fc.constantFrom("https://", "http://", "https:", "//", "capacitor://", "HTTPS://"), fc.string()),
    fc.oneof(
      name,
      ipv4,
      ipv6,
      fc.string({ unit: "binary" }),
      fc.domain(),
      fc.constantFrom("app.example", "a.app.example", "127.1", "[::1]"),
    ),
    fc.oneof(
      fc.constant(""),
      port.map((number) => `:${number}`),
      fc.string({ maxLength: 4 }),
    ),
  )
  .map((parts) => parts.join(""));

const text = fc.oneof(
  nearly,
  fc.string({ unit: "binary" }),
  fc.webUrl(),
  fc.constantFrom("null", "", "https://app.example"),
);

const policies: readonly PolicyOptions[] = [
  { origins: [] },
  { origins: ["https://app.example"] },
  {
    origins: ["https://*.app.example:8443", "http://localhost:*", "capacitor://localhost"],
  },
  { origins: ["https://**.app.example"], hosts: ["**.app.example", "[::1]", "localhost:3000"], sameHost: true },
  { sameHost: true, hosts: ["app.example"], missingOrigin: "allow", opaqueOrigin: "dangerously-allow", mode: "report" },
  { directory: { has: (origin) => origin.length % 2 === 0 }, dangerouslyAllowInsecureOrigins: true },
];

describe("totality", () => {
  const odd = fc.oneof(text, fc.array(fc.oneof(text, fc.anything())), fc.anything());
  const headers = fc.oneof(
    fc.record({ host: odd, origin: odd, "sec-fetch-site": odd, Origin: odd, HOST: odd }, { requiredKeys: [] }),
    fc.anything(),
  );
  const rawHeaders = fc.oneof(
    fc.array(fc.oneof(fc.constantFrom("Host", "Origin", "origin", "HOST"), odd)),
    fc.anything(),
  );
  const handshakes = fc.record(
    {
      headers,
      rawHeaders,
      host: odd,
      secure: fc.anything(),
      socket: fc.anything(),
      url: fc.anything(),
      ip: fc.anything(),
    },
    { requiredKeys: [] },
  );

  test("nothing a handshake holds makes check, decide or explain throw", async () => {
    const compiled = policies.map((options) => createPolicy(options));
    await fc.assert(
      fc.asyncProperty(handshakes, async (facts) => {
        const handshake = facts as unknown as Handshake;
        for (const policy of compiled) {
          const decision = policy.check(handshake);
          expect(typeof decision.allowed).toBe("boolean");
          expect(explain(decision)).toMatch(/^[\x20-\x7e\n]+$/);
          expect(explain(await policy.decide(handshake))).toMatch(/^[\x20-\x7e\n]+$/);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("nothing makes allowsOrigin and allowsOriginAsync throw", async () => {
    const compiled = policies.map((options) => createPolicy(options));
    await fc.assert(
      fc.asyncProperty(odd, async (value) => {
        for (const policy of compiled) {
          expect(typeof policy.allowsOrigin(value as string)).toBe("boolean");
          expect(typeof (await policy.allowsOriginAsync(value as string))).toBe("boolean");
        }
      }),
    );
  });

  test("two lines are never allowed", () => {
    const compiled = policies.map((options) => createPolicy(options));
    fc.assert(
      fc.property(fc.array(text, { minLength: 2 }), fc.boolean(), (lines, raw) => {
        const twice = raw
          ? { headers: {}, rawHeaders: ["Host", "app.example", ...lines.flatMap((line) => ["Origin", line])] }
          : { headers: { host: "app.example", origin: lines } };
        for (const policy of compiled)
          expect(policy.check(twice).code).toMatch(/^(?:origin-repeated|host-not-listed)$/);
      }),
    );
  });
});

describe("exact entries", () => {
  test("an entry allows itself as URL normalises it, and nothing that differs by one character", () => {
    fc.assert(
      fc.property(
        entry.filter(isKnownToUrl),
        fc.array(
          fc.tuple(fc.nat(300), fc.oneof(fc.constant(""), fc.string({ unit: "binary", minLength: 1, maxLength: 1 }))),
          { minLength: 20, maxLength: 20 },
        ),
        (written, edits) => {
          const policy = createPolicy({ origins: [written], dangerouslyAllowInsecureOrigins: true });
          const { origin } = new URL(written);
          expect(allows(policy, origin)).toBe(true);
          const edited = edits.flatMap(([at, char]) => {
            const index = at % (origin.length + 1);
            const [before, after] = [origin.slice(0, index), origin.slice(index)];
            return [before + char + after, before + char + after.slice(1), before + after.slice(1)];
          });
          const flipped = Array.from(
            origin,
            (char, index) => origin.slice(0, index) + char.toUpperCase() + origin.slice(index + 1),
          );
          const affixed = ["x", ".", " ", "/", ":1", "\0", ".evil.test"].flatMap((affix) => [
            affix + origin,
            origin + affix,
          ]);
          const parts = origin.split(/(?=[.:/])/).map((_part, index, all) => all.toSpliced(index, 1).join(""));
          const others = [...edited, ...flipped, ...affixed, ...parts].filter((other) => other !== origin);
          expect(others.filter((other) => allows(policy, other))).toStrictEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("a custom entry allows its own bytes alone", () => {
    const custom = fc
      .stringMatching(/^[a-z][a-z0-9+.-]{3,8}:\/\/[\w.~+$:-]{1,20}$/)
      .filter((origin) => !/^(?:https?|wss?|file|data|blob|ftp|about|mailto|javascript|filesystem):/.test(origin));
    fc.assert(
      fc.property(custom, text, (origin, other) => {
        const policy = createPolicy({ origins: [origin] });
        expect(allows(policy, origin)).toBe(true);
        expect(allows(policy, other)).toBe(other === origin);
        expect(allows(policy, `${origin}x`)).toBe(false);
        expect(allows(policy, origin.toUpperCase())).toBe(false);
      }),
    );
  });
});

describe("wildcards", () => {
  const labels = fc.array(fc.oneof(label, fc.string({ maxLength: 3 }), fc.constantFrom("-a", "a-", "", "a+b", "*")), {
    maxLength: 4,
  });

  test("* allows the base with exactly one more label, ** with one or more, and neither anything else", () => {
    fc.assert(
      fc.property(name, labels, fc.oneof(fc.constant(""), fc.string({ maxLength: 3 })), (base, more, affix) => {
        const [one, any] = [
          createPolicy({ origins: [`https://*.${base}`] }),
          createPolicy({ origins: [`https://**.${base}`] }),
        ];
        const host = [...more, base].join(".");
        // A string of the second kind may hold a dot, and so be two labels.
        const parts = more.join(".").split(".");
        const plain = more.length > 0 && parts.every((part) => /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/.test(part));
        expect(allows(any, `https://${host}`)).toBe(plain);
        expect(allows(one, `https://${host}`)).toBe(plain && parts.length === 1);
        for (const other of [
          `https://${host}${affix}`,
          `https://${affix}${base}`,
          `http://${host}`,
          `https://${host}:8443`,
        ]) {
          for (const policy of [one, any]) {
            const decision = policy.check({ headers: { origin: other } });
            expect(!decision.allowed || (other.startsWith("https://") && other.endsWith(`.${base}`))).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("agreement", () => {
  const options = {
    origins: ["https://app.example", "https://**.app.example", "http://localhost:*", "https://[::1]:*"],
    hosts: ["**.app.example"],
    sameHost: true,
  };

  test("what is allowed over http: or https: is an origin as URL serialises it", () => {
    const policy = createPolicy(options);
    const near = fc.oneof(
      text,
      fc
        .tuple(
          fc.constantFrom("https://", "http://"),
          fc.oneof(name, text),
          fc.constantFrom("", "."),
          fc.constantFrom("app.example", "localhost", "[::1]"),
          fc.oneof(
            fc.constant(""),
            port.map((number) => `:${number}`),
          ),
        )
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(near.filter(isKnownToUrl), (origin) => {
        for (const allowed of [
          allows(policy, origin),
          policy.check({ headers: { host: "a.app.example", origin }, secure: true }).allowed,
        ]) {
          expect(!allowed || new URL(origin).origin === origin).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("an A-label that decodes to nothing is a name like others, whatever the runtime's URL says: no browser sends it", () => {
    for (const entry of ["https://**.app.example", "https://xn--a.app.example"])
      expect(allows(createPolicy({ origins: [entry] }), "https://xn--a.app.example")).toBe(true);
    expect(allows(createPolicy({ origins: ["https://*.xn--a.example"] }), "https://b.xn--a.example")).toBe(true);
  });

  test("check, decide and allowsOrigin agree where the Host says nothing", async () => {
    const policy = createPolicy({ origins: options.origins });
    await fc.assert(
      fc.asyncProperty(text, async (origin) => {
        const handshake = { headers: { host: "api.app.example", origin } };
        const decision = policy.check(handshake);
        expect(await policy.decide(handshake)).toStrictEqual(decision);
        expect(policy.allowsOrigin(origin)).toBe(decision.allowed);
        expect(await policy.allowsOriginAsync(origin)).toBe(decision.allowed);
      }),
    );
  });

  test("two calls say the same: nothing is remembered", () => {
    const policy = createPolicy(options);
    fc.assert(
      fc.property(fc.array(text, { minLength: 2, maxLength: 5 }), (origins) => {
        const first = origins.map((origin) => policy.check({ headers: { origin, host: "a.app.example" } }));
        const second = origins
          .toReversed()
          .map((origin) => policy.check({ headers: { origin, host: "a.app.example" } }));
        expect(second.toReversed()).toStrictEqual(first);
      }),
    );
  });
});

/** Makes a handshake with about so many characters, and the number of the run among them. */
type MakeHandshake = (length: number, run: number) => Handshake;

const mebibyte = 1024 * 1024;

describe("processor time", () => {
  const policy = createPolicy({
    origins: ["https://**.app.example", "https://app.example"],
    hosts: ["**.app.example"],
    sameHost: true,
  });

  let runs = 0;

  /**
   * Microseconds of processor time that the quickest of 15 runs takes: other work and the garbage collector only make runs slower. Each run gets text of
   * its own, since engines remember a text's hash.
   */
  function quickest(length: number, make: MakeHandshake, act: (handshake: Handshake) => void): number {
    const times = Array.from({ length: 15 }, () => {
      const handshake = make(length, runs++);
      const start = process.cpuUsage();
      act(handshake);
      const { user, system } = process.cpuUsage(start);
      return user + system;
    });
    return Math.min(...times);
  }

  const check = (handshake: Handshake): void => void explain(policy.check(handshake));

  /** Looks at every character of a handshake once. */
  function read({ headers, rawHeaders = [] }: Handshake): void {
    let sum = 0;
    for (const text of [...Object.values(headers), ...rawHeaders].flat())
      if (text !== undefined) for (let at = 0; at < text.length; at++) sum ^= text.charCodeAt(at);
    expect(sum).toBeTypeOf("number");
  }

  const host = "api.app.example";
  test.each<[string, MakeHandshake]>([
    ["one label", (length, run) => ({ headers: { host, origin: `https://${"a".repeat(length)}${run}` } })],
    ["labels", (length, run) => ({ headers: { host, origin: `https://${"a.".repeat(length / 2)}${run}` } })],
    [
      "labels over a base",
      (length, run) => ({ headers: { host, origin: `https://${"a.".repeat(length / 2)}${run}.app.example` } }),
    ],
    ["hyphens", (length, run) => ({ headers: { host, origin: `https://${"-".repeat(length)}${run}` } })],
    ["digits", (length, run) => ({ headers: { host, origin: `https://${"1".repeat(length)}${run}` } })],
    ["IPv6 groups", (length, run) => ({ headers: { host, origin: `https://[${"0:".repeat(length / 2)}${run}]` } })],
    ["brackets", (length, run) => ({ headers: { host, origin: `https://${"[".repeat(length)}${run}` } })],
    ["colons", (length, run) => ({ headers: { host, origin: `${":".repeat(length)}${run}` } })],
    ["a scheme", (length, run) => ({ headers: { host, origin: `${"a".repeat(length)}${run}://x` } })],
    ["spaces", (length, run) => ({ headers: { host, origin: `${" ".repeat(length)}${run}` } })],
    [
      "a Host",
      (length, run) => ({
        headers: { host: `${"A".repeat(length)}${run}.app.example`, origin: "https://app.example" },
      }),
    ],
    [
      "a Host of labels",
      (length, run) => ({
        headers: { host: `${"a.".repeat(length / 2)}${run}.app.example`, origin: "https://app.example" },
      }),
    ],
    [
      "Origin lines",
      (length, run) => ({
        headers: {},
        rawHeaders: Array.from({ length: length / 16 }, (_, index) => (index % 2 === 0 ? "Origin" : `${run}`)),
      }),
    ],
    [
      "other lines",
      (length, run) => ({
        headers: {},
        rawHeaders: Array.from({ length: length / 16 }, (_, index) => `Origim${index}${run}`),
      }),
    ],
  ])("%s: a check of 1 MiB costs less than reading 20 MiB, and one of 1 KiB less than reading 1 MiB", (_name, make) => {
    // Some clocks of processor time tick in steps of milliseconds.
    const reading = Math.max(1000, quickest(mebibyte, make, read));
    expect(quickest(1024, make, check)).toBeLessThan(reading);
    expect(quickest(mebibyte, make, check)).toBeLessThan(20 * reading);
  });
});
