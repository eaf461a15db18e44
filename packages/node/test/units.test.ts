import { denyCodes, statusOf } from "@wsorigin/core";
import { closeCodeOf, offeredProtocols, originForm } from "@wsorigin/core/gate";
import { describe, expect, test } from "vitest";
import { networkOf } from "../src/limits/network.ts";
import { refusalBytes } from "../src/transport/refusal.ts";

describe("a refusal on the wire", () => {
  const statuses = [...new Set(denyCodes.map(statusOf))].toSorted((one, other) => one - other);

  test.each(statuses)("%i", (status) => {
    expect(String(refusalBytes(status))).toMatchSnapshot();
  });

  test("says how long it is, sends nobody elsewhere, sets nothing", () => {
    for (const status of statuses) {
      const [head = "", body = ""] = String(refusalBytes(status)).split("\r\n\r\n");
      expect(head).toContain(`\r\nContent-Length: ${body.length}`);
      expect(head).toContain("\r\nConnection: close");
      expect(head).not.toMatch(/location|set-cookie|access-control|vary/i);
      expect(body).not.toContain("\n");
    }
  });

  test("every status has a close code that a server may send", () => {
    for (const status of statuses) {
      expect([1001, 1011, 4400, 4401, 4403, 4404, 4408, 4426, 4429]).toContain(closeCodeOf(status, "http"));
      expect([1001, 1008, 1011, 1013, 3000, 3003, 3008]).toContain(closeCodeOf(status, "iana"));
    }
    const presets = ([401, 403, 503, 429] as const).map((status) => [
      closeCodeOf(status, "http"),
      closeCodeOf(status, "iana"),
    ]);
    expect(presets).toEqual([
      [4401, 3000],
      [4403, 3003],
      [4408, 3008],
      [4429, 1013],
    ]);
  });
});

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:192.0.2.1", "192.0.2.1"],
  ["::ffff:c000:201", "192.0.2.1"],
  ["0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1"],
  ["::ffff:0:1", "0.0.0.1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
  ["2001:db8:1:2:3:4:5::", "2001:db8:1:2::/64"],
  ["1::", "1:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["2001:db8:1:2::9", "2001:db8:1:2::/64"],
  ["2001:0db8:0001:0002:0000:0000:0000:0009", "2001:db8:1:2::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["", ""],
  ["not an address", "not an address"],
])("the address %j counts as %j", (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});

test.each([
  ["/chat?a=1", "/chat?a=1"],
  ["//evil/chat", undefined],
  ["/\\evil/chat", undefined],
  ["/chat?path=C:\\x", undefined],
  ["http://api.example//evil/chat", undefined],
  ["http://api.example/chat?a=1", "/chat?a=1"],
  ["HTTPS://API.example/chat", "/chat"],
  ["http://api.example", "/"],
  ["http://api.example?a=1", "/?a=1"],
  ["http://evil.test/chat", undefined],
  ["http://user@api.example/chat", undefined],
  ["ftp://api.example/chat", undefined],
  ["api.example:443", undefined],
  ["*", undefined],
  ["", undefined],
  ["/%61?%zz", "/%61?%zz"],
  ["/%zz", undefined],
  ["/%c3", undefined],
])("the target %j of api.example means %j", (target, form) => {
  expect(originForm(target, "api.example")).toBe(form);
});

test.each([
  [undefined, []],
  ["chat.v1", ["chat.v1"]],
  ["a,b , c", ["a", "b", "c"]],
  ["", undefined],
  ["a,,b", undefined],
  ["a,a", undefined],
  ["a b", undefined],
  ['"a"', undefined],
])("the subprotocols of %j are %j", (field, offered) => {
  expect(offeredProtocols(field)).toEqual(offered);
});
