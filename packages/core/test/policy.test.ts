import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { describe, expect, test } from "vitest";
import {
  type AllowCode,
  createPolicy,
  type DenyCode,
  denyCodes,
  type Handshake,
  type PolicyOptions,
  statusOf,
} from "../src/index.ts";

const site = { origins: ["https://app.example"] } satisfies PolicyOptions;

interface Case {
  readonly name: string;
  readonly options?: PolicyOptions;
  readonly request: Handshake;
  readonly code: AllowCode | DenyCode;
}

/** A handshake with one Host line and, where an origin is given, one Origin line. */
function from(origin: string | undefined, host = "api.app.example", more: Partial<Handshake> = {}): Handshake {
  return { headers: { host, origin }, ...more };
}

function codeOf(options: PolicyOptions, request: Handshake): AllowCode | DenyCode {
  return createPolicy(options).check(request).code;
}

test("every code has the status of the design", () => {
  const actual: Record<number, string> = {};
  for (const code of denyCodes) actual[statusOf(code)] = `${actual[statusOf(code)] ?? ""} ${code}`.trim();
  expect(actual).toStrictEqual({
    400: "handshake-malformed host-malformed host-missing host-repeated origin-malformed origin-repeated token-ambiguous",
    401: "token-expired token-invalid token-malformed token-missing token-revoked",
    403: "host-not-listed middleware-refused origin-cross-site origin-missing origin-not-listed origin-opaque token-forbidden token-origin-mismatch",
    404: "route-not-found",
    426: "upgrade-stripped version-unsupported",
    429: "too-many-connections too-many-failures",
    499: "client-gone",
    501: "protocol-unsupported",
    503: "directory-failed draining middleware-failed timed-out too-many-pending verifier-failed",
  });
});

describe("shape", () => {
  test("a refusal is exactly allowed, code, status and origin", () => {
    expect(createPolicy(site).check(from("https://evil.test"))).toStrictEqual({
      allowed: false,
      code: "origin-not-listed",
      status: 403,
      origin: "https://evil.test",
    });
    expect(createPolicy(site).check(from(undefined))).toStrictEqual({
      allowed: false,
      code: "origin-missing",
      status: 403,
      origin: undefined,
    });
  });

  test("a refusal is plain data: JSON and structuredClone carry all of it", () => {
    const refusal = createPolicy(site).check(from("https://evil.test"));
    expect(JSON.parse(JSON.stringify(refusal))).toStrictEqual(refusal);
    expect(structuredClone(refusal)).toStrictEqual(refusal);
    expect(Object.getPrototypeOf(refusal)).toBe(Object.prototype);
    expect(Reflect.ownKeys(refusal)).toStrictEqual(["allowed", "code", "status", "origin"]);
  });

  test("a grant names the origin and the entry that matched", () => {
    expect(createPolicy(site).check(from("https://app.example"))).toStrictEqual({
      allowed: true,
      code: "origin-listed",
      origin: "https://app.example",
      matched: "https://app.example",
      principal: undefined,
    });
    expect(createPolicy({ ...site, missingOrigin: "allow" }).check(from(undefined))).toStrictEqual({
      allowed: true,
      code: "origin-absent",
      origin: undefined,
      matched: undefined,
      principal: undefined,
    });
  });

  test("a refused origin is cut to 256 characters, not escaped", () => {
    const policy = createPolicy(site);
    expect(policy.check(from("\u001b[31m\u00e9")).origin).toBe("\u001b[31m\u00e9");
    expect(policy.check(from("x".repeat(256))).origin).toBe("x".repeat(256));
    expect(policy.check(from(`${"x".repeat(256)}y`)).origin).toBe("x".repeat(256));
  });

  test("an allowed origin is not cut", () => {
    const long = `capacitor://${"x".repeat(400)}`;
    expect(createPolicy({ origins: [long] }).check(from(long))).toMatchObject({ origin: long, matched: long });
  });

  test("the policy is frozen", () => {
    expect(Object.isFrozen(createPolicy(site))).toBe(true);
  });

  test("changing the options afterwards changes nothing", () => {
    const origins = ["https://app.example"];
    const policy = createPolicy({ origins });
    origins.push("https://evil.test");
    expect(policy.check(from("https://evil.test")).allowed).toBe(false);
  });

  test("mode is told, enforce by default, and changes no decision", () => {
    expect(createPolicy(site).mode).toBe("enforce");
    const report = createPolicy({ ...site, mode: "report" });
    expect(report.mode).toBe("report");
    expect(report.check(from("https://evil.test")).code).toBe("origin-not-listed");
  });
});

