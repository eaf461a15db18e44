import { sampleKey } from "../../client/request.ts";
import { fixture, type FuzzSettings } from "../settings.ts";
import type { Companion, Ending, Http1Change, Http1Conversation, Http1Message } from "./change.ts";

const handshakeLines = (origin: string, token: FuzzSettings["token"]): string[] => [
  `Host: ${fixture.host}`,
  "Upgrade: websocket",
  "Connection: Upgrade",
  `Sec-WebSocket-Key: ${sampleKey}`,
  "Sec-WebSocket-Version: 13",
  `Origin: ${origin}`,
  ...tokenLines(token),
];

/** The line that holds a valid token. */
function tokenLines(token: FuzzSettings["token"]): string[] {
  if (token === "header") return ["Authorization: Bearer good"];
  if (token === "cookie") return [`Cookie: theme=dark; ${fixture.cookie}=good`];
  return token === "subprotocol" ? [`Sec-WebSocket-Protocol: ${fixture.protocol}, bearer.good`] : [];
}

/** A target with a token in its query. */
function withTicket(target: string, text: string): string {
  return /^(?:\/|http)/.test(target)
    ? `${target}${target.includes("?") ? "&" : "?"}${fixture.parameter}=${text}`
    : target;
}

const message = (part: Partial<Http1Message>): Http1Message => ({
  method: "GET",
  target: "/page",
  version: "1.1",
  lines: [`Host: ${fixture.host}`],
  body: "",
  ...part,
});

const foreign = "https://evil.test";

/** All of them carry a valid token where a handshake or request needs one: the browser sends the user's cookie for a foreign page too. */
function companionOf(what: Companion, token: FuzzSettings["token"]): Http1Message {
  const place = (target: string): string => (token === "query" ? withTicket(target, "good") : target);
  const proper = (origin: string, target: string): Http1Message =>
    message({ target: place(target), lines: handshakeLines(origin, token) });
  const request = (...lines: readonly string[]): Http1Message =>
    message({ target: place("/page"), lines: [`Host: ${fixture.host}`, ...lines, ...tokenLines(token)] });
  const made: Readonly<Record<Companion, () => Http1Message>> = {
    get: () => message({}),
    head: () => message({ method: "HEAD" }),
    post: () => message({ method: "POST", lines: [`Host: ${fixture.host}`, "Content-Length: 5"], body: "hello" }),
    chunked: () =>
      message({
        method: "POST",
        lines: [`Host: ${fixture.host}`, "Transfer-Encoding: chunked"],
        body: "5\r\nhello\r\n0\r\n\r\n",
      }),
    h2c: () => request("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"),
    "h2c-post": () => ({
      ...request("Connection: Upgrade", "Upgrade: h2c", "Content-Length: 5"),
      method: "POST",
      body: "hello",
    }),
    tls: () => ({ ...request("Connection: Upgrade", "Upgrade: TLS/1.2"), method: "OPTIONS" }),
    handshake: () => proper(fixture.origin, "/chat/lobby"),
    foreign: () => proper(foreign, "/chat/lobby"),
    "foreign-elsewhere": () => proper(foreign, "/elsewhere"),
    "stripped-foreign": () => {
      const { lines, ...rest } = proper(foreign, "/elsewhere");
      return { ...rest, lines: lines.filter((line) => !line.startsWith("Connection")) };
    },
    "page-get": () => request(`Origin: ${fixture.origin}`),
    "page-post": () => ({
      ...request(`Origin: ${fixture.origin}`, "Content-Length: 5"),
      method: "POST",
      body: "hello",
    }),
    "own-get": () => request("Sec-Fetch-Site: same-origin"),
    "foreign-get": () => request(`Origin: ${foreign}`, "Sec-Fetch-Site: cross-site"),
    // No preflight, since it asks for no method: it needs a token.
    options: () => message({ method: "OPTIONS", lines: [`Host: ${fixture.host}`, `Origin: ${fixture.origin}`] }),
    preflight: () =>
      message({
        method: "OPTIONS",
        lines: [`Host: ${fixture.host}`, `Origin: ${fixture.origin}`, "Access-Control-Request-Method: PUT"],
      }),
  };
  return made[what]();
}

/** Applies changes to a proper handshake, in order. */
export function buildHttp1(changes: readonly Http1Change[], token: FuzzSettings["token"] = "none"): Http1Conversation {
  const lines = handshakeLines(fixture.origin, token);
  let ticket = "good";
  let first = "good";
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
      case "token":
        ticket = change.text;
        for (const [at, line] of lines.entries())
          if (/^(?:auth|cookie|sec-websocket-p)/i.test(line)) lines[at] = line.replace("good", change.text);
        break;
      case "message":
        first = change.text;
        break;
      case "ordinary":
        for (const name of ["Upgrade", "Connection", "Sec-WebSocket-Key"])
          if (place(name) >= 0) lines.splice(place(name), 1);
        break;
      case "body":
        lines.push(change.line);
        main.body = change.bytes;
        break;
      case "before":
        before.push(companionOf(change.what, token));
        break;
      case "after":
        after.push(companionOf(change.what, token));
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
  const target = token === "query" ? withTicket(main.target, ticket) : main.target;
  return { messages: [...before, { ...main, target, lines }, ...after], message: first, tail, segment, ending };
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
