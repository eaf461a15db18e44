import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bearerHeader,
  ConfigurationError,
  cookie,
  createPolicy,
  explain,
  firstMessage,
  PolicyError,
  type PolicyIssue,
  type PolicyIssueCode,
  type PolicyOptions,
  queryParam,
  refuse,
  splitList,
} from "../src/index.ts";

const verify = () => refuse("invalid");

/** What createPolicy has against the options; nothing, where it takes them. What is no PolicyError is thrown on. */
function issuesOf(options: unknown): readonly PolicyIssue[] {
  try {
    createPolicy(options as PolicyOptions);
    return [];
  } catch (error) {
    if (error instanceof PolicyError) return error.issues;
    throw error;
  }
}

/** The entries that a message tells to write. */
function proposals({ message }: PolicyIssue): readonly string[] {
  const [, advice = ""] = message.split(/[Ww]rite (.*)/s);
  const [first = ""] = advice.split(/; (?:if|to allow)/);
  return Array.from(first.matchAll(/"(?:[^"\\]|\\.)*"/g), ([quoted]) => JSON.parse(quoted) as string);
}

function origin(entry: unknown): unknown {
  return { origins: [entry] };
}

function host(entry: unknown): unknown {
  return { origins: [], hosts: [entry] };
}

type Row = readonly [options: unknown, entry: string, ...contains: readonly [string, ...string[]]];