describe("order", () => {
  const policy = createPolicy({ ...site, hosts: ["api.app.example"] });
  const two = ["https://app.example", "https://app.example"];

  test.each<[DenyCode | AllowCode, Handshake["headers"]]>([
    ["host-repeated", { host: ["api.app.example", "evil test"], origin: two }],
    ["host-missing", { origin: two }],
    ["host-malformed", { host: "evil test", origin: two }],
    ["host-not-listed", { host: "evil.test", origin: two }],
    ["origin-repeated", { host: "api.app.example", origin: two }],
    ["origin-missing", { host: "api.app.example" }],
    ["origin-opaque", { host: "api.app.example", origin: "null" }],
    ["origin-malformed", { host: "api.app.example", origin: "evil" }],
    ["origin-not-listed", { host: "api.app.example", origin: "https://evil.test" }],
    ["origin-listed", { host: "api.app.example", origin: "https://app.example" }],
  ])("%s comes before what follows it", (code, headers) => {
    expect(policy.check({ headers }).code).toBe(code);
  });
});

describe("lines", () => {
  const policy = createPolicy({ ...site, hosts: ["api.app.example"] });
  const host = "api.app.example";
  const origin = "https://app.example";

  test.each<[string, DenyCode | AllowCode, Handshake]>([
    ["an array of one is that value", "origin-listed", { headers: { host: [host], origin: [origin] } }],
    ["an array of two equal Origins is repeated", "origin-repeated", { headers: { host, origin: [origin, origin] } }],
    ["an array of two equal Hosts is repeated", "host-repeated", { headers: { host: [host, host], origin } }],
    ["an empty array is no line", "origin-missing", { headers: { host, origin: [] } }],
    ["undefined is no line", "origin-missing", { headers: { host, origin: undefined } }],
    ["an empty line is a line", "origin-malformed", { headers: { host, origin: "" } }],
    ["an empty Host is a line", "host-malformed", { headers: { host: "", origin } }],
    ["names have no case", "origin-listed", { headers: { Host: host, ORIGIN: origin } }],
    [
      "names that differ in case alone are one field",
      "origin-repeated",
      { headers: { host, Origin: origin, ORIGIN: origin } },
    ],
    [
      "a value joined of two lines is no origin",
      "origin-malformed",
      { headers: { host, origin: `${origin}, ${origin}` } },
    ],
    ["names must be whole", "origin-missing", { headers: { host, origins: origin, "x-origin": origin, orig: origin } }],
    ["names of one length are told apart", "origin-missing", { headers: { host, origim: origin, prigin: origin } }],
    ["rawHeaders are read", "origin-listed", { headers: {}, rawHeaders: ["Host", host, "Origin", origin] }],
    [
      "rawHeaders show the second Origin that headers join",
      "origin-repeated",
      {
        headers: { host, origin: `${origin}, ${origin}` },
        rawHeaders: ["Host", host, "Origin", origin, "origin", origin],
      },
    ],
    [
      "rawHeaders show the second Host that headers hide",
      "host-repeated",
      { headers: { host, origin }, rawHeaders: ["Host", host, "HOST", "evil.test", "Origin", origin] },
    ],
    [
      "rawHeaders win over headers",
      "origin-not-listed",
      { headers: { host, origin }, rawHeaders: ["Host", host, "Origin", "https://evil.test"] },
    ],
    ["empty rawHeaders are not read", "origin-listed", { headers: { host, origin }, rawHeaders: [] }],
    ["a value in rawHeaders is no name", "origin-missing", { headers: {}, rawHeaders: ["Host", host, "X", "Origin"] }],
    [
      "a name without a value cannot be read",
      "handshake-malformed",
      { headers: {}, rawHeaders: ["Host", host, "Origin"] },
    ],
  ])("%s: %s", (_name, code, handshake) => {
    expect(policy.check(handshake).code).toBe(code);
  });

  test("repeated values are shown joined, in order", () => {
    const decision = policy.check({ headers: { host, origin: ["https://app.example", "https://evil.test"] } });
    expect(decision.origin).toBe("https://app.example, https://evil.test");
  });

  test("an IncomingMessage fits, and so do its headersDistinct", () => {
    const request = new IncomingMessage(new Socket());
    request.rawHeaders = ["Host", host, "Origin", origin, "Origin", origin];
    request.headers = { host, origin: `${origin}, ${origin}` };
    expect(policy.check(request).code).toBe("origin-repeated");
    expect(policy.check({ headers: { host: [host], origin: [origin, origin] } }).code).toBe("origin-repeated");
  });
});

