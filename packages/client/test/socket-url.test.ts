import { expect, test } from "vitest";
import { socketUrl } from "../src/index.ts";

const secure = "https://app.example/rooms/7?x=1#lobby";
const plain = "http://localhost:3000/";

test.each([
  ["/chat", secure, "wss://app.example/chat"],
  ["chat?room=1#top", secure, "wss://app.example/rooms/chat?room=1"],
  ["", secure, "wss://app.example/rooms/7?x=1"],
  ["/chat", plain, "ws://localhost:3000/chat"],
  ["//api.example/chat", secure, "wss://api.example/chat"],
  ["https://api.example/chat", plain, "wss://api.example/chat"],
  ["wss://api.example/chat", plain, "wss://api.example/chat"],
  ["http://localhost:8080/chat", plain, "ws://localhost:8080/chat"],
  ["ws://localhost:8080/chat", plain, "ws://localhost:8080/chat"],
  ["https://app.example/chat", "blob:https://app.example/6c1e", "wss://app.example/chat"],
])("%s from %s", (path, base, expected) => {
  expect(socketUrl(path, base)).toBe(expected);
});

test.each([
  "ws://api.example/chat",
  "http://api.example/chat",
  "WS://api.example",
  " ws://api.example",
  "w\ns://api.example",
  "/chat",
  "//x",
])("no https page gets ws: from %j", (path) => {
  for (const base of [secure, " HTTPS://app.example"]) expect(socketUrl(path, base)).toMatch(/^wss:\/\//);
});

test.each(["ftp://app.example/", "file:///chat", "javascript:alert(1)", "data:,", "wss://", "http://["])(
  "%s is refused with the fix",
  (path) => {
    expect(() => socketUrl(path, secure)).toThrow(TypeError);
    expect(() => socketUrl(path, secure)).toThrow('Write a path, or a URL that begins with "wss://".');
  },
);

test("no worker made from a blob of such a page does", () => {
  expect(socketUrl("ws://api.example/chat", "blob:https://app.example/6c1e")).toBe("wss://api.example/chat");
});

test("a page without a server has no paths", () => {
  for (const base of ["file:///index.html", "about:srcdoc", "data:text/html,", "blob:https://app.example/6c1e"])
    expect(() => socketUrl("/chat", base)).toThrow(TypeError);
});