const rows = {
  "entry-not-a-string": [
    [origin(1), "1", '1 is not a string. Write an origin such as "https://app.example.com"'],
    [origin(/x/), "/x/", "/x/ is not a string"],
    [origin(undefined), "undefined", "undefined is not a string"],
    [host(null), "null", 'null is not a string. Write a host such as "api.example.com"'],
  ],
  "host-invalid": [
    [host(""), "", 'is empty. Remove it, or write a host such as "api.example.com"'],
    [host(" "), " ", "is empty"],
    [host("api.app.example/x"), "api.app.example/x", 'Write "api.app.example".'],
    [host("api.app.example?"), "api.app.example?", 'Write "api.app.example".'],
    [host("api.app.example#x"), "api.app.example#x", 'Write "api.app.example".'],
    [host("api.app.example\\x"), "api.app.example\\x", 'Write "api.app.example".'],
    [host("api.app.example:0/x"), "api.app.example:0/x", 'Write "api.app.example".'],
    [host("user@api.app.example"), "user@api.app.example", "user name", 'Write "api.app.example".'],
    [host("api.app.example."), "api.app.example.", 'Write "api.app.example".'],
    [host("api.app.example.:8443"), "api.app.example.:8443", 'Write "api.app.example:8443".'],
    [host("*.app.example."), "*.app.example.", 'Write "*.app.example".'],
    [host("api..example"), "api..example", 'Write a host such as "api.example.com" or "[::1]:3000"'],
    [host("::1"), "::1", '"[::1]:3000"'],
    [host("256.1.1.1"), "256.1.1.1", "is not a host name"],
    [host(":80"), ":80", "is not a host name"],
    [host("%61"), "%61", "is not a host name"],
  ],
  "host-port-invalid": [
    [host("api.app.example:0"), "api.app.example:0", 'has the port "0"', 'Write "api.app.example", or the right port.'],
    [host("api.app.example:65536"), "api.app.example:65536", 'Write "api.app.example"'],
    [host("*.app.example:080"), "*.app.example:080", 'Write "*.app.example"'],
    [host("api.app.example:"), "api.app.example:", 'has the port ""'],
    [host("api.app.example:*"), "api.app.example:*", "covers every port", 'Write "api.app.example".'],
    [host("*:*"), "*:*", 'Write a host such as "api.example.com"'],
  ],
  "host-public-suffix": [
    [host("*.com"), "*.com", 'Write "api.com"'],
    [host("**.co.uk"), "**.co.uk", 'Write "api.co.uk"'],
    [host("*.vercel.app:443"), "*.vercel.app:443", 'Write "api.vercel.app"'],
  ],
  "host-scheme-present": [
    [host("https://api.app.example"), "https://api.app.example", 'Write "api.app.example".'],
    [host("wss://api.app.example:8443/x?y"), "wss://api.app.example:8443/x?y", 'Write "api.app.example:8443".'],
    [host("//api.app.example"), "//api.app.example", 'Write "api.app.example".'],
    [host("https://"), "https://", 'Write a host such as "api.example.com".'],
  ],
  "host-wildcard-invalid": [
    [host("*"), "*", "would allow every Host", 'Write a host such as "api.example.com"'],
    [host("**"), "**", '"*.example.com"'],
    [host("api.*.example"), "api.*.example", "has a star in the wrong place"],
    [host("*app.example"), "*app.example", "has a star in the wrong place"],
    [host("*.*.app.example"), "*.*.app.example", "has a star in the wrong place"],
    [
      host(".app.example"),
      ".app.example",
      'Write "**.app.example" for every name below it, and "app.example" for itself.',
    ],
    [host("*.127.0.0.1"), "*.127.0.0.1", 'Write "127.0.0.1".'],
    [host("**.[::1]:80"), "**.[::1]:80", 'Write "[::1]".'],
  ],
  "option-incoherent": [
    [{ sameHost: true }, "sameHost", "DNS rebinding", 'Write hosts: ["api.example.com"]'],
    [{ origins: [], missingOrigin: "token" }, "missingOrigin", 'or missingOrigin: "deny"'],
    [
      { origins: [], missingOrigin: "token", token: { from: [queryParam("ticket")], verify } },
      "missingOrigin",
      "needs a token from the Authorization header",
    ],
    [
      { origins: [], missingOrigin: "allow", token: { from: [cookie("sid")], verify } },
      "token",
      'cookie() needs an Origin rule, and missingOrigin: "allow" allows',
    ],
    [
      { origins: [], opaqueOrigin: "dangerously-allow", token: { from: [bearerHeader(), cookie("sid")], verify } },
      "token",
      'opaqueOrigin: "dangerously-allow" allows',
    ],
  ],
  "option-invalid": [
    [undefined, "options", 'createPolicy({ origins: ["https://app.example.com"] })'],
    [null, "options", "createPolicy takes an object"],
    [["https://app.example"], "options", "createPolicy takes an object"],
    ["https://app.example", "options", "createPolicy takes an object"],
    [{ origins: "https://app.example" }, "origins", 'Write origins: ["https://app.example"].'],
    [
      { origins: null },
      "origins",
      'null is not a list. Write origins: ["https://app.example.com"] with your own origins, or [] to allow none.',
    ],
    [{ origins: new Set(["https://app.example"]) }, "origins", "[object Set] is not a list"],
    [{ origins: [], hosts: "api.app.example" }, "hosts", 'Write hosts: ["api.app.example"].'],
    [{ origins: [], hosts: {} }, "hosts", 'Write hosts: ["api.example.com"] with your own hosts'],
    [{ origins: [], sameHost: "yes" }, "sameHost", '"yes" is invalid. Write false or true.'],
    [{ origins: "*" }, "origins", 'Write origins: ["https://app.example.com"] with your own origins'],
    [
      { origins: "https://a.example,https://b.example" },
      "origins",
      'Write origins: ["https://a.example", "https://b.example"].',
      "environment variable, write origins: splitList(value).",
    ],
    [{ origins: "a.example b.example/" }, "origins", 'Write origins: ["https://a.example", "https://b.example"].'],
    [{ origins: [], hosts: "a.example, b.example" }, "hosts", 'Write hosts: ["a.example", "b.example"]. If'],
    [
      { origins: [], dangerouslyAllowInsecureOrigins: 1 },
      "dangerouslyAllowInsecureOrigins",
      "Write a list of the entries that it covers, true for every entry, or false.",
    ],
    [{ origins: [], opaqueOrigin: "allow" }, "opaqueOrigin", 'Write "deny" or "dangerously-allow".'],
    [{ origins: [], missingOrigin: null }, "missingOrigin", 'null is invalid. Write "deny" or "allow" or "token".'],
    [{ origins: [], mode: "dry-run" }, "mode", 'Write "enforce" or "report".'],
    [{ directory: () => true }, "directory", "Write directory: { has: async (origin, signal) => ... }."],
    [{ directory: null }, "directory", "null has no has() method"],
    [{ directory: {} }, "directory", "[object Object] has no has() method"],
    [{ directory: { has: true } }, "directory", "has no has() method"],
    [{ origins: [], token: "sid" }, "token", '"sid" is invalid. Write token: { from: [bearerHeader()], verify'],
    [{ origins: [], token: { from: [{}], verify } }, "token.from[0]", "it is not a source. Write bearerHeader(),"],
    [{ origins: [], token: { from: [null], verify } }, "token.from[0]", "it is not a source."],
    [{ origins: [], token: { from: [cookie("")], verify } }, "token.from[0]", 'Write cookie("sid").'],
    [{ origins: [], token: { from: [queryParam("a b")], verify } }, "token.from[0]", 'Write queryParam("ticket").'],
    [
      { origins: [], token: { from: [firstMessage({ deadline: 0 })], verify } },
      "token.from[0]",
      "firstMessage({ deadline: 5000 })",
    ],
    [
      { origins: [], token: { from: [firstMessage({ maxBytes: 1.5 })], verify } },
      "token.from[0]",
      "firstMessage({ maxBytes: 4096 })",
    ],
    [
      { origins: [], token: { from: [{ ...firstMessage(), read: "token" }], verify } },
      "token.from[0]",
      "read must be a function",
    ],
    [{ origins: [], token: { from: [cookie("a"), cookie("a")], verify } }, "token.from", "lists a source twice"],
    [{ origins: [], token: { from: [bearerHeader()], verify, required: 1 } }, "token.required", "Write true or false."],
  ],
  "option-missing": [
    [{}, "origins", 'Write origins: ["https://app.example.com"], or [] to allow none.'],
    [{ hosts: ["api.app.example"], sameHost: false }, "origins", "origins is missing"],
    [{ origins: undefined }, "origins", "origins is missing"],
    [{ origins: [], token: { from: [bearerHeader()] } }, "token.verify", "token.verify is missing"],
    [{ origins: [], token: { from: [], verify } }, "token.from", "not a list of sources"],
    [{ origins: [], token: { from: "cookie", verify } }, "token.from", "not a list of sources"],
  ],
  "option-unknown": [
    [
      { origins: [], origin: [] },
      "origin",
      'Unknown option "origin". Did you mean "origins"? Valid options: origins, ',
    ],
    [{ origins: [], Hosts: [] }, "Hosts", 'Did you mean "hosts"?'],
    [
      { origins: [], allowedOrigins: [] },
      "allowedOrigins",
      'Unknown option "allowedOrigins". Valid options: origins, directory, hosts',
    ],
    [{ origins: [], directories: [] }, "directories", 'Did you mean "directory"?'],
    [{ origins: [], samehost: true }, "samehost", 'Did you mean "sameHost"?'],
    [
      { origins: [], token: { from: [bearerHeader()], verify, requird: false } },
      "token.requird",
      "Valid options: from, verify, required.",
    ],
    [{ origins: [], "a\nb": 1 }, "a\nb", 'Unknown option "a\\nb".'],
  ],
  "origin-host-invalid": [
    [origin(""), "", 'is empty. Remove it, or write an origin such as "https://app.example.com".'],
    [origin(" \t"), " \t", "is empty"],
    [origin(","), ",", "is empty"],
    [origin("https://"), "https://", "names no host"],
    [origin("https://:443"), "https://:443", "names no host"],
    [origin("https://app.example."), "https://app.example.", 'Write "https://app.example".'],
    [origin("https://*.app.example.:8443"), "https://*.app.example.:8443", 'Write "https://*.app.example:8443".'],
    [origin("https://app..example"), "https://app..example", 'Write "https://app.example".'],
    [origin("https://..app.example"), "https://..app.example", 'Write "https://app.example".'],
    [origin("https://%61pp.example"), "https://%61pp.example", "self.origin"],
    [origin("https://256.1.1.1"), "https://256.1.1.1", "has no valid host"],
    [origin("https://app.example:1:2"), "https://app.example:1:2", "has no valid host"],
    [origin("https://[1:2]"), "https://[1:2]", "has no valid host"],
    [origin(`https://${"a".repeat(64)}.example`), `https://${"a".repeat(64)}.example`, "has no valid host"],
    [origin(`x://${"a".repeat(509)}`), `x://${"a".repeat(509)}`, "is longer than 512 characters", "remove it"],
    [origin("capacitor://"), "capacitor://", "Write the origin as the page's self.origin shows it."],
    [origin("capacitor://local!host"), "capacitor://local!host", 'has no valid host after "capacitor://"'],
  ],
  "origin-insecure": [
    [
      origin("http://app.example"),
      "http://app.example",
      "the visitor's cookies",
      'Write "https://app.example"; to allow it anyway, set dangerouslyAllowInsecureOrigins: ["http://app.example"].',
    ],
    [
      origin("http://*.app.example:8080"),
      "http://*.app.example:8080",
      'Write "https://*.app.example:8080";',
      'dangerouslyAllowInsecureOrigins: ["http://*.app.example:8080"].',
    ],
    [origin("http://192.168.1.5:5173"), "http://192.168.1.5:5173", 'Write "https://192.168.1.5:5173";'],
    [origin("http://LAN:80"), "http://LAN:80", 'Write "https://lan"; to'],
    [origin("http://localhost.app.example"), "http://localhost.app.example", 'Write "https://localhost.app.example";'],
    [origin("http://127.app.example"), "http://127.app.example", 'Write "https://127.app.example";'],
    [origin("http://128.0.0.1"), "http://128.0.0.1", 'Write "https://128.0.0.1";'],
    [origin("http://[::2]"), "http://[::2]", 'Write "https://[::2]";'],
  ],
  "origin-list-in-one-entry": [
    [
      origin("https://app.example,https://b.example"),
      "https://app.example,https://b.example",
      'one entry each: "https://app.example", "https://b.example".',
    ],
    [
      origin("app.example b.example/x"),
      "app.example b.example/x",
      'one entry each: "https://app.example", "https://b.example".',
    ],
    [origin("https://app.example; *"), "https://app.example; *", 'one entry each: "https://app.example".'],
    [origin("null *"), "null *", 'Write origins such as "https://app.example.com", one entry each.'],
  ],
  "origin-never-sent": [
    [origin("data:text/html"), "data:text/html", 'data: pages send "null"'],
    [origin("BLOB:https://app.example/1"), "BLOB:https://app.example/1", "blob: pages"],
    [origin("about:blank"), "about:blank", "about: pages"],
    [origin("javascript:0x"), "javascript:0x", "URLs are not pages"],
    [origin("mailto:a@app.example"), "mailto:a@app.example", "URLs are not pages"],
    [origin("ftp://app.example"), "ftp://app.example", "Remove it."],
    [origin("filesystem:https://app.example/x"), "filesystem:https://app.example/x", "Remove it."],
  ],
  "origin-opaque": [
    [origin("null"), "null", "which any site can make", 'opaqueOrigin: "dangerously-allow"'],
    [origin("NULL"), "NULL", "Remove it"],
    [origin("file://"), "file://", '"null" or "file://"', 'opaqueOrigin: "dangerously-allow"'],
    [origin("FILE:///index.html"), "FILE:///index.html", "a scheme of its own"],
  ],
  "origin-path-present": [
    [origin("https://app.example/"), "https://app.example/", 'Write "https://app.example".'],
    [origin("https://app.example:8443/chat"), "https://app.example:8443/chat", 'Write "https://app.example:8443".'],
    [origin("https://app.example?x"), "https://app.example?x", 'Write "https://app.example".'],
    [origin("https://app.example#x"), "https://app.example#x", 'Write "https://app.example".'],
    [origin("https://app.example\\x"), "https://app.example\\x", 'Write "https://app.example".'],
    [origin("http://app.example/"), "http://app.example/", 'Write "https://app.example".'],
    [origin("https://user@app.example/"), "https://user@app.example/", 'Write "https://app.example".'],
    [origin("capacitor://localhost/"), "capacitor://localhost/", 'Write "capacitor://localhost".'],
    [
      origin("https:///app.example"),
      "https:///app.example",
      'names no host. Write an origin such as "https://app.example.com".',
    ],
  ],
  "origin-port-invalid": [
    [
      origin("https://app.example:0"),
      "https://app.example:0",
      'has the port "0"',
      'Write "https://app.example", or the right port.',
    ],
    [origin("https://app.example:65536"), "https://app.example:65536", 'Write "https://app.example"'],
    [origin("https://app.example:0443"), "https://app.example:0443", 'Write "https://app.example"'],
    [origin("https://*.app.example:x"), "https://*.app.example:x", 'Write "https://*.app.example"'],
    [origin("https://app.example:"), "https://app.example:", 'has the port ""'],
    [
      origin("https://app.example:*"),
      "https://app.example:*",
      "only loopback names",
      'Write "https://app.example", or the port.',
    ],
    [origin("http://*.localhost:*"), "http://*.localhost:*", 'Write "http://*.localhost"'],
  ],
  "origin-public-suffix": [
    [origin("https://*.com"), "https://*.com", 'Write "https://my-app.com"', "`directory`"],
    [origin("https://**.co.uk"), "https://**.co.uk", 'Write "https://my-app.co.uk"'],
    [origin("https://*.github.io:8443"), "https://*.github.io:8443", 'Write "https://my-app.github.io:8443"'],
    [origin("https://*.EXAMPLE"), "https://*.EXAMPLE", 'below "example"'],
  ],
  "origin-scheme-invalid": [
    [origin("ws://localhost:3000"), "ws://localhost:3000", 'Write "http://localhost:3000".'],
    [origin("ws://app.example"), "ws://app.example", 'Write "https://app.example".'],
    [
      origin("wss://app.example/chat"),
      "wss://app.example/chat",
      "an Origin is that of a page",
      'Write "https://app.example".',
    ],
    [origin("WSS://*.app.example"), "WSS://*.app.example", 'Write "https://*.app.example".'],
    [origin("http*://app.example"), "http*://app.example", 'starts with "http*"', 'Write "https://app.example".'],
    [origin("1http://app.example"), "1http://app.example", 'Write "https://app.example".'],
  ],
  "origin-scheme-missing": [
    [origin("app.example"), "app.example", 'Write "https://app.example".'],
    [origin("app.example:8443"), "app.example:8443", 'Write "https://app.example:8443".'],
    [origin("app.example/chat"), "app.example/chat", 'Write "https://app.example".'],
    [origin("localhost:3000"), "localhost:3000", 'Write "http://localhost:3000".'],
    [origin("127.0.0.1"), "127.0.0.1", 'Write "http://127.0.0.1".'],
    [origin("data:443"), "data:443", 'Write "https://data:443".'],
    [origin("//app.example"), "//app.example", 'Write "https://app.example".'],
    [origin("://app.example"), "://app.example", 'Write "https://app.example".'],
    [origin("https:app.example"), "https:app.example", 'Write "https://app.example".'],
    [origin("WSS:/app.example"), "WSS:/app.example", 'Write "https://app.example".'],
    [origin(".app.example"), ".app.example", 'Write "https://*.app.example".'],
    [origin("*.app.example"), "*.app.example", 'Write "https://*.app.example".'],
    [origin("*.com"), "*.com", 'Write "https://my-app.com".'],
    [origin("*"), "*", 'would allow every page. Write an origin such as "https://app.example.com".'],
    [origin("/^https:/"), "/^https:/", "looks like a regular expression", '"https://*.example.com"'],
    [origin("^https://app\\.example$"), "^https://app\\.example$", "looks like a regular expression"],
    [origin("(https://)?app.example"), "(https://)?app.example", "looks like a regular expression"],
    [origin("/chat"), "/chat", "looks like a regular expression or a path"],
  ],
  "origin-userinfo-present": [
    [origin("https://user@app.example"), "https://user@app.example", 'Write "https://app.example".'],
    [
      origin("https://user:pw@app.example:8443"),
      "https://user:pw@app.example:8443",
      'Write "https://app.example:8443".',
    ],
    [origin("https://a@b@app.example"), "https://a@b@app.example", 'Write "https://app.example".'],
    [origin("https://user@"), "https://user@", 'Write an origin such as "https://app.example.com".'],
  ],
  "origin-wildcard-invalid": [
    [origin("https://*"), "https://*", "would allow every page"],
    [origin("https://**:8443"), "https://**:8443", "would allow every page"],
    [
      origin("https://*app.example"),
      "https://*app.example",
      'Write "https://*.app.example", or the exact origin; if the names are known only at run time, use `directory`.',
    ],
    [origin("https://app*.b.example"), "https://app*.b.example", 'Write "https://*.b.example"'],
    [origin("https://*.*.app.example:8443"), "https://*.*.app.example:8443", 'Write "https://*.app.example:8443"'],
    [origin("https://(a|b).app.example"), "https://(a|b).app.example", 'Write "https://*.app.example"'],
    [origin("https://[*].app.example"), "https://[*].app.example", 'Write "https://*.app.example"'],
    [
      origin("https://app.*.example"),
      "https://app.*.example",
      'Write an origin such as "https://app.example.com", or the exact origin; if',
    ],
    [origin("https://ev*l.app.example"), "https://ev*l.app.example", 'Write "https://*.app.example"'],
    [origin("https://ap*p.example"), "https://ap*p.example", 'Write an origin such as "https://app.example.com"'],
    [origin("https://app.*"), "https://app.*", 'Write an origin such as "https://app.example.com"'],
    [origin("https://[::g]"), "https://[::g]", "a pattern in the wrong place"],
    [origin("http://192.168.*.*"), "http://192.168.*.*", "has a star over an address"],
    [origin("https://*.127.0.0.1"), "https://*.127.0.0.1", "has a star over an address", 'Write "https://127.0.0.1".'],
    [origin("http://**.[::1]:80"), "http://**.[::1]:80", 'Write "http://[::1]".'],
    [
      origin("chrome-extension://*"),
      "chrome-extension://*",
      "which only http: and https: entries may have",
      "Write the exact origin; if it differs for each installation",
      'directory: { has: (origin) => origin.startsWith("chrome-extension://") }.',
    ],
  ],
  "whitespace-present": [
    [origin(" https://app.example"), " https://app.example", 'Write "https://app.example".'],
    [origin("https://app.example\n"), "https://app.example\n", 'Write "https://app.example".'],
    [origin("https://app.example/;"), "https://app.example/;", 'Write "https://app.example".'],
    [host(" api.app.example"), " api.app.example", 'Write "api.app.example".'],
    [
      host("api.app.example, b.example/"),
      "api.app.example, b.example/",
      'Write one entry each: "api.app.example", "b.example".',
    ],
    [host("*, **"), "*, **", 'Write hosts such as "api.example.com", one entry each.'],
  ],
} satisfies Record<PolicyIssueCode, readonly Row[]>;

