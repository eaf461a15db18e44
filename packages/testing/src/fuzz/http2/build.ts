import { fixture, type FuzzSettings } from "../settings.ts";
import type { Http2Change, Http2Companion, Http2Conversation, Http2Ending, Http2Field, Http2Stream } from "./change.ts";
import { encodeFields, flags, frame, number, types } from "./frames.ts";

/** A proper handshake, with a valid token where the policy asks for one. */
function handshakeFields(origin: string, path: string, token: FuzzSettings["token"]): Http2Field[] {
  return [
    [":method", "CONNECT"],
    [":protocol", "websocket"],
    [":scheme", "https"],
    [":path", path],
    [":authority", fixture.host],
    ["sec-websocket-version", "13"],
    ["origin", origin],
    ...tokenFields(token),
  ];
}

function tokenFields(token: FuzzSettings["token"]): Http2Field[] {
  if (token === "header") return [["authorization", "Bearer good"]];
  if (token === "cookie") return [["cookie", `theme=dark; ${fixture.cookie}=good`]];
  return token === "subprotocol" ? [["sec-websocket-protocol", `${fixture.protocol}, bearer.good`]] : [];
}

function withTicket(path: string, text: string): string {
  return path.startsWith("/") ? `${path}${path.includes("?") ? "&" : "?"}${fixture.parameter}=${text}` : path;
}

const stream = (part: Partial<Http2Stream>): Http2Stream => ({
  fields: [],
  end: false,
  data: [],
  trailers: false,
  reset: undefined,
  continuation: undefined,
  ...part,
});

const page = (method: string): Http2Field[] => [
  [":method", method],
  [":scheme", "https"],
  [":path", "/page"],
  [":authority", fixture.host],
];

const foreign = "https://evil.test";

/** All of them carry a valid token: the browser sends the user's cookie for a foreign page too. */
function companionOf(what: Http2Companion, token: FuzzSettings["token"]): Http2Stream {
  const handshake = (origin: string, path: string): Http2Stream =>
    stream({ fields: handshakeFields(origin, token === "query" ? withTicket(path, "good") : path, token) });
  switch (what) {
    case "get":
      return stream({ fields: page("GET"), end: true });
    case "head":
      return stream({ fields: page("HEAD"), end: true });
    case "post":
      return stream({ fields: page("POST"), data: [{ bytes: 5, end: true }] });
    case "connect":
      return stream({
        fields: [
          [":method", "CONNECT"],
          [":authority", "evil.test:443"],
        ],
      });
    case "handshake":
      return handshake(fixture.origin, "/chat/lobby");
    case "foreign":
      return handshake(foreign, "/chat/lobby");
    case "foreign-elsewhere":
      return handshake(foreign, "/elsewhere");
    default:
      return what satisfies never;
  }
}

/** Applies changes to a proper extended CONNECT, in order. */
export function buildHttp2(changes: readonly Http2Change[], token: FuzzSettings["token"] = "none"): Http2Conversation {
  const fields = handshakeFields(fixture.origin, "/chat/lobby", token);
  let ticket = "good";
  const data: Http2Stream["data"][number][] = [];
  let [end, trailers] = [false, false];
  let reset: Http2Stream["reset"];
  let continuation: Http2Stream["continuation"];
  let ending: Http2Ending = "wait";
  const before: Http2Stream[] = [];
  const after: Http2Stream[] = [];
  const place = (name: string): number => fields.findIndex(([each]) => each === name);
  for (const change of changes) {
    switch (change.kind) {
      case "field":
        fields.splice(place(change.name) < 0 ? fields.length : place(change.name), 1, [change.name, change.value]);
        break;
      case "drop":
        if (place(change.name) >= 0) fields.splice(place(change.name), 1);
        break;
      case "add":
        fields.splice(change.first ? 0 : fields.length, 0, [change.name, change.value]);
        break;
      case "data":
        data.push({ bytes: change.bytes, end: change.end });
        break;
      case "end":
        end = true;
        break;
      case "trailers":
        trailers = true;
        break;
      case "reset":
        reset = { code: change.code, when: change.when };
        break;
      case "before":
        before.push(companionOf(change.what, token));
        break;
      case "after":
        after.push(companionOf(change.what, token));
        break;
      case "token":
        ticket = change.text;
        for (const [at, [name, value]] of fields.entries())
          if (!name.startsWith(":")) fields[at] = [name, value.replace(/\bgood\b/, change.text)];
        break;
      case "continuation":
        continuation = change.size;
        break;
      case "ending":
        ending = change.how;
        break;
    }
  }
  if (token === "query")
    for (const [at, [name, value]] of fields.entries())
      if (name === ":path") fields[at] = [name, withTicket(value, ticket)];
  return { streams: [...before, { fields, end, data, trailers, reset, continuation }, ...after], ending };
}

/** The number of a client's stream: odd ones, in order. */
export function idOf(index: number): number {
  return index * 2 + 1;
}

const maxFrame = 16_384;

/** What is sent on a stream at once, without waiting for anything. */
export function bytesOfStream({ fields, end, data, trailers, reset, continuation }: Http2Stream, id: number): Buffer {
  const parts: Buffer[] = headers(encodeFields(fields), id, { end, size: continuation ?? maxFrame });
  if (reset?.when === "at-once") parts.push(frame(types.reset, 0, id, number(reset.code)));
  for (const { bytes, end: last } of data) {
    for (let left = bytes; left > 0 || left === bytes; left -= maxFrame) {
      const flag = last && left <= maxFrame ? flags.endStream : 0;
      parts.push(frame(types.data, flag, id, Buffer.alloc(Math.max(0, Math.min(left, maxFrame)))));
      if (bytes === 0) break;
    }
  }
  if (trailers) parts.push(...headers(encodeFields([["x-trailer", "1"]]), id, { end: true, size: maxFrame }));
  if (reset?.when === "after-data") parts.push(frame(types.reset, 0, id, number(reset.code)));
  return Buffer.concat(parts);
}

function headers(block: Buffer, id: number, { end, size }: { readonly end: boolean; readonly size: number }): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at === 0 || at < block.length; at += size) {
    const last = at + size >= block.length ? flags.endHeaders : 0;
    const flag = last | (at === 0 && end ? flags.endStream : 0);
    parts.push(frame(at === 0 ? types.headers : types.continuation, flag, id, block.subarray(at, at + size)));
  }
  return parts;
}
