import type { PolicyIssueCode } from "@wsorigin/core";
import { allowCodes, denyCodes } from "@wsorigin/core";
import type { JwtIssue } from "@wsorigin/jwt";
import type { GateIssue } from "@wsorigin/node";
import type { TicketsIssue } from "@wsorigin/tickets";
import { describe, expect, expectTypeOf, test } from "vitest";
import { loadRules } from "../src/catalogue.ts";
import { explain } from "../src/commands/explain.ts";
import { explainText } from "../src/explain/explain.ts";
import { errorCodes, problemTexts } from "../src/explain/own-problems.ts";
import type { Report } from "../src/finding.ts";

function nameOf(text: string): string | undefined {
  return explainText(text).findings[0]?.rule.name;
}

async function run(...args: readonly string[]): Promise<Report> {
  const outcome = await explain.run(args, {
    cwd: "/",
    progress: () => {},
    stdin: () => Promise.resolve(""),
    signal: new AbortController().signal,
  });
  if (!("report" in outcome)) throw new Error("It renders no text of its own.");
  return outcome.report;
}

describe("wsorigin's own", () => {
  test.each([...denyCodes, ...allowCodes])("decision code %s is known, alone and in a log", (code) => {
    for (const text of [code, `[wsorigin] Refused a WebSocket handshake: ${code}`, `{"level":"info","code":"${code}"}`])
      expect(nameOf(text)).toBe("wsorigin-code");
  });

  test("problem codes are those of every package", () => {
    type Code = PolicyIssueCode | GateIssue["code"] | JwtIssue["code"] | TicketsIssue["code"];
    expectTypeOf<keyof typeof problemTexts>().toEqualTypeOf<Code>();
  });

  const onlyProblems = Object.keys(problemTexts).filter((code) => !denyCodes.some((other) => other === code));

  test.each(onlyProblems)("problem code %s says what is wrong", (code) => {
    const [finding] = explainText(code).findings;
    expect(finding?.rule.name).toBe("wsorigin-configuration");
    expect(finding?.fix[0]).toMatch(new RegExp(`^${code}: .{12,}`));
  });

  test.each(errorCodes)("error code %s is known", (code) => {
    expect(nameOf(`Error: x\n  code: '${code}'`)).toBe("wsorigin-configuration");
  });

  test("rules are explained by their ids, all of them", async () => {
    const rules = await loadRules();
    expect(rules.length).toBeGreaterThan(150);
    for (const { id } of rules) {
      const [finding] = (await run("what", "is", id.toLowerCase())).findings;
      expect(finding?.rule.id).toBe(id);
    }
  });
});

describe("a close code of 1006", () => {
  test.each([
    "close 1006",
    "closed 1006",
    "code=1006",
    "code: 1006,",
    "CloseEvent {code: 1006}",
    "1006 (abnormal closure)",
    "1006 abnormal closure",
    "[1006]",
    "1006: Abnormal Closure",
    "disconnected with 1006 (abnormal closure) [internal]",
    "ws closed (1006)",
    "WebSocketDisconnect(code=1006, reason=None)",
    "CloseStatus[code=1006, reason=null]",
    "CloseReason: code [1006], reason [null]",
    "closeCode=<CloseCode.ABNORMAL_CLOSURE: 1006>",
    "WebSocket closed: ABNORMAL_CLOSURE",
    "socket closed, StatusAbnormalClosure",
    "CLOSE_ABNORMAL",
    "2026-11-27T22:08:44.123Z ERROR 1006",
    "[Error] 1006",
    '{"level":"error","msg":"closed","code":1006}',
    '{"level":50,"err":{"message":"close 1006"}}',
  ])("is known as %j", (text) => {
    expect(nameOf(text)).toBe("close-abnormal");
  });

  test("is not read out of ports, lines, times and amounts", () => {
    for (const text of ["listening on 1006", "took 1006 ms", "app.js:1006:3", "error 10061", "pid 4403 started"])
      expect(nameOf(text)).toBe("not-known");
  });
});

test.each([
  ["normal closure", "close-normal"],
  ["GOING_AWAY", "close-going-away"],
  ["StatusPolicyViolation", "close-policy"],
  ["WebSocketCloseStatus.MessageTooBig", "close-too-big"],
  ['CloseFrame { code: Policy, reason: Utf8Bytes(b"x") }', "close-policy"],
  ["websocket closed: policy violation", "close-policy"],
  ["SERVICE_RESTART", "close-try-later"],
])("the name %j is known without a number", (text, name) => {
  expect(nameOf(text)).toBe(name);
});

