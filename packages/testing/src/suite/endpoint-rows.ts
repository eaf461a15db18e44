import assert from "node:assert/strict";
import { frameBytes } from "../client/frame.ts";
import type { HandshakeRequest, HeaderLine } from "../client/request.ts";
import { ordinary } from "./exchange.ts";
import type { Visitor } from "./visitor.ts";

/** One named fact about a server, seen from outside. */
export interface EndpointRow {
  readonly name: string;
  readonly run: (visitor: Visitor) => Promise<void>;
}

const evil = "https://evil.test";

/** The parts of the listed origin. */
interface Parts {
  readonly origin: string;
  readonly scheme: string;
  readonly host: string;
  /** With its colon; empty without a port. */
  readonly port: string;
}

function partsOf(origin: string): Parts {
  const [, scheme = "", host = "", port = ""] = /^([^:]+):\/\/(.*?)(:\d+)?$/.exec(origin) ?? [];
  return { origin, scheme, host, port };
}

/** Origins made from the listed one that are different from it. Every one must be refused. */
const lookAlikes: readonly (readonly [what: string, make: (parts: Parts) => string])[] = [
  ["the listed host as the prefix of another", ({ scheme, host, port }) => `${scheme}://${host}.evil.test${port}`],
  ["the listed origin as the prefix of another", ({ origin }) => `${origin}.evil.test`],
  ["the listed host as the suffix of another", ({ scheme, host, port }) => `${scheme}://evil${host}${port}`],
  [
    "the listed host as the suffix of another, after a hyphen",
    ({ scheme, host, port }) => `${scheme}://evil-${host}${port}`,
  ],
  ["a subdomain", ({ scheme, host, port }) => `${scheme}://evil.${host}${port}`],
  [
    "any character where the listed host has a dot",
    ({ scheme, host, port }) => `${scheme}://${host.includes(".") ? host.replace(".", "x") : `${host}x`}${port}`,
  ],
  ["the host without its last letter", ({ scheme, host, port }) => `${scheme}://${host.slice(0, -1)}${port}`],
  ["another scheme", ({ scheme, host, port }) => `${scheme === "https" ? "http" : "https"}://${host}${port}`],
  ["another port", ({ scheme, host }) => `${scheme}://${host}:9`],
  ["the listed port with one more digit", ({ origin, port }) => (port === "" ? `${origin}:4430` : `${origin}0`)],
  ["no scheme", ({ host, port }) => `${host}${port}`],
  ["the listed host as a user name", ({ origin }) => `${origin}@evil.test`],
  ["the listed origin as a path", ({ origin }) => `${evil}/${origin}`],
  ["the listed host as a path", ({ host }) => `${evil}/.${host}`],
  ["the listed origin as a query", ({ origin }) => `${evil}?${origin}`],
  ["the listed origin as a fragment", ({ origin }) => `${evil}#${origin}`],
  ["a backslash", ({ origin }) => `${origin}\\.evil.test`],
  ["an escaped NUL", ({ origin }) => `${origin}%00.evil.test`],
  [
    "a byte that folds to a letter",
    ({ scheme, host, port }) =>
      `${scheme}://${/[ao]/.test(host) ? host.replace("a", "\u00aa").replace("o", "\u00ba") : `${host}\u00a0`}${port}`,
  ],
  ["two origins in one line, the listed one first", ({ origin }) => `${origin}, ${evil}`],
  ["two origins in one line, the listed one last", ({ origin }) => `${evil}, ${origin}`],
  ["two origins with a space between", ({ origin }) => `${evil} ${origin}`],
  ["an asterisk", () => "*"],
];

/** Handshakes of a page of another site, in forms that a check may miss. */
const disguises: readonly (readonly [what: string, request: (visitor: Visitor) => HandshakeRequest])[] = [
  ["the field name in odd case", () => ({ origin: null, headers: [["oRIGIN", evil]] })],
  [
    "the listed origin in every field but Origin",
    ({ endpoint: { origin } }) => ({
      headers: [
        ["Referer", `${origin}/`],
        ["Sec-WebSocket-Origin", origin],
        ["X-Forwarded-Origin", origin],
        ["Sec-Fetch-Site", "same-origin"],
      ],
    }),
  ],
  ["its own host as the Host", () => ({ hostHeader: "evil.test" })],
  [
    "its own host as Host and X-Forwarded-Host",
    () => ({
      hostHeader: "evil.test",
      headers: [
        ["X-Forwarded-Host", "evil.test"],
        ["X-Forwarded-Proto", "https"],
      ],
    }),
  ],
  ["a slash after the path", ({ endpoint: { path } }) => ({ path: path.replace(/(?=\?|$)/, "/") })],
  ["two slashes before the path", ({ endpoint: { path } }) => ({ path: `/${path}` })],
  ["the path in upper case", ({ endpoint: { path } }) => ({ path: path.toUpperCase() })],
  [
    "the whole URL as the path",
    ({ endpoint: { path, hostHeader = "127.0.0.1" } }) => ({ path: `http://${hostHeader}${path}` }),
  ],
  ["the request in pieces", () => ({ segment: 7 })],
  ["frames sent before the answer", () => ({ extra: frameBytes("text", "let me in") })],
  ["a FIN after the request", () => ({ afterwards: "half-open" })],
  ["Upgrade: WebSocket", () => ({ omit: ["upgrade"], headers: [["Upgrade", "WebSocket"]] })],
  ["Upgrade: h2c, websocket", () => ({ omit: ["upgrade"], headers: [["Upgrade", "h2c, websocket"]] })],
  ["HTTP/1.0", () => ({ httpVersion: "1.0" })],
  ["POST", () => ({ method: "POST", headers: [["Content-Length", "0"]] })],
  ["a body of 5 bytes", () => ({ headers: [["Content-Length", "5"]], extra: Buffer.from("hello") })],
  [
    "a chunked body",
    () => ({ headers: [["Transfer-Encoding", "chunked"]], extra: Buffer.from("5\r\nhello\r\n0\r\n\r\n") }),
  ],
  ["a target that begins with another host", ({ endpoint: { path } }) => ({ path: `//evil.test${path}` })],
  ["a target that begins with a backslash", ({ endpoint: { path } }) => ({ path: `/\\evil.test${path}` })],
  ["a target on another host", ({ endpoint: { path } }) => ({ path: `http://evil.test${path}` })],
];