const listed = Object.entries(rows).flatMap(([code, cases]) =>
  cases.map(([options, entry, ...contains]) => ({ code, options, entry, contains })),
);

describe("issues", () => {
  test.each(listed)("$code: $entry ($contains.0)", ({ code, options, entry, contains }) => {
    const issues = issuesOf(options);
    expect(issues.map((issue) => [issue.code, issue.entry])).toStrictEqual([[code, entry]]);
    const message = issues[0]?.message ?? "";
    expect(contains.filter((text) => !message.includes(text))).toStrictEqual([]);
    expect(message).toMatch(/^[\x20-\x7e]+\.$/);
  });

  test.each(listed.filter(({ code }) => !code.startsWith("option-")))("$code: $entry is named with its list", (row) => {
    expect(issuesOf(row.options)[0]?.message).toMatch(/^(?:origins|hosts): /);
  });

  test("every problem is reported at once, in the order of the options", () => {
    const issues = issuesOf({
      hosts: ["*", "api.app.example", "https://api.app.example"],
      origins: ["app.example", "https://app.example", 1, "null"],
      origin: [],
      sameHost: "yes",
      missingOrigin: "token",
      directory: {},
      mode: "off",
    });
    expect(issues.map(({ code, entry }) => `${code} ${entry}`)).toStrictEqual([
      "option-unknown origin",
      "option-invalid sameHost",
      "option-invalid mode",
      "option-incoherent missingOrigin",
      "option-invalid directory",
      "origin-scheme-missing app.example",
      "entry-not-a-string 1",
      "origin-opaque null",
      "host-wildcard-invalid *",
      "host-scheme-present https://api.app.example",
    ]);
  });

  test("the error has a code, a name, frozen issues, and a message that numbers them", () => {
    const error = (() => {
      try {
        return createPolicy({ origins: ["app.example", "null"] });
      } catch (error) {
        return error;
      }
    })();
    expect(error).toBeInstanceOf(PolicyError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "PolicyError", code: "ERR_WSORIGIN_POLICY" });
    const { issues, message } = error as PolicyError;
    expect([issues, ...issues].every((value) => Object.isFrozen(value))).toBe(true);
    expect(issues.map((issue) => Object.keys(issue))).toStrictEqual([
      ["code", "entry", "message"],
      ["code", "entry", "message"],
    ]);
    expect(message).toBe(`2 problems:\n  1. ${issues[0]?.message}\n  2. ${issues[1]?.message}`);
    expect(new PolicyError(issues.slice(1)).message).toBe(issues[1]?.message);
    expect(error).toBeInstanceOf(ConfigurationError);
  });

  test("explain says an issue as it is", () => {
    const [issue] = issuesOf(origin("app.example"));
    expect(issue === undefined ? "" : explain(issue)).toBe(
      'Configuration problem (origin-scheme-missing): origins: "app.example" has no scheme. Write "https://app.example".',
    );
  });
});

