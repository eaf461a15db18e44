import { expect, test } from "vitest";
import { check } from "../src/check/check.ts";
import { type Attach, start } from "../src/start.ts";

const ports = { chat: 0, hostile: 0 };

/** The check: all is well with the guard, and not without. */
export function describeCheck(attach: Attach): void {
  test("every row of the check is as expected", async () => {
    const rows = await check((options) => start(attach, { ports, ...options }));
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
    expect(rows.length).toBeGreaterThan(40);
  });

  test("without the guard the check fails, and the hostile page is in", async () => {
    const rows = await check((options) => start(attach, { ports, ...options, unguarded: true }));
    const got = new Map(rows.map((row) => [row.name, row.got]));
    expect(got.get("the hostile page (the cookie rides along)")).toBe("101 nobody-asked");
    expect(got.get("a page of another site")).toBe("101 nobody-asked");
    expect(got.get("log out everywhere: an open socket")).toBe("still open");
    expect(got.get("Socket.IO, polling: the hostile page")).toBe("200 nobody-asked");
    expect(got.get("Socket.IO, websocket: the hostile page")).toBe("101 nobody-asked");
    expect(got.get("log out everywhere: Socket.IO, websocket")).toBe("still open");
    expect(got.get("DNS rebinding: Host alone")).toBe("101 nobody-asked");
    expect(got.get("older listener, evil page")).toBe("101 nobody-asked, reached");
    expect(got.get("later listener, evil page")).toMatch(/, reached$/);
  });
}
