import assert from "node:assert/strict";
import type { Answer } from "../client/answer.ts";

const always = ["connection", "content-length", "content-type"];

const besides: Readonly<Record<number, readonly string[]>> = {
  401: ["www-authenticate"],
  426: ["sec-websocket-version", "upgrade"],
  429: ["retry-after"],
  503: ["retry-after"],
};

/** Checks a refusal: complete, with exactly these headers (no redirect, no cookie, no CORS header), and then the end of the connection. */
export function checkRefusal(answer: Answer): void {
  const { status = 0, headers, body, raw } = answer;
  assert.match(answer.statusLine, /^HTTP\/1\.1 \d{3} [A-Z]/);
  const names = headers.map(([name]) => name.toLowerCase()).toSorted();
  assert.deepEqual(names, [...always, ...(besides[status] ?? [])].toSorted());
  assert.equal(answer.header("connection")?.toLowerCase(), "close");
  assert.equal(answer.header("content-length"), String(Buffer.byteLength(body)));
  assert.match(answer.header("content-type") ?? "", /^text\/plain/);
  assert.equal(raw.toString("utf8", raw.indexOf("\r\n\r\n") + 4), body, "something follows the body");
  assert.notEqual(answer.closed, "open", "the connection was left open");
  if (status === 401) assert.equal(answer.header("www-authenticate"), "Bearer");
  if (status === 426) {
    assert.equal(answer.header("upgrade"), "websocket");
    assert.equal(answer.header("sec-websocket-version"), "13");
  }
  if (status === 429 || status === 503) assert.match(answer.header("retry-after") ?? "", /^[1-9]\d*$/);
}
