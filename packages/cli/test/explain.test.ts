import { allowCodes, denyCodes } from "@wsorigin/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UsageError } from "../src/command.ts";
import { explain } from "../src/commands/explain.ts";
import { entries, explainText } from "../src/explain/explain.ts";
import { sources } from "../src/explain/messages/index.ts";
import type { Finding, Report } from "../src/finding.ts";
import messages from "./explain-messages.json" with { type: "json" };
import real from "./explain-real.json" with { type: "json" };
import published from "./explain-sources.json" with { type: "json" };

const fixtures: readonly { readonly rule: string; readonly line: string }[] = [
  ...messages.browsers,
  ...messages.clients,
];

function ids(report: Report): readonly string[] {
  return report.findings.map(({ rule }) => rule.id);
}

function firstOf(text: string): Finding {
  const [first] = explainText(text).findings;
  if (first === undefined) throw new Error("There is always a finding.");
  return first;
}

async function run(args: readonly string[], input = ""): Promise<Report> {
  const outcome = await explain.run(args, {
    cwd: "/",
    progress: () => {},
    stdin: () => Promise.resolve(input),
    signal: new AbortController().signal,
  });
  if (!("report" in outcome)) throw new Error("It renders no text of its own.");
  return outcome.report;
}

describe("the rules", () => {
  test("have ids of their own, ascending, from WSO300 to WSO434", () => {
    const all = explain.rules.map(({ id }) => id);
    expect(all).toEqual([...new Set(all)].toSorted());
    for (const id of all) expect(id).toMatch(/^WSO(?:3\d\d|4[0-3]\d)$/);
  });

  test("have names of their own in kebab-case, a line for a title, a cause and a fix", () => {
    const names = explain.rules.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const rule of explain.rules) {
      expect(rule.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(rule.title).not.toContain("\n");
      expect(rule.cause.length).toBeGreaterThan(20);
      expect(rule.fix.length).toBeGreaterThan(10);
    }
  });

  test("each have a real line", () => {
    const covered = new Set([...fixtures, ...real, ...published].map(({ rule }) => rule));
    expect(explain.rules.filter(({ id, name }) => !covered.has(id) && !covered.has(name))).toEqual([]);
  });

  test("are what every text of a program stands for, and each text stands for one", () => {
    const names = new Set(entries.map(({ rule }) => rule.name));
    for (const { texts } of sources) for (const [name] of texts) expect(names).toContain(name);
  });

  test("have patterns in the form that lines are brought into", () => {
    for (const { texts } of sources) {
      for (const part of texts.flatMap(([, phrases]) => phrases.flatMap(({ parts }) => parts))) {
        expect(part).toBe(part.toLowerCase());
        expect(part).not.toMatch(/["’‘“”`]|\s\s/);
        expect(part.length).toBeGreaterThan(1);
      }
    }
  });
});

describe("a line that a program printed when it was tried", () => {
  test.each(real)("$program $version, $situation: $rule", ({ rule, line }) => {
    const report = explainText(line);
    expect(report.findings[0]?.rule.name).toBe(rule);
    const shown = [report.target, ...report.findings.flatMap(({ seen, fix }) => seen.concat(fix))].join("\n");
    expect(shown).not.toMatch(/SECRET|sec-websocket-key"?:\s?\[?"[^[]/i);
  });
});

describe("a line from the sources of a program", () => {
  test.each(published)("$program: $line", ({ rule, line }) => {
    const report = explainText(line);
    expect(report.findings[0]?.rule.name).toBe(rule);
    expect(JSON.stringify(report)).not.toContain("SECRET");
  });
});

describe("a line", () => {
  test.each(fixtures)("of $rule: $line", ({ rule, line }) => {
    const report = explainText(line);
    expect(ids(report)[0]).toBe(rule);
    expect(report.findings[0]?.fix.length).toBeGreaterThan(0);
  });

  test("of a browser is always known", () => {
    for (const { line } of messages.browsers) expect(ids(explainText(line))).not.toContain("WSO300");
  });

  test.each(["[Error] ", "app.js:12 ", "(index):1 ", "2026-01-02T03:04:05Z ", "Uncaught (in promise) ", "\u001b[31m"])(
    "is known behind %j",
    (prefix) => {
      for (const { rule, line } of messages.browsers) expect(firstOf(`${prefix}${line}`).rule.id).toBe(rule);
    },
  );

  test("is known whatever its case and quotes", () => {
    const line =
      "websocket CONNECTION to “wss://x.example/ws” failed: error during websocket handshake: ‘upgrade’ header is missing";
    expect(firstOf(line).rule.id).toBe("WSO304");
  });

  test("is told whose it is", () => {
    expect(firstOf("Error: Unexpected server response: 403").seen.at(-1)).toBe(
      "(a text of `ws` for Node, or a program that uses it (wscat))",
    );
  });
});

describe("a code of wsorigin", () => {
  test.each([...denyCodes, ...allowCodes])("is known: %s", (code) => {
    expect(firstOf(code).rule.id).toBe("WSO400");
    expect(firstOf(`[wsorigin] Refused a WebSocket handshake: ${code} (403)`).rule.id).toBe("WSO400");
  });

  test("is explained as in the log: what came, what was expected, how to fix it", () => {
    expect(firstOf("origin-not-listed").fix).toMatchInlineSnapshot(`
      [
        "origin-not-listed (403), for example:",
        "came:     Origin "https://app.example.com"",
        "expected: an Origin that the policy allows",
        "fix:      If this page is yours, add "https://app.example.com" to \`origins\`. If it is not, nothing needs fixing: a page on another site tried to open a socket with its visitor's cookies.",
      ]
    `);
  });
});

describe("a close code", () => {
  const all = [...range(1000, 1015), 3000, 3003, 3008, ...range(4000, 4299), ...range(4400, 4500)];

  test.each([
    (code: number) => `${code}`,
    (code: number) => `code ${code}`,
    (code: number) => `closed with ${code}`,
    (code: number) => `CloseEvent {code: ${code}}`,
    (code: number) => `close(${code}, "x")`,
    (code: number) => `websocket: close ${code} (x)`,
  ])("is known in every form (%#)", (write) => {
    for (const code of all) {
      const { rule, fix } = firstOf(write(code));
      expect(rule.name).toMatch(/^close-/);
      expect(fix[0]).toContain(String(code));
    }
  });

  test("with several meanings has each of them told", () => {
    expect(firstOf("4401").fix[0]).toMatch(/graphql-ws.*wsorigin/);
    expect(firstOf("4003").fix[0]).toMatch(/Django.*Pusher.*Discord/);
    expect(firstOf("3008").fix[0]).toMatch(/IANA.*Centrifugo/);
  });

  test("is not found in other numbers", () => {
    expect(ids(explainText("code 10060"))).toEqual(["WSO300"]);
    expect(ids(explainText("line 1006"))).toEqual(["WSO300"]);
    expect(ids(explainText("port 4403"))).toEqual(["WSO300"]);
  });
});

describe("the fix", () => {
  test("of a policy is the very directive", () => {
    const chrome = `Connecting to 'wss://api.example.com:8443/ws?t=1' violates the following Content Security Policy directive: "connect-src 'self' https://cdn.example.com". The action has been blocked.`;
    expect(firstOf(chrome).fix[0]?.trim()).toBe(
      "Content-Security-Policy: connect-src 'self' https://cdn.example.com wss://api.example.com:8443",
    );
    const firefox =
      "Content-Security-Policy: The page’s settings blocked the loading of a resource (connect-src) at wss://api.example.com/ws because it violates the following directive: “default-src 'self' 'unsafe-inline'”";
    expect(firstOf(firefox).fix[0]?.trim()).toBe("Content-Security-Policy: connect-src 'self' wss://api.example.com");
    const none = `Refused to connect to 'wss://a.example/' because it violates the following Content Security Policy directive: "connect-src 'none'".`;
    expect(firstOf(none).fix[0]?.trim()).toBe("Content-Security-Policy: connect-src wss://a.example");
    const safari =
      "Refused to connect to wss://a.example/ws because it does not appear in the connect-src directive of the Content Security Policy.";
    expect(firstOf(safari).fix[0]?.trim()).toBe("Content-Security-Policy: connect-src 'self' wss://a.example");
  });

  test("of mixed content is the socket's URL, not the page's", () => {
    const line =
      "Mixed Content: The page at 'https://app.example.com/' was loaded over HTTPS, but attempted to connect to the insecure WebSocket endpoint 'ws://api.example.com:9000/ws?a=b'. This request has been blocked; this endpoint must be available over WSS.";
    expect(firstOf(line).fix[0]).toBe('new WebSocket("wss://api.example.com:9000/ws")');
  });

  test("names the doctor last, with the URL that was there", () => {
    const line =
      "WebSocket connection to 'wss://u:p@api.example.com/a/b?token=1#x' failed: Error during WebSocket handshake: Unexpected response code: 404";
    const { fix } = firstOf(line);
    expect(fix.at(-1)).toBe("Run: wsorigin doctor wss://api.example.com/a/b");
    expect(fix).toContain("  proxy_set_header Upgrade $http_upgrade;");
    expect(firstOf("Unexpected server response: 404").fix.at(-1)).toBe("Run: wsorigin doctor <url>");
  });

  test("lets nobody write into a shell", () => {
    for (const reason of ["net::ERR_CERT_DATE_INVALID", "Unexpected response code: 301"]) {
      const line = `WebSocket connection to 'wss://a;reboot;$x/' failed: ${reason}`;
      expect(firstOf(line).fix.join("\n")).not.toContain("reboot");
    }
    const { fix } = firstOf("WebSocket connection to 'wss://api.example.com/a;rm$(x)&b' failed: Invalid frame header");
    expect(fix.at(-1)).toBe("Run: wsorigin doctor 'wss://api.example.com/a;rm$(x)&b'");
  });
});

describe("what is shown again", () => {
  const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

  test.each([
    "WebSocket connection to 'wss://a.example/ws?x=SECRET' failed: ",
    "WebSocket connection to 'wss://user:SECRET@a.example/ws' failed: ",
    "WebSocket connection to 'wss://user:p@SECRET@a.example/ws' failed: ",
    "WebSocket connection to 'wss://a.example/ws#SECRET' failed: ",
    "GET /ws?ticket=SECRET HTTP/1.1 403",
    "Cookie: sid=SECRET; b=SECRET",
    'set-cookie: a="x"; sid=SECRET',
    "Authorization: Bearer SECRET-SECRET",
    '{"authorization":"Bearer SECRET1","code":1006}',
    "sent bearer SECRETS and got code 1006",
    "token=SECRET code 1006",
    '{"password":"SECRET","code":1006}',
    "X-Api-Key: SECRET",
  ])("has no secret: %s", (text) => {
    expect(JSON.stringify(explainText(text))).not.toContain("SECRET");
  });

  test("has no JWT and no long token, in a path either", () => {
    for (const secret of [jwt, "0123456789abcdef0123456789abcdef"]) {
      for (const text of [`code 1006 ${secret}`, `WebSocket connection to 'wss://a.example/${secret}/ws' failed: `]) {
        const json = JSON.stringify(explainText(text));
        expect(json).not.toContain(secret);
        expect(json).toContain("[redacted]");
      }
    }
  });

  test("keeps the names of errors, which are long as well", () => {
    expect(firstOf("net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS").seen[0]).toContain(
      "ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS",
    );
  });

  test("moves no cursor and turns no direction", () => {
    const { seen } = firstOf("code 1006 \u001b]0;x\u0007 \u202e \u2028 \u0000");
    expect(seen[0]).toBe(String.raw`code 1006 \u001b]0;x\u0007 \u202e \u2028 \u0000`);
  });
});

describe("a paste", () => {
  const paste = `
app.js:12 WebSocket connection to 'wss://api.example.com/ws' failed: Error during WebSocket handshake: Unexpected response code: 403
connect @ app.js:12
(anonymous) @ app.js:40
    at WebSocket.onerror (app.js:13:7)
app.js:20 closed CloseEvent {isTrusted: true, wasClean: false, code: 1006, reason: ''}
app.js:12 WebSocket connection to 'wss://api.example.com/ws' failed: Error during WebSocket handshake: Unexpected response code: 403
DevTools failed to load source map: Could not load content for https://app.example.com/x.map`;

  test("has each of its known lines told once, what says most first", () => {
    const report = explainText(paste);
    expect(ids(report)).toEqual(["WSO365", "WSO382", "WSO399"]);
    expect(report.findings[0]?.seen).toHaveLength(2);
    expect(report.steps).toEqual([{ name: "read", outcome: "ok", detail: "7 lines, 4 known" }]);
  });

  test("of the same line a hundred times is one finding, and short", () => {
    const lines = Array.from({ length: 100 }, (_, index) => `code 1006 at ${index}`).join("\r\n");
    const report = explainText(lines);
    expect(report.findings).toHaveLength(1);
    expect(report.findings[0]?.seen).toHaveLength(6);
  });

  test("that is unknown says so, and how to go on", () => {
    const report = explainText("nothing\nof https://a.example/x?y=z here");
    expect(ids(report)).toEqual(["WSO300"]);
    expect(report.findings[0]?.fix.at(-1)).toBe("Run: wsorigin doctor wss://a.example/x");
    expect(report.findings[0]?.rule.severity).toBe("note");
  });

  test("is read to a limit", () => {
    expect(ids(explainText(`${"x\n".repeat(499)}code 1006`))).toEqual(["WSO382"]);
    expect(ids(explainText(`${"x\n".repeat(500)}code 1006`))).toEqual(["WSO300"]);
    expect(ids(explainText(`${" ".repeat(65_536)}code 1006`))).toEqual(["WSO300"]);
  });
});

describe("the command", () => {
  test("takes its text from the arguments", async () => {
    expect(ids(await run(["closed", "with", "4403"]))).toEqual(["WSO392"]);
  });

  test("or from standard input", async () => {
    expect(ids(await run(["-"], "1006\n"))).toEqual(["WSO382"]);
    expect(ids(await run([], "1006\n"))).toEqual(["WSO382"]);
  });

  test("and wants one", async () => {
    await expect(run([], " \n")).rejects.toBeInstanceOf(UsageError);
  });
});

describe("no text whatsoever", () => {
  const pieces = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom(...fixtures.map(({ line }) => line)),
    fc.constantFrom(
      "wss://",
      "?",
      "#",
      "@",
      "code ",
      "1006",
      'directive: "',
      "eyJ",
      "\n",
      "\u001b[",
      "[",
      "]",
      ".",
      "'",
      " ",
    ),
  );

  test("makes it throw, and there is always an answer that can be printed", () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const report = explainText(parts.join(""));
        expect(report.findings.length).toBeGreaterThan(0);
        const shown = [report.target, ...report.findings.flatMap(({ seen, fix }) => seen.concat(fix))];
        for (const line of shown) expect(line).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2028\u2029]/u);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    "://",
    "wss://",
    "eyJ",
    "\u001b[0",
    "a:",
    "[",
    "code ",
    "code 1",
    "status: ",
    "Cookie:",
    "x-a",
    "token=",
    " ",
    "\t",
    "'",
    "?",
    "#",
    "@",
    "1",
    "a",
    "é",
    "-",
    "wss://a.example/#",
    "wss://[",
    'directive: "',
    "closed (",
    "bearer ",
    "connecting to violates ",
    "\n",
  ])("takes long: %j over and over", (piece) => {
    const text = piece.repeat(Math.ceil(100_000 / piece.length));
    const before = process.cpuUsage();
    explainText(text);
    explainText(`WebSocket connection to '${text}' failed: `);
    // Processor time, which other work on the machine does not add to: some 40 ms. What is quadratic takes minutes.
    expect(process.cpuUsage(before).user).toBeLessThan(3_000_000);
  });
});

function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