describe("what a message tells to write", () => {
  test.each(listed.filter(({ code }) => code.startsWith("origin-")))("$code: $entry is mended to an origin", (row) => {
    const proposed = issuesOf(row.options).flatMap(proposals);
    expect(proposed.flatMap((proposal) => issuesOf(origin(proposal)))).toStrictEqual([]);
  });

  test.each(listed.filter(({ code }) => code.startsWith("host-")))("$code: $entry is mended to a host", (row) => {
    const proposed = issuesOf(row.options).flatMap(proposals);
    expect(proposed.flatMap((proposal) => issuesOf(host(proposal)))).toStrictEqual([]);
  });

  const pieces = fc.constantFrom(
    ..."https:// http:// ws:// wss: capacitor:// blob: :// / // . .. , ; * *. ** **. : :* :0 :443 :8443 @ ? # % _ - + $ ^ ( ) | [ ] [::1] \\".split(
      " ",
    ),
    ..."app evil example test com co.uk github.io localhost 127.0.0.1 10.0 1 0x1 null NULL xn-- xn--a APP".split(" "),
    " ",
    "\n",
    "\0",
    "\u00e9",
    "\u00ad",
    "\ud800",
  );
  const rough = fc.oneof(
    fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join("")),
    fc.string({ unit: "binary" }),
  );

  test("any text is an origin entry, or one problem whose corrections are entries", () => {
    fc.assert(
      fc.property(rough, fc.boolean(), (entry, dangerouslyAllowInsecureOrigins) => {
        const read = (text: string) => issuesOf({ origins: [text], dangerouslyAllowInsecureOrigins });
        const issues = read(entry);
        expect(issues.length).toBeLessThanOrEqual(1);
        expect(issues.flatMap(proposals).flatMap(read)).toStrictEqual([]);
        expect(issues.every(({ message }) => /^[\x20-\x7e]+$/.test(message))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  /** Applies what a message about a list says to write, including the exception for plain http. */
  function follow(options: Readonly<Record<string, unknown>>, { entry, message }: PolicyIssue): unknown {
    const exception = /set dangerouslyAllowInsecureOrigins: (\[.*\])\.$/.exec(message)?.[1];
    if (exception !== undefined) return { ...options, dangerouslyAllowInsecureOrigins: JSON.parse(exception) };
    const list = /Write \w+: (\[.*?"\])/.exec(message)?.[1];
    return list === undefined ? options : { ...options, [entry]: JSON.parse(list) };
  }

  test("the exception for an entry is accepted, and no other", () => {
    fc.assert(
      fc.property(rough, (entry) => {
        const options = { origins: [entry] };
        for (const issue of issuesOf(options).filter(({ code }) => code === "origin-insecure"))
          expect(issuesOf(follow(options, issue))).toStrictEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test("a list in one text is answered with a list that is accepted", () => {
    const text = fc.array(rough, { maxLength: 3 }).map((entries) => entries.join(","));
    fc.assert(
      fc.property(text, fc.constantFrom("origins", "hosts"), (value, name) => {
        const options = { origins: [], [name]: value };
        const [issue] = issuesOf(options);
        expect(issue?.code).toBe("option-invalid");
        const split = issue?.message.includes("splitList") === true ? splitList(value) : [];
        const followed = [issue === undefined ? options : follow(options, issue), { ...options, [name]: split }];
        expect(followed.flatMap(issuesOf)).toStrictEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test("any text is a host entry, or one problem whose corrections are entries", () => {
    fc.assert(
      fc.property(rough, (entry) => {
        const issues = issuesOf(host(entry));
        expect(issues.length).toBeLessThanOrEqual(1);
        expect(issues.flatMap(proposals).flatMap((proposal) => issuesOf(host(proposal)))).toStrictEqual([]);
        expect(issues.every(({ message }) => /^[\x20-\x7e]+$/.test(message))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("plain http entries beyond loopback", () => {
  const page = "http://192.168.1.5:5173";
  const allowing = (dangerouslyAllowInsecureOrigins: unknown, ...origins: readonly string[]) =>
    issuesOf({ origins, dangerouslyAllowInsecureOrigins }).map(({ code, entry }) => `${code} ${entry}`);

  test("are allowed by a list that names them, as normalised", () => {
    expect(allowing([page], page)).toStrictEqual([]);
    expect(allowing(["HTTP://LAN:80"], "http://lan")).toStrictEqual([]);
    expect(allowing(["http://*.lan.example"], "http://*.lan.example", "https://app.example")).toStrictEqual([]);
    const policy = createPolicy({ origins: [page, "https://app.example"], dangerouslyAllowInsecureOrigins: [page] });
    expect([page, "http://192.168.1.5", "http://app.example"].map((origin) => policy.allowsOrigin(origin))).toEqual([
      true,
      false,
      false,
    ]);
  });

  test("are refused if the list names another", () => {
    expect(allowing([page], page, "http://192.168.1.6:5173")).toStrictEqual([
      "origin-insecure http://192.168.1.6:5173",
    ]);
    expect(allowing([], page)).toStrictEqual([`origin-insecure ${page}`]);
  });

  test("the list names only such entries of `origins`", () => {
    expect(allowing([page], "https://app.example")).toStrictEqual([`option-incoherent ${page}`]);
    const needless = '"http://localhost:3000"';
    expect(allowing(["http://localhost:3000"], "http://localhost:3000")).toStrictEqual([
      `option-incoherent ${needless}`,
    ]);
    expect(allowing(["lan"], page)).toStrictEqual(["origin-scheme-missing lan", `origin-insecure ${page}`]);
    expect(allowing([1], page)).toStrictEqual(["entry-not-a-string 1", `origin-insecure ${page}`]);
  });

  test("a list does not open the directory to others", async () => {
    const options = { origins: [page], dangerouslyAllowInsecureOrigins: [page], directory: { has: () => true } };
    const policy = createPolicy(options);
    expect(await policy.allowsOriginAsync("http://app.example")).toBe(false);
    expect(await policy.allowsOriginAsync("https://app.example")).toBe(true);
  });
});

describe("splitList", () => {
  test.each<[string | undefined, readonly string[]]>([
    ["https://a.example,https://b.example", ["https://a.example", "https://b.example"]],
    [" https://a.example ,\n https://b.example, ", ["https://a.example", "https://b.example"]],
    ["https://a.example", ["https://a.example"]],
    ["", []],
    [undefined, []],
  ])("%j", (text, entries) => {
    expect(splitList(text)).toStrictEqual(entries);
    expect(issuesOf({ origins: splitList(text) })).toStrictEqual([]);
  });
});

describe("normalisation", () => {
  test.each([
    ["HTTPS://App.Example", "https://app.example", "https://app.example"],
    ["https://app.example:443", "https://app.example", "https://app.example"],
    ["http://localhost:80", "http://localhost", "http://localhost"],
    ["https://localhost:80", "https://localhost:80", "https://localhost:80"],
    ["https://b\u00fccher.example", "https://xn--bcher-kva.example", "https://xn--bcher-kva.example"],
    ["https://XN--BCHER-KVA.example", "https://xn--bcher-kva.example", "https://xn--bcher-kva.example"],
    ["https://\uff41pp.example", "https://app.example", "https://app.example"],
    ["https://[2001:DB8:0:0::1]:8443", "https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"],
    ["http://[::FFFF:127.0.0.1]", "http://[::ffff:7f00:1]", undefined],
    ["https://127.1", "https://127.0.0.1", "https://127.0.0.1"],
    ["https://0x7f000001", "https://127.0.0.1", "https://127.0.0.1"],
    ["https://*.App.Example:443", "https://a.app.example", "https://*.app.example"],
    [
      "https://**.b\u00fccher.example:8443",
      "https://a.xn--bcher-kva.example:8443",
      "https://**.xn--bcher-kva.example:8443",
    ],
    ["HTTP://LOCALHOST:*", "http://localhost:3000", "http://localhost:*"],
    ["http://127.1:*", "http://127.0.0.1:3000", "http://127.0.0.1:*"],
    ["Capacitor://localhost", "capacitor://localhost", "capacitor://localhost"],
    ["safari-web-extension://0A1B", "safari-web-extension://0A1B", "safari-web-extension://0A1B"],
  ])("origins: %s is %s", (entry, sent, matched) => {
    const options = { origins: [entry], dangerouslyAllowInsecureOrigins: matched === undefined };
    const decision = createPolicy(options).check({ headers: { host: "api.app.example", origin: sent } });
    expect(decision).toMatchObject({ code: "origin-listed", matched: matched ?? sent });
  });

  test.each([
    ["API.App.Example", "api.app.example"],
    ["b\u00fccher.example:8443", "xn--bcher-kva.example:8443"],
    ["*.B\u00fccher.example", "a.xn--bcher-kva.example"],
    ["[2001:DB8::0:1]", "[2001:db8::1]"],
    ["127.1:9229", "127.0.0.1:9229"],
  ])("hosts: %s is %s", (entry, sent) => {
    const policy = createPolicy({ origins: ["https://app.example"], hosts: [entry] });
    expect(policy.check({ headers: { host: sent, origin: "https://app.example" } }).code).toBe("origin-listed");
  });

  test("an entry that is there twice is there once", () => {
    const policy = createPolicy({ origins: ["https://app.example", "https://APP.example:443"] });
    const text = explain(policy.check({ headers: { host: "api.app.example", origin: "https://evil.test" } }));
    expect(text).toContain('expected: one of "https://app.example"\n');
  });
});

describe("accepted", () => {
  test.each<[string, unknown]>([
    ["an empty list", { origins: [] }],
    ["a directory alone", { directory: new Set() }],
    ["sameHost with hosts alone", { sameHost: true, hosts: ["api.app.example"] }],
    [
      "every default, written",
      { origins: [], sameHost: false, missingOrigin: "deny", opaqueOrigin: "deny", mode: "enforce" },
    ],
    [
      "undefined for every option but one",
      { origins: [], directory: undefined, hosts: undefined, sameHost: undefined, mode: undefined },
    ],
    [
      "http on every loopback",
      { origins: ["http://localhost", "http://a.b.localhost:1", "http://127.255.0.1", "http://[::1]"] },
    ],
    [
      "any port on every loopback",
      { origins: ["https://localhost:*", "http://a.localhost:*", "http://127.0.0.9:*", "https://[::1]:*"] },
    ],
    [
      "wildcards below names that nobody sells under",
      { origins: ["https://*.app.example", "https://**.localhost", "https://*.a.github.io"] },
    ],
    [
      "hosts of every form",
      { origins: [], hosts: ["localhost", "a_b:1", "*.app.example:65535", "**.localhost", "[::]:1", "0.0.0.0"] },
    ],
    ["options without a prototype", Object.assign(Object.create(null), { origins: [] })],
  ])("%s", (_name, options) => {
    expect(issuesOf(options)).toStrictEqual([]);
  });

  test("public suffixes are refused in wildcards, names below them are not", () => {
    const names = [
      "com",
      "app",
      "co.uk",
      "com.au",
      "vercel.app",
      "github.io",
      "workers.dev",
      "up.railway.app",
      "s3.amazonaws.com",
    ];
    for (const name of names) {
      expect(issuesOf(origin(`https://*.${name}`)).map(({ code }) => code)).toStrictEqual(["origin-public-suffix"]);
      expect(issuesOf(origin(`https://**.my-app.${name}`))).toStrictEqual([]);
    }
    expect(issuesOf(origin("https://*.co.test"))).toStrictEqual([]);
    expect(issuesOf(origin("https://*.app.uk"))).toStrictEqual([]);
  });
});

describe("weird input", () => {
  const throwing = {
    toString(): string {
      throw new Error("no text");
    },
  };
  const weird: readonly unknown[] = [
    undefined,
    null,
    true,
    0,
    Number.NaN,
    1n,
    "",
    "x",
    Symbol("a\nb"),
    () => true,
    [],
    [[]],
    {},
    new Date(0),
    /x/,
    Object.create(null),
    throwing,
    new Map(),
    new Set(),
  ];
  const names = [
    "origins",
    "directory",
    "hosts",
    "sameHost",
    "missingOrigin",
    "opaqueOrigin",
    "dangerouslyAllowInsecureOrigins",
    "mode",
  ];

  test("any value for the options, for an option and for an entry is taken, or refused by a PolicyError in printable text", () => {
    const tries: unknown[] = [...weird];
    for (const value of weird) {
      for (const name of names)
        tries.push(
          { origins: [], [name]: value },
          {
            origins: [],
            get [name]() {
              return value;
            },
          },
        );
      tries.push({ origins: [value] }, { origins: [], hosts: [value] }, { origins: [], directory: { has: value } });
    }
    for (const options of tries) {
      for (const { message } of issuesOf(options)) expect(message).toMatch(/^[\x20-\x7e]+$/);
    }
  });

  test.each<[unknown, string]>([
    [Object.create(null), "object"],
    [throwing, "object"],
    [Symbol("a\nb"), "Symbol(a\\u000ab)"],
    [{}, "[object Object]"],
    ["x".repeat(300).split(""), "x,".repeat(128)],
  ])("an entry without a text of its own is named by what it has", (entry, name) => {
    expect(issuesOf(origin(entry))[0]).toMatchObject({ code: "entry-not-a-string", entry: name });
    expect(issuesOf(host(entry))[0]).toMatchObject({ code: "entry-not-a-string", entry: name });
  });

  test("createPolicy throws nothing but a PolicyError", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.record(Object.fromEntries(names.map((name) => [name, fc.anything()])), { requiredKeys: [] }),
        ),
        (options) => {
          for (const { message } of issuesOf(options)) expect(message).toMatch(/^[\x20-\x7e]+$/);
        },
      ),
    );
  });
});