describe("exact entries", () => {
  test.each([
    "https://app.example",
    "https://app.example:8443",
    "http://localhost",
    "http://localhost:3000",
    "http://app.localhost",
    "http://127.0.0.1:3000",
    "http://127.8.9.10",
    "http://[::1]:3000",
    "https://[2001:db8::1]",
    "https://192.0.2.10",
    "https://a_b.app.example",
    "https://a+b.app.example",
    "https://-a-.app.example",
    "https://xn--bcher-kva.example",
    "https://localhost6",
    "capacitor://localhost",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "safari-web-extension://0A1B2C3D-4E5F",
    "moz-extension://0a1b2c3d",
    "app://obsidian.md",
    "vscode-webview://1a2b3c",
  ])("%s matches itself, and no other scheme, port or name", (entry) => {
    const policy = createPolicy({ origins: [entry] });
    expect(policy.check(from(entry))).toMatchObject({ code: "origin-listed", matched: entry });
    const others = [`${entry}.`, `${entry}0`, `${entry}/`, `${entry}:80`, `x${entry}`, entry.replace("://", "://x.")];
    expect(others.filter((other) => policy.check(from(other)).allowed)).toStrictEqual([]);
  });

  test.each([
    ["upper case", "https://APP.example"],
    ["upper-case scheme", "HTTPS://app.example"],
    ["the default port", "https://app.example:443"],
    ["a path", "https://app.example/"],
    ["a query", "https://app.example?"],
    ["user information", "https://user@app.example"],
    ["a trailing dot", "https://app.example."],
    ["a leading space", " https://app.example"],
    ["a trailing space", "https://app.example "],
    ["a tab", "https://app\t.example"],
    ["a NUL", "https://app.example\0"],
    ["a missing slash", "https:/app.example"],
    ["back slashes", "https:\\\\app.example"],
    ["percent encoding", "https://%61pp.example"],
    ["a character that IDNA maps", "https://\u00aapp.example"],
    ["two values", "https://app.example, https://app.example"],
    ["no scheme", "app.example"],
    ["an empty scheme", "://app.example"],
    ["upper-case null", "NULL"],
    ["an empty port", "https://app.example:"],
    ["port 0", "https://app.example:0"],
    ["a port with a zero in front", "https://app.example:08443"],
    ["a port that is too high", "https://app.example:65536"],
    ["a port that is too long", "https://app.example:100000"],
    ["two ports", "https://app.example:1:2"],
    ["letters for a port", "https://app.example:abc"],
    ["an empty label", "https://app..example"],
    ["a leading dot", "https://.app.example"],
    ["an empty host", "https://"],
    ["a label of 64", `https://${"a".repeat(64)}.example`],
    ["a name of 254", `https://${"a.".repeat(126)}aa`],
    ["513 characters of a custom scheme", `x://${"a".repeat(509)}`],
    ["an IPv4 address in short form", "https://127.1"],
    ["an IPv4 address in hexadecimal", "https://0x7f.0.0.0x1"],
    ["an IPv4 address with a number above 255", "https://10.0.2.555"],
    ["an IPv4 address with a zero in front", "https://10.0.02.5"],
    ["an IPv4 address of five numbers", "https://1.2.3.4.5"],
    ["a number for a name", "https://2130706433"],
    ["a name that ends in a number", "https://app.example.1"],
    ["IPv6 in upper case", "https://[2001:DB8::1]"],
    ["IPv6 written out", "https://[2001:db8:0:0:0:0:0:1]"],
    ["IPv6 with zeros in front", "https://[2001:0db8::1]"],
    ["IPv6 that shortens the second of two equal runs", "https://[1:0:0:2::3:4]"],
    ["IPv6 that shortens one group", "https://[1::2:3:4:5:6:7]"],
    ["IPv6 with two gaps", "https://[1::2::3]"],
    ["IPv6 with a group too many", "https://[1:2:3:4:5:6:7:8:9]"],
    ["IPv6 with a group too few", "https://[1:2:3:4:5:6:7]"],
    ["IPv6 with a group of five", "https://[12345::1]"],
    ["IPv6 that shortens nothing", "https://[1:2:3:4::5:6:7:8]"],
    ["IPv6 with an IPv4 tail", "https://[::ffff:127.0.0.1]"],
    ["IPv6 with a zone", "https://[fe80::1%eth0]"],
    ["IPv6 that is longer than any", `https://[${"0:".repeat(20)}1]`],
    ["IPv6 that does not end", "https://[::1"],
    ["IPv6 without a beginning", "https://::1]"],
    ["something between the bracket and the port", "https://[::1]x:80"],
    ["an empty custom origin", "capacitor://"],
    ["a custom scheme that starts with a digit", "1x://localhost"],
    ["an upper-case custom scheme", "Capacitor://localhost"],
    ["a path after a custom scheme", "capacitor://localhost/"],
    ["a star", "https://*.app.example"],
  ])("%s is no serialised origin: %s", (_name, origin) => {
    expect(codeOf(site, from(origin))).toBe("origin-malformed");
  });

  test.each([
    ["a label of 63", `https://${"a".repeat(63)}.example`],
    ["a name of 253", `https://${"a.".repeat(126)}a`],
    ["512 characters of a custom scheme", `x://${"a".repeat(508)}`],
    ["port 65535", "https://app.example:65535"],
    ["port 1", "https://app.example:1"],
    ["the default port of the other scheme", "https://app.example:80"],
    ["the default port of the other scheme, http", "http://app.example:443"],
    ["an IPv4 address", "https://255.0.10.255"],
    ["IPv6, all groups", "https://[1:2:3:4:5:6:7:8]"],
    ["IPv6, a single zero", "https://[1:2:3:0:5:6:7:8]"],
    ["IPv6, two single zeros", "https://[1:0:3:0:5:6:7:8]"],
    ["IPv6, unspecified", "https://[::]"],
    ["IPv6, loopback", "https://[::1]"],
    ["IPv6, a run at the end", "https://[1:2:3:4:5:6::]"],
    ["IPv6, the first of two equal runs", "https://[1::2:3:0:0:4]"],
    ["IPv6, the longer of two runs", "https://[1:0:0:2::3]"],
    ["IPv6, mapped", "https://[::ffff:7f00:1]"],
    ["a name that ends in letters after a digit", "https://app.1a"],
    ["a name that looks hexadecimal and is not", "https://app.0xg"],
    ["a custom scheme", "my+app.v-2://a.b_c~d+e$f:1"],
  ])("%s is a serialised origin: %s", (_name, origin) => {
    expect(codeOf(site, from(origin))).toBe("origin-not-listed");
  });

  test("names of Object.prototype are no entries", () => {
    for (const origin of ["__proto__", "constructor", "toString", "https://constructor", "https://__proto__"]) {
      expect(codeOf(site, from(origin))).toMatch(/^origin-(?:malformed|not-listed)$/);
    }
  });

  test("an empty list is nobody", () => {
    expect(codeOf({ origins: [] }, from("https://app.example"))).toBe("origin-not-listed");
  });
});

