import { expect, test } from "vitest";
import { judge } from "../src/commands/doctor.ts";
import { readArguments } from "../src/doctor/arguments.ts";
import type { Reply } from "../src/doctor/exchange.ts";
import type { Observations } from "../src/doctor/observe.ts";
import { cspVerdict } from "../src/doctor/page.ts";
import { nameOf, whoAnswered } from "../src/doctor/who.ts";

const opened: Reply = {
  status: 101,
  statusLine: "HTTP/1.1 101 Switching Protocols",
  headers: [["Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]],
  body: Buffer.alloc(0),
  end: "open",
  ms: 1,
  error: undefined,
};
const answer = (status: number, body: string): Reply => ({
  ...opened,
  status,
  statusLine: `HTTP/1.1 ${status} X`,
  headers: [],
  body: Buffer.from(body),
});

/** What was seen, where nothing else was. */
function seen(args: readonly string[], change: Partial<Observations>): Observations {
  return {
    options: readArguments(args),
    reach: { addresses: ["192.0.2.1"], failed: undefined, certificate: undefined },
    http2Only: false,
    replies: { page: opened },
    who: { proxy: undefined, app: undefined },
    direct: undefined,
    idle: undefined,
    ...change,
  };
}

const url = "wss://app.example.com/ws";
const failed = (at: "tcp" | "tls", code: string, message: string) => ({
  reach: { addresses: ["192.0.2.1"], failed: { at, code, message }, certificate: undefined },
  replies: {},
});

// What real servers cannot easily be brought to do here; the rest is in doctor.test.ts, over the network.
test.each<[string, readonly string[], Partial<Observations>]>([
  ["WSO001", ["ws://app.example.com/ws", "--page", "https://app.example.com"], {}],
  ["WSO001", ["ws://localhost:3000/ws", "--page", "https://app.example.com"], {}],
  [
    "WSO002",
    [url, "--page", "https://app.example.com", "--csp", "default-src 'self'; connect-src https://api.example.com"],
    {},
  ],
  [
    "WSO003",
    [url, "--page", "https://app.example.com"],
    { reach: { addresses: ["192.168.1.7"], failed: undefined, certificate: undefined } },
  ],
  ["WSO012", [url], failed("tcp", "ETIMEDOUT", "It did not connect in time.")],
  ["WSO019", [url], failed("tls", "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "alert handshake failure")],
  [
    "WSO038",
    [url],
    { replies: { page: answer(400, "Missing or invalid Sec-WebSocket-Key header"), plain: answer(200, "page") } },
  ],
  ["WSO057", ["ws://app.example.com/ws"], {}],
  [
    "WSO058",
    [url],
    { replies: { page: { ...opened, headers: [...opened.headers, ["Access-Control-Allow-Origin", "*"]] } } },
  ],
])("%s: %j", (id, args, change) => {
  expect(judge(seen(args, change)).map(({ rule }) => rule.id)).toContain(id);
});

test("a right set-up yields nothing", () => {
  expect(judge(seen([url, "--page", "https://app.example.com", "--csp", "connect-src 'self'"], {}))).toEqual([]);
});

const marks: readonly (readonly [string, number, readonly (readonly [string, string])[], string])[] = [
  ["nginx/1.22.1", 404, [["Server", "nginx/1.22.1"]], ""],
  ["nginx/1.22.1", 502, [], "<center>nginx/1.22.1</center>"],
  ["Apache/2.4.71", 503, [["Server", "Apache/2.4.71 (Debian)"]], ""],
  ["HAProxy", 503, [], "<h1>503 Service Unavailable</h1>\nNo server is available to handle this request."],
  ["Caddy", 200, [["Server", "Caddy"]], ""],
  ["Varnish", 404, [["Via", "1.1 varnish (Varnish/7.1)"]], ""],
  ["Envoy", 403, [["server", "envoy"]], ""],
  [
    "Cloudflare",
    403,
    [
      ["Server", "cloudflare"],
      ["CF-RAY", "1"],
    ],
    "",
  ],
  ["CloudFront", 400, [["Via", "1.1 x.cloudfront.net (CloudFront)"]], ""],
  ["AWS ALB", 464, [["Server", "awselb/2.0"]], ""],
  ["AWS API Gateway", 403, [["x-amz-apigw-id", "1"]], '{"message":"Forbidden"}'],
  ["Google Cloud", 502, [["Via", "1.1 google"]], ""],
  ["Azure Front Door", 503, [["X-Azure-Ref", "1"]], ""],
  ["Heroku", 503, [["Via", "1.1 vegur"]], ""],
  ["Fly.io", 502, [["fly-request-id", "1"]], ""],
  ["Vercel", 404, [["x-vercel-id", "1"]], ""],
  ["Netlify", 404, [["x-nf-request-id", "1"]], ""],
  ["Fastly", 404, [["X-Served-By", "cache-fra-1"]], ""],
  ["lighttpd/1.4.69", 404, [["Server", "lighttpd/1.4.69"]], ""],
  ["Squid", 404, [["Via", "1.1 host (squid/5.7)"]], ""],
  [
    "nginx, in front of Express",
    404,
    [
      ["Server", "nginx"],
      ["X-Powered-By", "Express"],
    ],
    "",
  ],
  ["Express", 404, [], "<pre>Cannot GET /ws</pre>"],
  ["Fastify", 404, [], '{"message":"Route GET:/ws not found","error":"Not Found","statusCode":404}'],
  ["Socket.IO", 400, [], '{"code":3,"message":"Bad request"}'],
  ["ws (Node.js)", 426, [], "Upgrade Required"],
  ["Koa", 404, [["Content-Type", "text/plain; charset=utf-8"]], "Not Found"],
  ["uvicorn", 403, [["server", "uvicorn"]], ""],
  [
    "Starlette on Uvicorn",
    404,
    [
      ["server", "uvicorn"],
      ["content-type", "text/plain; charset=utf-8"],
    ],
    "Not Found",
  ],
  ["Django Channels on Daphne", 404, [["Server", "daphne"]], "<h1>Not Found</h1>"],
  ["Phoenix (or another server in Elixir)", 403, [["server", "Cowboy"]], ""],
  ["Tornado", 400, [["Content-Type", "text/html; charset=UTF-8"]], 'Can "Upgrade" only to "WebSocket".'],
  ["Spring", 400, [], 'Can "Upgrade" only to "WebSocket".'],
];

test.each(marks)("who answered: %s (%i)", (who, status, headers, body) => {
  expect(nameOf(whoAnswered([{ ...answer(status, body), headers }]))).toBe(who);
});

test("Daphne says all it has to say in the status line", () => {
  const reply = { ...answer(403, ""), statusLine: "HTTP/1.1 403 Access denied" };
  expect(nameOf(whoAnswered([reply]))).toBe("Django Channels on Daphne");
});

test.each([
  ["connect-src 'self'", "https://app.example.com", url, true],
  ["connect-src 'self'", "https://other.example.com", url, false],
  ["connect-src wss:", "https://app.example.com", url, true],
  ["connect-src https:", "https://app.example.com", url, true],
  ["connect-src ws://app.example.com", "https://app.example.com", url, true],
  ["connect-src http://app.example.com", "http://app.example.com", "ws://app.example.com/ws", true],
  ["connect-src wss://*.example.com", "https://app.example.com", url, true],
  ["connect-src wss://*.example.com", "https://app.example.com", "wss://example.com/", false],
  ["connect-src app.example.com:8443", "https://app.example.com", "wss://app.example.com:8443/", true],
  ["connect-src app.example.com", "https://app.example.com", "wss://app.example.com:8443/", false],
  ["default-src 'none'", "https://app.example.com", url, false],
  ["default-src *; connect-src 'none'", "https://app.example.com", url, false],
  ["connect-src 'none'; connect-src *", "https://app.example.com", url, false],
] as const)("CSP %j, page %s, socket %s: %s", (policy, page, socket, allowed) => {
  expect(cspVerdict(policy, new URL(page), new URL(socket))?.allowed).toBe(allowed);
});

test("a policy without connect-src and default-src says nothing", () => {
  expect(cspVerdict("script-src 'self'", new URL("https://app.example.com"), new URL(url))).toBeUndefined();
});
