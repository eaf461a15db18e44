import assert from "node:assert/strict";
import { frameBytes } from "../client/frame.ts";
import type { HandshakeRequest } from "../client/request.ts";
import type { Visitor } from "./endpoint.ts";

/** One named fact about a server, seen from outside. */
export interface EndpointRow {
  readonly name: string;
  readonly run: (visitor: Visitor) => Promise<void>;
}

const evil = "https://evil.test";

/** The parts of the origin that gets in. */
interface Parts {
  readonly origin: string;
  readonly scheme: string;
  readonly host: string;
  /** With its colon; empty where there is none. */
  readonly port: string;
}

function partsOf(origin: string): Parts {
  const [, scheme = "", host = "", port = ""] = /^([^:]+):\/\/(.*?)(:\d+)?$/.exec(origin) ?? [];
  return { origin, scheme, host, port };
}

/** What is made from the listed origin and is not it. Sound systems refuse every one. */
const lookAlikes: readonly (readonly [what: string, make: (parts: Parts) => string])[] = [
  ["the listed host as the beginning of another", ({ scheme, host, port }) => `${scheme}://${host}.evil.test${port}`],
  ["the listed origin as the beginning of another", ({ origin }) => `${origin}.evil.test`],
  ["the listed host as the end of another", ({ scheme, host, port }) => `${scheme}://evil${host}${port}`],
  [
    "the listed host as the end of another, after a hyphen",
    ({ scheme, host, port }) => `${scheme}://evil-${host}${port}`,
  ],
  ["a subdomain", ({ scheme, host, port }) => `${scheme}://evil.${host}${port}`],
  [
    "any character where the listed host has a dot",
    ({ scheme, host, port }) => `${scheme}://${host.includes(".") ? host.replace(".", "x") : `${host}x`}${port}`,
  ],
  ["the host with one letter less", ({ scheme, host, port }) => `${scheme}://${host.slice(0, -1)}${port}`],
  ["another scheme", ({ scheme, host, port }) => `${scheme === "https" ? "http" : "https"}://${host}${port}`],
  ["another port", ({ scheme, host }) => `${scheme}://${host}:9`],
  ["a port that begins like the listed one", ({ origin, port }) => (port === "" ? `${origin}:4430` : `${origin}0`)],
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
  ["a star", () => "*"],
];

/** Ways in which the page of another site must not get in either. */
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
  ["its own name as the Host", () => ({ hostHeader: "evil.test" })],
  [
    "its own name as the Host, with another's as the forwarded one",
    () => ({
      hostHeader: "evil.test",
      headers: [
        ["X-Forwarded-Host", "evil.test"],
        ["X-Forwarded-Proto", "https"],
      ],
    }),
  ],
  ["a slash behind the path", ({ endpoint: { path } }) => ({ path: path.replace(/(?=\?|$)/, "/") })],
  ["two slashes before the path", ({ endpoint: { path } }) => ({ path: `/${path}` })],
  ["the path in capitals", ({ endpoint: { path } }) => ({ path: path.toUpperCase() })],
  [
    "the whole URL as the path",
    ({ endpoint: { path, hostHeader = "127.0.0.1" } }) => ({ path: `http://${hostHeader}${path}` }),
  ],
  ["the request in pieces", () => ({ segment: 7 })],
  ["frames that do not wait for the answer", () => ({ extra: frameBytes("text", "let me in") })],
  ["a FIN behind the request", () => ({ afterwards: "half-open" })],
];

function stays(name: string, request: (visitor: Visitor) => HandshakeRequest): EndpointRow {
  return { name, run: (visitor) => visitor.stays(request(visitor)) };
}

export const endpointRows: readonly EndpointRow[] = [
  { name: "the listed page opens a socket", run: (visitor) => visitor.opens() },
  stays("a page on another site does not", () => ({ origin: evil })),
  {
    name: "nor is its connection left open",
    async run(visitor) {
      const answer = await visitor.ask({ origin: evil });
      answer.frames?.destroy();
      assert.ok(
        answer.status === 101 || answer.closed !== "open",
        `the refusal (${answer.status}) left the connection open`,
      );
    },
  },
  stays("nor a sandboxed frame, which sends null", () => ({ origin: "null" })),
  {
    name: "a client without an Origin gets what it should",
    run: (visitor) =>
      visitor.endpoint.missingOrigin === "allow" ? visitor.opens({ origin: null }) : visitor.stays({ origin: null }),
  },
  stays("an empty Origin does not", () => ({ origin: "" })),
  ...lookAlikes.map(([what, make]) =>
    stays(`look-alike: ${what}`, ({ endpoint }) => ({ origin: make(partsOf(endpoint.origin)) })),
  ),
  stays("two Origin lines, the listed one first", ({ endpoint: { origin } }) => ({ origin: [origin, evil] })),
  stays("two Origin lines, the listed one last", ({ endpoint: { origin } }) => ({ origin: [evil, origin] })),
  ...disguises.map(([what, request]) =>
    stays(`another site with ${what}`, (visitor) => ({ origin: evil, ...request(visitor) })),
  ),
  ...(["rebind.test", null, "two"] as const).map((other): EndpointRow => ({
    name: `Host, where it is known: ${other === "two" ? "two lines" : other === null ? "none" : "another (DNS rebinding)"}`,
    async run(visitor) {
      const { hostHeader } = visitor.endpoint;
      if (hostHeader === undefined) return;
      await visitor.stays({ hostHeader: other === "two" ? [hostHeader, "rebind.test"] : other });
    },
  })),
  {
    name: "a client that resets its connection takes nobody else's away",
    async run(visitor) {
      for (const origin of [visitor.endpoint.origin, evil]) await visitor.ask({ origin, afterwards: "reset" });
      await visitor.opens();
    },
  },
];