/** Handshakes that servers take for ordinary requests, which another part of the app answers. */
const requestShaped: readonly (readonly [what: string, omit: readonly string[], headers: readonly HeaderLine[]])[] = [
  ["Upgrade and no Connection line", ["connection"], []],
  ["Upgrade and Connection: keep-alive", ["connection"], [["Connection", "keep-alive"]]],
  ["Upgrade and Connection: close", ["connection"], [["Connection", "close"]]],
  ["Connection and no Upgrade line", ["upgrade"], []],
  ["Expect: 100-continue", [], [["Expect", "100-continue"]]],
  [
    "Expect: 100-continue and Connection: keep-alive",
    ["connection"],
    [
      ["Connection", "keep-alive"],
      ["Expect", "100-continue"],
    ],
  ],
];

function stays(name: string, request: (visitor: Visitor) => HandshakeRequest): EndpointRow {
  return { name, run: (visitor) => visitor.stays(request(visitor)) };
}

export const endpointRows: readonly EndpointRow[] = [
  { name: "the listed page opens a socket", run: (visitor) => visitor.opens() },
  stays("a page on another site opens no socket", () => ({ origin: evil })),
  {
    name: "the connection of a refused handshake is closed",
    async run(visitor) {
      const answer = await visitor.ask({ origin: evil });
      answer.frames?.destroy();
      assert.ok(
        answer.status === 101 || answer.closed !== "open",
        `the refusal (${answer.status}) left the connection open`,
      );
    },
  },
  stays("a sandboxed frame, which sends Origin: null, opens no socket", () => ({ origin: "null" })),
  {
    name: "a client without an Origin is treated as missingOrigin says",
    run: (visitor) =>
      visitor.endpoint.missingOrigin === "allow" ? visitor.opens({ origin: null }) : visitor.stays({ origin: null }),
  },
  stays("an empty Origin opens no socket", () => ({ origin: "" })),
  ...lookAlikes.map(([what, make]) =>
    stays(`look-alike: ${what}`, ({ endpoint }) => ({ origin: make(partsOf(endpoint.origin)) })),
  ),
  stays("two Origin lines, the listed one first", ({ endpoint: { origin } }) => ({ origin: [origin, evil] })),
  stays("two Origin lines, the listed one last", ({ endpoint: { origin } }) => ({ origin: [evil, origin] })),
  ...disguises.map(([what, request]) =>
    stays(`another site: ${what}`, (visitor) => ({ origin: evil, ...request(visitor) })),
  ),
  ...requestShaped.map(([what, omit, headers]): EndpointRow => ({
    name: `another site: ${what}`,
    async run(visitor) {
      const request = { origin: evil, omit, headers };
      if (visitor.endpoint.refuseWith === "close") return visitor.stays(request);
      const response = await visitor.responseIfAny(request);
      assert.notEqual(response?.status, 101, "it opened a socket");
    },
  })),
  {
    name: "httpPath, if set: answers a GET that offers an upgrade to HTTP/2 like any other",
    async run(visitor) {
      const { httpPath } = visitor.endpoint;
      if (httpPath === undefined) return;
      const plain = { omit: ordinary.omit ?? [], path: httpPath, origin: null };
      const offers = [
        ["Connection", "Upgrade, HTTP2-Settings"],
        ["Upgrade", "h2c"],
        ["HTTP2-Settings", "AAMAAABkAAQAoAAAAAIAAAAA"],
      ] as const;
      const expected = await visitor.response(plain);
      const response = await visitor.response({ ...plain, headers: offers });
      assert.deepEqual([response?.status, response?.body], [expected?.status, expected?.body]);
    },
  },
  ...(["rebind.test", null, "two"] as const).map((other): EndpointRow => ({
    name: `hostHeader, if set: refuses ${other === "two" ? "two Host lines" : other === null ? "a handshake without Host" : "another Host (DNS rebinding)"}`,
    async run(visitor) {
      const { hostHeader } = visitor.endpoint;
      if (hostHeader === undefined) return;
      await visitor.stays({ hostHeader: other === "two" ? [hostHeader, "rebind.test"] : other });
    },
  })),
  {
    name: "a client that resets its connection does not disturb others",
    async run(visitor) {
      for (const origin of [visitor.endpoint.origin, evil]) await visitor.ask({ origin, afterwards: "reset" });
      await visitor.opens();
    },
  },
];