describe("wildcards", () => {
  const one = "https://*.app.example";
  const any = "https://**.app.example";

  test.each<[string, readonly string[], string, string | undefined]>([
    ["* covers one more label", [one], "https://a.app.example", one],
    ["* does not cover two", [one], "https://a.b.app.example", undefined],
    ["* does not cover the apex", [one], "https://app.example", undefined],
    ["** covers one more label", [any], "https://a.app.example", any],
    ["** covers many", [any], "https://a.b.c.d.app.example", any],
    ["** does not cover the apex", [any], "https://app.example", undefined],
    ["* is told before **", [any, one], "https://a.app.example", one],
    ["** takes what * leaves", [one, any], "https://a.b.app.example", any],
    [
      "the deepest base is told",
      [any, "https://*.a.app.example"],
      "https://x.a.app.example",
      "https://*.a.app.example",
    ],
    ["a deeper * does not hide a higher **", [any, "https://*.a.app.example"], "https://x.y.a.app.example", any],
    ["the apex can be listed beside", [one, "https://app.example"], "https://app.example", "https://app.example"],
    ["a match starts at a dot", [one, any], "https://evilapp.example", undefined],
    ["a match ends at the end", [one, any], "https://a.app.example.evil.test", undefined],
    ["the scheme must be equal", [one, any], "http://a.app.example", undefined],
    ["the port must be equal", [one, any], "https://a.app.example:8443", undefined],
    [
      "a written port must be equal",
      ["https://*.app.example:8443"],
      "https://a.app.example:8443",
      "https://*.app.example:8443",
    ],
    ["a written port is not optional", ["https://*.app.example:8443"], "https://a.app.example", undefined],
    ["no other port", ["https://*.app.example:8443"], "https://a.app.example:8444", undefined],
    ["an underscore may stand for the star", [one], "https://_a_.app.example", "https://*.app.example"],
    ["a plus may not", [one, any], "https://a+b.app.example", undefined],
    ["a dollar may not", [one, any], "https://$.app.example", undefined],
    ["a leading hyphen may not", [one, any], "https://-a.app.example", undefined],
    ["a trailing hyphen may not", [one, any], "https://a-.app.example", undefined],
    ["a leading hyphen further in may not", [any], "https://a.-b.app.example", undefined],
    ["a trailing hyphen further out may not", [any], "https://a-.b.app.example", undefined],
    ["a hyphen inside may", [any], "https://a-b.c--d.app.example", any],
    ["an A-label may", [one], "https://xn--bcher-kva.app.example", one],
    [
      "a base with an underscore is a base",
      ["https://*.a_b.example"],
      "https://x.a_b.example",
      "https://*.a_b.example",
    ],
    ["http below localhost", ["http://*.localhost"], "http://a.localhost", "http://*.localhost"],
    [
      "http below localhost, with a port",
      ["http://**.localhost:3000"],
      "http://a.b.localhost:3000",
      "http://**.localhost:3000",
    ],
    ["an address is no subdomain", ["https://*.2.3.example"], "https://1.2.3.4", undefined],
  ])("%s", (_name, origins, origin, matched) => {
    const decision = createPolicy({ origins }).check(from(origin));
    expect(decision.allowed ? decision.matched : undefined).toBe(matched);
    expect(decision.code).toBe(matched === undefined ? "origin-not-listed" : "origin-listed");
  });

  test("a custom scheme is not covered", () => {
    expect(codeOf({ origins: [any] }, from("capacitor://a.app.example"))).toBe("origin-not-listed");
  });
});

