export const targets: readonly string[] = [
  "/elsewhere",
  "/elsewhere",
  "/elsewhere?x=1",
  "/silent",
  "/",
  "/by-hand",
  "/plain",
  "/chat/lobby?ticket=1&ticket=2",
  "//evil.test/x",
  "//chat/lobby",
  "/\\evil.test",
  "/chat\\lobby",
  "/elsewhere?a=\\",
  "/chat/%E0%A4%A",
  "/%",
  "/chat/%2e%2e",
  "/other/../chat/lobby",
  "/chat/",
  "/CHAT/lobby",
  "/chat/lobby/",
  "/chat/lobby#x",
  "*",
  "chat",
  "",
  "http://api.example/chat/lobby",
  "http://evil.test/chat/lobby",
  "http://api.example//evil.test/",
  "https://api.example/elsewhere",
  "http://api.example",
  "ws://api.example/chat/lobby",
  "http://",
  "/\x00",
  "/\xe9",
  "/a b",
];

export const origins: readonly string[] = [
  "https://evil.test",
  "https://evil.test",
  "https://evil.test",
  "null",
  "",
  "https://app.example.evil.test",
  "https://evilapp.example",
  "https://app.example/",
  "https://app.example:443",
  "http://app.example",
  "HTTPS://APP.EXAMPLE",
  "https://app.example https://evil.test",
  "https://app.example, https://evil.test",
  "https://app.example\t",
  " https://app.example",
  "https://pr-1.preview.example",
  "https://preview.example",
  "https://a.b.preview.example",
  "https://-.preview.example.evil.test",
  "https://tenant.example",
  "https://app.example\x00",
  "https://\xe9.test",
  "https://app.example@evil.test",
  "file://",
];

const hosts = [
  "evil.test",
  "api.example:8080",
  "API.EXAMPLE",
  "api.example.",
  "",
  "api.example:0",
  "api.example:99999",
  "api.example@evil.test",
  "api.example, evil.test",
  "[::1]",
  "api.example/evil",
];

const upgrades = [
  "h2c",
  "h2c",
  "TLS/1.2",
  "WebSocket",
  "WEBSOCKET",
  "h2c, websocket",
  "websocket, h2c",
  "websocket/13",
  "websocketx",
  "",
  "web socket",
  "\twebsocket\t",
];

export const connections: readonly string[] = [
  "keep-alive",
  "keep-alive",
  "close",
  "keep-alive, Upgrade",
  "UPGRADE",
  "close, upgrade",
  "Upgrade, HTTP2-Settings",
  "xupgrade",
  "upgrade;q=1",
  "",
  "upgrade,",
  "keep-alive upgrade",
];

const keys = [
  "short",
  "",
  "dGhlIHNhbXBsZSBub25jZR==",
  "dGhlIHNhbXBsZSBub25jZQ",
  "AAAAAAAAAAAAAAAAAAAAAAAAAA==",
  "dGhlIHNhbXBsZSBub25jZQ== x",
];

const versions = ["8", "12", "14", "013", "13, 8", "", "x", "13 "];

const protocols = [
  "chat.v1",
  "chat.v2, chat.v1",
  "chat.v2",
  "a b",
  "chat.v1, chat.v1",
  "",
  ",",
  "chat.v1,",
  "\xe9",
  "bearer.abc, chat.v1",
  "chat.v1, bearer.good",
  "bearer.good",
  "chat.v1, bearer.good, bearer.bad",
  "chat.v1, bearer.",
  "chat.v1, Bearer.good",
];

/** Texts of tokens; the verifier grants the first two. */
export const tokens: readonly string[] = [
  "good",
  "later",
  "bad",
  "expired",
  "forbidden",
  "revoked",
  "nonsense",
  "throws",
  "Good",
  "",
];

const authorizations = [
  "Bearer good",
  "bearer good",
  "Bearer  good",
  "Bearer",
  "Bearer good bad",
  "Bearer good,Bearer bad",
  "Bearer =",
  "Basic Zm9v",
  "Bearergood",
  "",
];

const cookies = ["sid=good", "sid=bad", "sid=good; sid=bad", "sid=", "sid", "SID=good", "a=b; sid=%67ood", "a=b", ""];

/** Statuses that middleware may refuse with, and others. */
export const orders: readonly string[] = [
  "401",
  "403",
  "404",
  "429",
  "503",
  "418",
  "302",
  "200",
  "throw",
  "slow",
  "slow",
  "pass",
];

/** Values of the fields that matter, good ones and others. */
export const values: Readonly<Record<string, readonly string[]>> = {
  Origin: origins,
  Host: hosts,
  Upgrade: upgrades,
  Connection: connections,
  "Sec-WebSocket-Key": keys,
  "Sec-WebSocket-Version": versions,
  "Sec-WebSocket-Protocol": protocols,
  "Sec-WebSocket-Extensions": ["permessage-deflate", "permessage-deflate; client_max_window_bits=99", "x;;", ""],
  Authorization: authorizations,
  Cookie: cookies,
  "X-Middleware": orders,
  "Sec-Fetch-Site": ["same-origin", "none", "cross-site", "same-site", "Same-Origin", ""],
  Expect: ["100-continue", "100-Continue", "x", ""],
};
export const fieldNames: readonly string[] = Object.keys(values);

export const rawLines: readonly string[] = [
  " folded",
  "\tfolded: x",
  "no colon",
  ": no name",
  "Origin : https://app.example",
  "X: a\x01b",
  "X\x00Y: b",
  "Origin\t: x",
  "X: \x7f",
  "\xe9: x",
  "X: \xe9",
  "Host:api.example",
  "__proto__: x",
  "X: a\nOrigin: https://app.example",
  "X: a\rb",
];

export const bodies: readonly (readonly [line: string, bytes: string])[] = [
  ["Content-Length: 5", "hello"],
  ["Content-Length: 0", ""],
  ["Content-Length: 100000", "hello"],
  ["Content-Length: 5", ""],
  ["Content-Length: -1", ""],
  ["Content-Length: 5, 5", "hello"],
  ["Content-Length: +5", "hello"],
  ["Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"],
  ["Transfer-Encoding: chunked", "5\r\nhel"],
  ["Transfer-Encoding: chunked", "zz\r\n"],
  ["Transfer-Encoding: identity", ""],
  ["Transfer-Encoding: chunked, identity", ""],
  ["Transfer-Encoding: gzip, chunked", "0\r\n\r\n"],
];

/** A masked ping frame with the mask 0, so that its payload is readable. */
const ping = "\x89\x84\0\0\0\0ping";

export const tails: readonly (readonly [bytes: string, times: number])[] = [
  [ping, 1],
  [ping, 50],
  ["\x81\x84\0\0\0\0text", 3],
  ["\x81\x04bare", 1],
  ["\x88\x82\0\0\0\0\x03\xe8", 1],
  ["\r\n", 3],
  ["junk ", 10],
  ["x", 70_000],
  ["\0", 200],
];
