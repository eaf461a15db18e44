import { sampleKey } from "../../client/request.ts";
import { fixture } from "../settings.ts";
import type { Companion, Ending, Http1Change, Http1Conversation, Http1Message } from "./change.ts";

const handshakeLines = (origin: string): string[] => [
  `Host: ${fixture.host}`,
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${sampleKey}`,
  "Sec-WebSocket-Version: 13",
  `Origin: ${origin}`,
];

const message = (part: Partial<Http1Message>): Http1Message => ({
  method: "GET",
  target: "/page",
  version: "1.1",
  lines: [`Host: ${fixture.host}`],
  body: "",
  ...part,
});

const proper = (origin: string, target: string): Http1Message => message({ target, lines: handshakeLines(origin) });

const foreign = "https://evil.test";

const made: Readonly<Record<Companion, Http1Message>> = {
  get: message({}),
  head: message({ method: "HEAD" }),
  post: message({ method: "POST", lines: [`Host: ${fixture.host}`, "Content-Length: 5"], body: "hello" }),
  chunked: message({
    method: "POST",
    lines: [`Host: ${fixture.host}`, "Transfer-Encoding: chunked"],
    body: "5\r\nhello\r\n0\r\n\r\n",
  }),
  h2c: message({
    lines: [`Host: ${fixture.host}`, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"],
  }),
  "h2c-post": message({
    method: "POST",
    lines: [`Host: ${fixture.host}`, "Connection: Upgrade", "Upgrade: h2c", "Content-Length: 5"],
    body: "hello",
  }),
  tls: message({ method: "OPTIONS", lines: [`Host: ${fixture.host}`, "Connection: Upgrade", "Upgrade: TLS/1.2"] }),
  handshake: proper(fixture.origin, "/chat/lobby"),
  foreign: proper(foreign, "/chat/lobby"),
  "foreign-elsewhere": proper(foreign, "/elsewhere"),
  "stripped-foreign": message({
    target: "/elsewhere",
    lines: handshakeLines(foreign).filter((line) => !line.startsWith("Connection")),
  }),
};

/** Applies changes to a proper handshake, in order. */
export function buildHttp1(changes: readonly Http1Change[]): Http1Conversation {
  const lines = handshakeLines(fixture.origin);
  const main = { method: "GET", target: "/chat/lobby", version: "1.1", body: "" };
  const before: Http1Message[] = [];
  const after: Http1Message[] = [];
  let tail = "";
  let segment: number | undefined;
  let ending: Ending = { how: "wait" };
  const place = (name: string): number =>
    lines.findIndex((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  const put = (at: number, line: string): void => void lines.splice(at < 0 ? lines.length : at, at < 0 ? 0 : 1, line);
  for (const change of changes) {
    switch (change.kind) {
      case "method":
      case "target":
      case "version":
        main[change.kind] = change.value;
        break;
      case "drop":
        if (place(change.name) >= 0) lines.splice(place(change.name), 1);
        break;
      case "replace":
        put(place(change.name), `${change.name}: ${change.value}`);
        break;
      case "repeat":
        lines.splice(place(change.name) + 1, 0, `${change.name}: ${change.value}`);
        break;
      case "add":
        lines.push(`${change.name}: ${change.value}`);
        break;
      case "rename": {
        const at = place(change.name);
        put(at, `${change.to}${lines[at]?.slice(change.name.length) ?? ": x"}`);
        break;
      }
      case "raw":
        lines.splice(change.first ? 0 : lines.length, 0, change.line);
        break;
      case "long":
        lines.push(`${change.name}: ${"a".repeat(change.length)}`);
        break;
      case "body":
        lines.push(change.line);
        main.body = change.bytes;
        break;
      case "before":
        before.push(made[change.what]);
        break;
      case "after":
        after.push(made[change.what]);
        break;
      case "tail":
        tail += change.bytes.repeat(change.times);
        break;
      case "segment":
        segment = change.size;
        break;
      case "ending":
        ending = change.ending;
        break;
    }
  }
  return { messages: [...before, { ...main, lines }, ...after], tail, segment, ending };
}

/** The head of a message, with the empty line that ends it. */
export function headOf({ method, target, version, lines }: Http1Message): string {
  return [`${method} ${target} HTTP/${version}`, ...lines, "", ""].join("\r\n");
}

/** All bytes of a conversation that are sent. */
export function bytesOfHttp1({ messages, tail, ending }: Http1Conversation): Buffer {
  const bytes = Buffer.from(messages.map((each) => headOf(each) + each.body).join("") + tail, "latin1");
  return ending.how === "cut" ? bytes.subarray(0, ending.at) : bytes;
}