describe("any port", () => {
  const origins = ["http://localhost:*", "https://app.localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];

  test.each<[string, string | undefined]>([
    ["http://localhost", "http://localhost:*"],
    ["http://localhost:1", "http://localhost:*"],
    ["http://localhost:65535", "http://localhost:*"],
    ["https://localhost:3000", undefined],
    ["http://a.localhost:3000", undefined],
    ["http://localhost.evil.test:3000", undefined],
    ["https://app.localhost:3000", "https://app.localhost:*"],
    ["http://127.0.0.1:3000", "http://127.0.0.1:*"],
    ["http://127.0.0.2:3000", undefined],
    ["http://[::1]:3000", "http://[::1]:*"],
    ["capacitor://localhost", undefined],
  ])("%s is covered by %s", (origin, matched) => {
    const decision = createPolicy({ origins }).check(from(origin));
    expect(decision.allowed ? decision.matched : undefined).toBe(matched);
  });
});

describe("hosts", () => {
  const origin = "https://app.example";

  test.each<[string, readonly string[], string, boolean, boolean?]>([
    ["a name stands for every port", ["api.app.example"], "api.app.example", true],
    ["a name stands for every port, written", ["api.app.example"], "api.app.example:8443", true],
    ["case says nothing", ["api.app.example"], "API.App.Example:8443", true],
    ["a port must be equal", ["api.app.example:8443"], "api.app.example:8443", true],
    ["a port must be equal, case or not", ["api.app.example:8443"], "API.app.example:8443", true],
    ["no other port", ["api.app.example:8443"], "api.app.example:8444", false],
    ["no port is no other port", ["api.app.example:8443"], "api.app.example", false],
    ["no port is 443 over TLS", ["api.app.example:443"], "api.app.example", true, true],
    ["no port is 80 without TLS", ["api.app.example:443"], "api.app.example", false, false],
    ["no port is 80 without TLS, listed", ["api.app.example:80"], "api.app.example", true, false],
    ["no port is not 80 over TLS", ["api.app.example:80"], "api.app.example", false, true],
    ["* covers one label, any port", ["*.app.example"], "a.app.example:8443", true],
    ["* covers no two", ["*.app.example"], "a.b.app.example", false],
    ["* covers no apex", ["*.app.example"], "app.example", false],
    ["** covers two", ["**.app.example"], "a.b.app.example", true],
    ["a wildcard with a port", ["*.app.example:8443"], "a.app.example:8443", true],
    ["a wildcard with another port", ["*.app.example:8443"], "a.app.example:8444", false],
    ["a wildcard with the default port", ["*.app.example:443"], "a.app.example", true, true],
    ["a wildcard starts at a dot", ["**.app.example"], "evilapp.example", false],
    ["an IPv4 address", ["127.0.0.1"], "127.0.0.1:9229", true],
    ["an IPv4 address is no suffix", ["*.0.1.example"], "127.0.0.1", false],
    ["an IPv6 address", ["[::1]"], "[::1]", true],
    ["an IPv6 address with a port", ["[::1]:9229"], "[::1]:9229", true],
    ["an IPv6 address in upper case", ["[2001:db8::a]"], "[2001:DB8::A]", true],
    ["an empty list is nobody", [], "api.app.example", false],
  ])("%s", (_name, hosts, host, listed, secure) => {
    const decision = createPolicy({ ...site, hosts }).check(from(origin, host, { secure }));
    expect(decision.code).toBe(listed ? "origin-listed" : "host-not-listed");
  });

  test.each([
    "api.app.example.",
    "api.app.example:",
    "api.app.example:0",
    "api.app.example:65536",
    "api.app.example/",
    "user@api.app.example",
    "api.app.example, api.app.example",
    " api.app.example",
    "*.app.example",
    "api..example",
    "127.1",
    "[::1]x",
    "[0:0::1]",
    "file:",
    "",
    "\u212a.app.example",
    "a".repeat(301),
  ])("%j is malformed, with hosts or without", (host) => {
    expect(codeOf({ ...site, hosts: ["api.app.example", "**.app.example"] }, from(origin, host))).toBe(
      "host-malformed",
    );
    expect(codeOf(site, from(origin, host))).toBe("host-malformed");
  });

  test("without hosts every well-formed Host will do, and none", () => {
    expect(codeOf(site, from(origin, "evil.test"))).toBe("origin-listed");
    expect(codeOf(site, { headers: { origin } })).toBe("origin-listed");
  });

  test("the trusted host is judged instead of the header", () => {
    const options = { ...site, hosts: ["api.app.example"] };
    expect(codeOf(options, from(origin, "upstream.internal", { host: "api.app.example" }))).toBe("origin-listed");
    expect(codeOf(options, from(origin, "api.app.example", { host: "evil.test" }))).toBe("host-not-listed");
    expect(codeOf(options, from(origin, "api.app.example", { host: "evil test" }))).toBe("host-malformed");
    expect(codeOf(options, { headers: { origin }, host: "api.app.example" })).toBe("origin-listed");
  });

  test("a trusted host does not excuse two Host lines", () => {
    const headers = { host: ["api.app.example", "evil.test"], origin };
    expect(codeOf({ ...site, hosts: ["api.app.example"] }, { headers, host: "api.app.example" })).toBe("host-repeated");
  });

  test("a host listed by another port still decides by the whole list", () => {
    const hosts = ["api.app.example:8443", "api.app.example:9443", "localhost"];
    expect(codeOf({ ...site, hosts }, from(origin, "api.app.example:9443"))).toBe("origin-listed");
    expect(codeOf({ ...site, hosts }, from(origin, "localhost:1"))).toBe("origin-listed");
  });
});

describe("sameHost", () => {
  const options = {
    sameHost: true,
    hosts: ["**.app.example", "app.example", "localhost", "[::1]"],
  } satisfies PolicyOptions;

  test.each<Case>([
    {
      name: "https over TLS",
      request: from("https://app.example", "app.example", { secure: true }),
      code: "origin-same-host",
    },
    {
      name: "http without TLS",
      request: from("http://app.example", "app.example", { secure: false }),
      code: "origin-same-host",
    },
    { name: "no TLS by default", request: from("http://app.example", "app.example"), code: "origin-same-host" },
    { name: "https without TLS", request: from("https://app.example", "app.example"), code: "origin-not-listed" },
    {
      name: "http over TLS",
      request: from("http://app.example", "app.example", { secure: true }),
      code: "origin-not-listed",
    },
    {
      name: "a TLS socket",
      request: from("https://app.example", "app.example", { socket: { encrypted: true } }),
      code: "origin-same-host",
    },
    {
      name: "secure: false over a TLS socket",
      request: from("https://app.example", "app.example", { secure: false, socket: { encrypted: true } }),
      code: "origin-not-listed",
    },
    {
      name: "a socket whose TLS is off",
      request: from("https://app.example", "app.example", { socket: { encrypted: false } }),
      code: "origin-not-listed",
    },
    {
      name: "a socket without TLS",
      request: from("https://app.example", "app.example", { socket: {} }),
      code: "origin-not-listed",
    },
    {
      name: "no socket",
      request: from("https://app.example", "app.example", { socket: null }),
      code: "origin-not-listed",
    },
    {
      name: "a default port in Host",
      request: from("https://app.example", "app.example:443", { secure: true }),
      code: "origin-same-host",
    },
    {
      name: "a default port in Host, http",
      request: from("http://app.example", "app.example:80"),
      code: "origin-same-host",
    },
    {
      name: "the other default port",
      request: from("http://app.example", "app.example:443"),
      code: "origin-not-listed",
    },
    { name: "equal ports", request: from("http://localhost:3000", "localhost:3000"), code: "origin-same-host" },
    { name: "another port", request: from("http://localhost:3001", "localhost:3000"), code: "origin-not-listed" },
    { name: "a port in Origin alone", request: from("http://localhost:3000", "localhost"), code: "origin-not-listed" },
    { name: "a port in Host alone", request: from("http://localhost", "localhost:3000"), code: "origin-not-listed" },
    { name: "Host in upper case", request: from("http://app.example", "APP.example"), code: "origin-same-host" },
    { name: "IPv6", request: from("http://[::1]:3000", "[::1]:3000"), code: "origin-same-host" },
    { name: "a parent", request: from("http://app.example", "a.app.example"), code: "origin-not-listed" },
    { name: "a sibling", request: from("http://b.app.example", "a.app.example"), code: "origin-not-listed" },
    { name: "a custom scheme", request: from("capacitor://localhost", "localhost"), code: "origin-not-listed" },
    { name: "null", request: from("null", "app.example"), code: "origin-opaque" },
    { name: "no Origin", request: from(undefined, "app.example"), code: "origin-missing" },
    {
      name: "the trusted host",
      request: from("http://app.example", "upstream.internal", { host: "app.example" }),
      code: "origin-same-host",
    },
    { name: "a Host that is not listed", request: from("http://evil.test", "evil.test"), code: "host-not-listed" },
  ])("$name: $code", ({ request, code }) => {
    expect(codeOf(options, request)).toBe(code);
  });

  test("it is off by default", () => {
    const { hosts } = options;
    expect(codeOf({ origins: [], hosts }, from("http://app.example", "app.example"))).toBe("origin-not-listed");
  });

  test("it names no entry", () => {
    const decision = createPolicy(options).check(from("http://app.example", "app.example"));
    expect(decision).toStrictEqual({
      allowed: true,
      code: "origin-same-host",
      origin: "http://app.example",
      matched: undefined,
      principal: undefined,
    });
  });

  test("a TLSSocket is one, a Socket is none", () => {
    const headers = { host: "app.example", origin: "https://app.example" };
    expect(codeOf(options, { headers, socket: new TLSSocket(new Socket()) })).toBe("origin-same-host");
    expect(codeOf(options, { headers, socket: new Socket() })).toBe("origin-not-listed");
  });

  test.each<[string | undefined, AllowCode | DenyCode]>([
    [undefined, "origin-same-host"],
    ["same-origin", "origin-same-host"],
    ["same-site", "origin-same-host"],
    ["none", "origin-same-host"],
    ["cross-site", "origin-cross-site"],
    ["same-origin, cross-site", "origin-cross-site"],
  ])("Sec-Fetch-Site: %s is %s", (site, code) => {
    const headers = { host: "app.example", origin: "http://app.example", "sec-fetch-site": site };
    expect(codeOf(options, { headers })).toBe(code);
  });

  test("Sec-Fetch-Site allows nothing, and refuses nothing that is listed", () => {
    const headers = { host: "app.example", origin: "https://evil.test", "sec-fetch-site": "same-origin" };
    expect(codeOf(options, { headers })).toBe("origin-not-listed");
    const listed = { host: "app.example", origin: "https://app.example", "sec-fetch-site": "cross-site" };
    expect(codeOf({ ...options, ...site }, { headers: listed, secure: true })).toBe("origin-listed");
  });
});

describe("missing and opaque origins", () => {
  test.each<Case>([
    { name: "missing, by default", options: site, request: from(undefined), code: "origin-missing" },
    {
      name: "missing, denied",
      options: { ...site, missingOrigin: "deny" },
      request: from(undefined),
      code: "origin-missing",
    },
    {
      name: "missing, allowed",
      options: { ...site, missingOrigin: "allow" },
      request: from(undefined),
      code: "origin-absent",
    },
    {
      name: "missing, opaque allowed",
      options: { ...site, opaqueOrigin: "dangerously-allow" },
      request: from(undefined),
      code: "origin-missing",
    },
    {
      name: "empty, missing allowed",
      options: { ...site, missingOrigin: "allow" },
      request: from(""),
      code: "origin-malformed",
    },
    { name: "null, by default", options: site, request: from("null"), code: "origin-opaque" },
    { name: "null, denied", options: { ...site, opaqueOrigin: "deny" }, request: from("null"), code: "origin-opaque" },
    {
      name: "null, missing allowed",
      options: { ...site, missingOrigin: "allow" },
      request: from("null"),
      code: "origin-opaque",
    },
    {
      name: "null, allowed",
      options: { ...site, opaqueOrigin: "dangerously-allow" },
      request: from("null"),
      code: "origin-listed",
    },
    {
      name: "Null, allowed null",
      options: { ...site, opaqueOrigin: "dangerously-allow" },
      request: from("Null"),
      code: "origin-malformed",
    },
  ])("$name: $code", ({ options = site, request, code }) => {
    expect(codeOf(options, request)).toBe(code);
  });

  test("null is allowed as null, and the list holds as before", () => {
    const policy = createPolicy({ ...site, opaqueOrigin: "dangerously-allow" });
    expect(policy.check(from("null"))).toMatchObject({ origin: "null", matched: "null" });
    expect(policy.check(from("https://evil.test")).code).toBe("origin-not-listed");
  });
});

describe("insecure origins", () => {
  test("http beyond loopback is compared like any other, once it is asked for", () => {
    const options = { origins: ["http://app.example", "http://*.app.example"], dangerouslyAllowInsecureOrigins: true };
    expect(codeOf(options, from("http://app.example"))).toBe("origin-listed");
    expect(codeOf(options, from("http://a.app.example"))).toBe("origin-listed");
    expect(codeOf(options, from("https://app.example"))).toBe("origin-not-listed");
  });
});

describe("allowsOrigin", () => {
  const policy = createPolicy({
    origins: ["https://app.example", "https://*.app.example", "http://localhost:*", "capacitor://localhost"],
    hosts: ["api.app.example"],
    sameHost: true,
    missingOrigin: "allow",
    directory: { has: () => true },
  });

  test.each<[string | undefined, boolean]>([
    ["https://app.example", true],
    ["https://a.app.example", true],
    ["http://localhost:5173", true],
    ["capacitor://localhost", true],
    ["https://evil.test", false],
    ["https://app.example/", false],
    ["https://api.app.example.evil.test", false],
    ["null", false],
    ["", false],
    [undefined, false],
    [`https://${"a".repeat(600)}`, false],
  ])("%s: %s", (origin, allowed) => {
    expect(policy.allowsOrigin(origin)).toBe(allowed);
  });

  test("null only where it is let in everywhere", () => {
    expect(createPolicy({ ...site, opaqueOrigin: "dangerously-allow" }).allowsOrigin("null")).toBe(true);
  });

  test("allowsOriginAsync asks the directory where allowsOrigin says no", async () => {
    expect(await policy.allowsOriginAsync("https://app.example")).toBe(true);
    expect(await policy.allowsOriginAsync("https://tenant.test")).toBe(true);
    expect(await policy.allowsOriginAsync("https://tenant.test/")).toBe(false);
    expect(await policy.allowsOriginAsync("null")).toBe(false);
    expect(await policy.allowsOriginAsync(undefined)).toBe(false);
    expect(await createPolicy(site).allowsOriginAsync("https://tenant.test")).toBe(false);
  });
});
