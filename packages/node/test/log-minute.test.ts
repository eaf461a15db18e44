import { handshake } from "@wsorigin/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { start } from "./support.ts";

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ["Date", "performance", "setTimeout", "clearTimeout", "setInterval", "clearInterval"],
    shouldAdvanceTime: true,
  });
});
afterEach(() => {
  vi.useRealTimers();
});

async function logging() {
  const texts: string[] = [];
  const { target, event } = await start({ log: (text) => void texts.push(text) });
  let told = 0;
  const refused = async (origin: string): Promise<void> => {
    expect((await handshake(target, { path: "/own", origin })).status).toBe(403);
    await event(told++);
  };
  return { texts, refused };
}

describe("the log, minute by minute", () => {
  test("the same refusal is logged again after a minute, with how often it came meanwhile", async () => {
    const { texts, refused } = await logging();
    for (let count = 0; count < 4; count++) await refused("https://evil.test");
    expect(texts).toHaveLength(1);
    vi.advanceTimersByTime(61_000);
    await refused("https://evil.test");
    const again = texts.filter((text) => text.includes("https://evil.test"));
    expect(again).toHaveLength(2);
    expect(texts.slice(1).join("\n")).toMatch(/\b3\b/);
  });

  test("a hundred different refusals are logged, then how many were left out", async () => {
    const { texts, refused } = await logging();
    for (let index = 0; index < 130; index++) await refused(`https://evil${index}.test`);
    const first = texts.length;
    expect(first).toBeGreaterThanOrEqual(90);
    expect(first).toBeLessThanOrEqual(101);
    const named = texts.filter((text) => /https:\/\/evil\d+\.test/.test(text)).length;
    vi.advanceTimersByTime(61_000);
    await refused("https://later.test");
    const later = texts.slice(first).join("\n");
    expect(later).toContain("https://later.test");
    expect(later).toContain(String(130 - named));
  });

  test("a flood of origins leaves no memory behind: the next minute starts anew", async () => {
    const { texts, refused } = await logging();
    for (let index = 0; index < 120; index++) await refused(`https://a${index}.test`);
    vi.advanceTimersByTime(61_000);
    texts.length = 0;
    for (let index = 0; index < 20; index++) await refused(`https://b${index}.test`);
    expect(texts.filter((text) => /https:\/\/b\d+\.test/.test(text))).toHaveLength(20);
  });
});
