import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerOptions } from "node:http";
import { text } from "node:stream/consumers";
import { handshake, type HandshakeRequest, type Target } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import type { PlainOptions, Policy } from "../src/index.ts";
import { echo, page, policy, startServer } from "./support.ts";

/** C0 controls but for CR and LF, and DEL. */
// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f]/;

const omit = ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"];

/** A server that answers why a handshake on `/chat` would be refused. */
async function startExplaining(options: Partial<PlainOptions>, serverOptions: ServerOptions = {}): Promise<Target> {
  const server = createServer(serverOptions, (_request, response) => response.writeHead(404).end("the app"));
  const { gate, target } = await startServer({ server }, { explainRoute: true, ...options });
  gate.route("/chat", echo);
  return target;
}

/** Asks as page code on this machine does: on a connection that stays open, which a proxy's often does not. */
async function ask(
  options: Partial<PlainOptions>,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  const target = await startExplaining(options);
  const agent = new Agent({ keepAlive: true });
  const path = "/chat?wsorigin-explain=1";
  const sent = request({
    port: target.port,
    host: "127.0.0.1",
    path,
    agent,
    headers: { host: "localhost", origin: page, ...headers },
  });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const body = await text(response);
  agent.destroy();
  // The server still works.
  expect((await handshake(target, { path: "/chat", origin: "https://evil.test" })).status).toBe(403);
  return { status: response.statusCode, body };
}

/** Sends bytes that no HTTP client sends. */
async function askRaw(hostile: HandshakeRequest): Promise<number | undefined> {
  const target = await startExplaining({}, { insecureHTTPParser: true });
  const base = { path: "/chat?wsorigin-explain=1", origin: page, hostHeader: "localhost", omit };
  const { status, raw } = await handshake(target, { ...base, ...hostile });
  expect(raw.toString("latin1").split("\r\n\r\n")[0]).not.toMatch(controls);
  expect((await handshake(target, { path: "/chat", origin: "https://evil.test" })).status).toBe(403);
  return status;
}

/** A policy that somebody wrote: it has what the gate needs for handshakes, and nothing else. */
function custom(check?: Policy["check"]): Policy {
  return Object.assign(Object.create(null), {
    decide: (...args: Parameters<Policy["decide"]>) => policy.decide(...args),
    mode: policy.mode,
    ...(check !== undefined && { check }),
  });
}

const checks: readonly (readonly [what: string, check: () => unknown])[] = [
  [
    "throws",
    (): never => {
      throw new Error("on purpose");
    },
  ],
  ["returns nothing", () => undefined],
  ["returns a text", () => "yes"],
  ["returns a promise", () => Promise.resolve({ allowed: true })],
  ["returns an unknown code", () => ({ allowed: false, code: "no-idea", status: 403 })],
];

describe("explainRoute and a policy of the app's own", () => {
  test("without check(): the app answers", async () => {
    const { status, body } = await ask({ policy: custom() });
    expect([status, body]).toEqual([404, "the app"]);
  });

  test.each(checks)("whose check() %s: the request is answered, and the process goes on", async (_what, check) => {
    const { status } = await ask({ policy: custom(check as unknown as Policy["check"]) });
    expect(status).toBeGreaterThanOrEqual(200);
    expect(status).toBeLessThan(600);
  });
});

describe("explainRoute and insecureHTTPParser", () => {
  test.each<[what: string, hostile: HandshakeRequest]>([
    ["U+0001 as Origin", { origin: "\u0001" }],
    ["NUL in Origin", { origin: "https://app.example\u0000" }],
    ["DEL in Origin", { origin: "https://app.example\u007f" }],
    ["ESC in Origin", { origin: "https://\u001b[2Japp.example" }],
    ["a C1 control in Origin", { origin: "https://\u009b2Japp.example" }],
    ["U+0001 in Host", { origin: null, hostHeader: "local\u0001host", headers: [["Sec-Fetch-Site", "same-origin"]] }],
  ])("%s: the request is answered, without a control character in the head", async (_what, hostile) => {
    const status = await askRaw(hostile);
    expect(status).toBeGreaterThanOrEqual(200);
    expect(status).toBeLessThan(600);
  });
});

describe("explainRoute answers nothing that came through a proxy on the same machine", () => {
  test("a direct request is answered", async () => {
    const { status, body } = await ask({});
    expect([status, JSON.parse(body)]).toMatchObject([200, { code: "origin-listed" }]);
  });

  test.each([
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Port", "443"],
    ["X-Forwarded-Host", "chat.example"],
    ["X-Forwarded-Server", "proxy"],
    ["X-Forwarded-For", "203.0.113.7"],
    ["X-Real-IP", "203.0.113.7"],
    ["X-Client-IP", "203.0.113.7"],
    ["Forwarded", "proto=https"],
    ["Via", "1.1 proxy"],
    ["CF-Connecting-IP", "203.0.113.7"],
    ["True-Client-IP", "203.0.113.7"],
    ["X-Forwarded-Scheme", "https"],
  ] as const)("%s: %s", async (name, value) => {
    const { status, body } = await ask({}, { [name]: value });
    expect([status, body]).toEqual([404, "the app"]);
  });

  test.each([
    "chat.example",
    "chat.example:8080",
    "203.0.113.7",
    "[2001:db8::1]:80",
    "localhost.evil.test",
    "127.0.0.1.evil.test",
  ])("Host: %s, which is not this machine", async (hostHeader) => {
    const { status, body } = await ask({}, { host: hostHeader });
    expect([status, body]).toEqual([404, "the app"]);
  });

  test.each(["localhost", "localhost:3000", "127.0.0.1:3000", "[::1]:3000"])(
    "Host: %s is answered",
    async (hostHeader) => {
      const { status, body } = await ask({}, { host: hostHeader });
      expect([status, JSON.parse(body)]).toMatchObject([200, { code: "origin-listed" }]);
    },
  );
});
