import type { Random } from "../random.ts";
import { orders, tokens } from "../http1/values.ts";
import { type Http2Change, http2Companions } from "./change.ts";

const values: Readonly<Record<string, readonly string[]>> = {
  ":path": [
    "/elsewhere",
    "/elsewhere",
    "/silent",
    "/silent",
    "/",
    "/plain",
    "/chat/lobby?ticket=1",
    "//evil.test/x",
    "/\\evil.test",
    "/elsewhere?a=\\",
    "/%E0%A4%A",
    "/chat/lobby/",
    "*",
    "",
    "chat",
    "http://evil.test/",
    "/\xe9",
    "/a b",
  ],
  ":authority": [
    "evil.test",
    "api.example:8443",
    "API.EXAMPLE",
    "api.example.",
    "",
    "user@api.example",
    "api.example, evil.test",
  ],
  ":protocol": ["connect-udp", "WebSocket", "", "h2c", "websocket "],
  ":method": ["GET", "POST", "connect", ""],
  ":scheme": ["http", "wss", "", "ftp"],
  origin: [
    "https://evil.test",
    "https://evil.test",
    "https://evil.test",
    "null",
    "",
    "https://pr-1.preview.example",
    "https://tenant.example",
    "https://app.example/",
    "https://app.example, https://evil.test",
    "HTTPS://APP.EXAMPLE",
  ],
  "sec-websocket-version": ["8", "", "13, 13"],
  authorization: ["Bearer good", "Bearer bad", "Bearer", "Basic Zm9v"],
  cookie: ["sid=good", "sid=bad", "sid=", "a=b"],
  "x-middleware": orders,
};
const names: readonly string[] = Object.keys(values);

const added: readonly (readonly [name: string, value: string])[] = [
  ["host", "api.example"],
  ["host", "evil.test"],
  ["origin", "https://evil.test"],
  ["origin", "https://app.example"],
  [":authority", "evil.test"],
  [":path", "/elsewhere"],
  [":odd", "x"],
  ["Origin", "https://app.example"],
  ["connection", "upgrade"],
  ["upgrade", "websocket"],
  ["sec-websocket-key", "short"],
  ["sec-websocket-protocol", "chat.v1"],
  ["sec-websocket-protocol", "a b"],
  ["sec-websocket-protocol", "chat.v1, bearer.good"],
  ["sec-websocket-protocol", "bearer.good"],
  ["authorization", "Bearer good"],
  ["authorization", "Bearer bad"],
  ["cookie", "sid=good"],
  ["cookie", "sid=bad"],
  ["content-length", "5"],
  ["te", "trailers"],
  ["expect", "100-continue"],
  ["x", "a\x00b"],
  ["cookie", "a".repeat(5000)],
];

/** NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM, CANCEL, and a code that does not exist. */
const codes = [0, 0, 0, 1, 7, 8, 8, 0xff];

/** Makes a case: one to five differences from a proper extended CONNECT. */
export function generateHttp2(random: Random): readonly Http2Change[] {
  const changes: Http2Change[] = [];
  if (random.chance(0.3)) changes.push({ kind: "field", name: "origin", value: random.pick(values["origin"] ?? []) });
  if (random.chance(0.4))
    changes.push({ kind: "field", name: ":path", value: random.pick(["/elsewhere", "/silent", "/silent", "/plain"]) });
  if (random.chance(0.25)) changes.push({ kind: "token", text: random.pick(tokens) });
  if (random.chance(0.15)) changes.push({ kind: "field", name: "x-middleware", value: random.pick(orders) });
  // What crashed servers before: data that nobody reads, then a reset.
  if (random.chance(0.15)) {
    changes.push({ kind: "data", bytes: random.pick([100, 16_384, 60_000]), end: false });
    changes.push({ kind: "reset", code: random.pick(codes), when: random.pick(["after-data", "while-waiting"]) });
  }
  for (let left = random.below(4); left > 0; left--) changes.push(change(random));
  return changes;
}

function change(random: Random): Http2Change {
  const name = random.pick(names);
  switch (random.below(13)) {
    case 0:
    case 1:
      return { kind: "field", name, value: random.pick(values[name] ?? []) };
    case 2:
      return { kind: "drop", name };
    case 3: {
      const [field, value] = random.pick(added);
      return { kind: "add", name: field, value, first: random.chance(0.2) };
    }
    case 4:
      return { kind: "data", bytes: random.pick([0, 1, 100, 16_384, 40_000, 60_000, 65_535]), end: random.chance(0.3) };
    case 5:
      return { kind: "end" };
    case 6:
      return { kind: "trailers" };
    case 7:
    case 8:
      return {
        kind: "reset",
        code: random.pick(codes),
        when: random.pick(["at-once", "after-data", "after-answer", "while-waiting"]),
      };
    case 9:
      return { kind: "before", what: random.pick(http2Companions) };
    case 10:
      return { kind: "after", what: random.pick(http2Companions) };
    case 11:
      return { kind: "continuation", size: random.pick([1, 10, 100]) };
    default:
      return { kind: "ending", how: random.pick(["fin", "reset", "goaway"]) };
  }
}