const line = "Unexpected server response: 403";

test.each([
  line,
  `2026-11-27T22:08:44.123Z ${line}`,
  `2026/11/27 22:08:44 [error] ${line}`,
  `[22:08:44] ERROR: Error: ${line}`,
  `Nov 27 22:08:44 web-1 app[123]: Error: ${line}`,
  `\u001b[31m[Error]\u001b[39m ${line}`,
  `Uncaught (in promise) Error: ${line}`,
  `{"level":50,"time":1795817327,"pid":7,"hostname":"a","err":{"type":"Error","message":"${line}","stack":"Error: ${line}\\n    at x (node:internal/y:1:2)"},"msg":"failed"}`,
  `{"timestamp":"2026","message":"connect: \\"${line}\\""}`,
  `level=error msg="${line}"`,
])("a line is known behind %j", (text) => {
  expect(nameOf(text)).toBe("status-forbidden");
});

test.each([
  ['"GET /ws HTTP/1.1" 400', "status-bad-request"],
  [
    '203.0.113.7 - - [27/Nov/2026:22:08:44 +0000] "GET /ws?token=SECRET HTTP/1.1" 400 157 "-" "Mozilla/5.0"',
    "status-bad-request",
  ],
  ["GET /ws 404 3.120 ms - 150", "status-not-found"],
  ["HTTP/1.1 426 Upgrade Required", "upgrade-stripped"],
  ["HTTP/2 403", "status-forbidden"],
  ["< HTTP/1.1 502 Bad Gateway", "status-bad-gateway"],
  ["Status code not 101: 401", "status-unauthorized"],
  ["Cloudflare error 524", "status-cloudflare"],
])("the status in %j is known", (text, name) => {
  const report = explainText(text);
  expect(report.findings[0]?.rule.name).toBe(name);
  expect(JSON.stringify(report)).not.toContain("SECRET");
});

test("a ping that was not answered is not mended by more pings of the server", () => {
  for (const text of [
    "1011 keepalive ping timeout",
    "sent 1011 (internal error) keepalive ping timeout; no close frame received",
  ]) {
    const [finding] = explainText(text).findings;
    expect(finding?.rule.name).toBe("ping-unanswered");
    expect(JSON.stringify(finding)).not.toMatch(/server ping|send a ping/i);
    expect(finding?.rule.cause).toContain("event loop");
  }
});

test("of a pasted log each known line is explained, the most telling first", () => {
  const names = explainText(`
Traceback (most recent call last):
  File "app.py", line 7, in main
websockets.exceptions.ConnectionClosedError: no close frame received or sent
2026/11/27 22:08:45 [error] 7#7: *15 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.7
close 1006
`).findings.map(({ rule }) => rule.name);
  expect(names).toEqual(["proxy-upstream-unreachable", "connection-lost", "close-abnormal"]);
});

describe("an unknown line", () => {
  const fixOf = (text: string): string => explainText(text).findings[0]?.fix.join("\n") ?? "";

  test("says the host, the program by its form, and numbers that may be codes", () => {
    const fix = fixOf("aiohttp.strange: wss://api.example.com/x?token=SECRET gave 4403 up");
    expect(fix).toContain(
      "the URL api.example.com, that it is from Python, aiohttp, a number 4403 (try: wsorigin explain 4403)",
    );
  });

  test("names the nearest texts that are known", () => {
    const fix = fixOf("upstream closed its connection early while reading the response header");
    expect(fix).toContain("Near it:");
    expect(fix).toContain("proxy-upstream-closed");
  });

  test("can be reported by a link that holds the line without its secrets", () => {
    const secrets = "Cookie: sid=SECRET1; Authorization: Bearer SECRET2";
    const fix = fixOf(
      `frobnicated wss://u:SECRET3@a.example/x?ticket=SECRET4 Sec-WebSocket-Protocol: bearer.SECRET5 ${secrets}`,
    );
    const [link = ""] = /https:\/\/github\.com\/wsorigin\/wsorigin\/issues\/new\?\S+/.exec(fix) ?? [];
    expect(new URL(link).searchParams.get("body")).toContain("frobnicated wss://[redacted]@a.example/x?[redacted]");
    expect(decodeURIComponent(fix)).not.toContain("SECRET");
  });
});
