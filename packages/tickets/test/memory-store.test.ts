import { afterEach, describe, expect, test, vi } from "vitest";
import { createTickets, memoryStore } from "../src/index.ts";
import { ada, asked, codeOf, decide, page, type User } from "./support.ts";

const request = { principal: ada, origin: page };

describe("memoryStore", () => {
  afterEach(() => void vi.useRealTimers());

  test("holds so many tickets and no more; nobody's is dropped for another's", async () => {
    const tickets = createTickets<User>({ store: memoryStore({ maxTickets: 2 }) });
    const [first, second] = [await tickets.issue(request), await tickets.issue(request)];
    await expect(tickets.issue(request)).rejects.toThrow("too many outstanding tickets (2)");
    expect(await codeOf(decide(tickets, first))).toBe("origin-listed");
    const third = await tickets.issue(request);
    await expect(tickets.issue(request)).rejects.toThrow("too many outstanding tickets (2)");
    expect(await codeOf(decide(tickets, second))).toBe("origin-listed");
    expect(await codeOf(decide(tickets, third))).toBe("origin-listed");
  });

  test("makes room of what has expired", async () => {
    vi.useFakeTimers();
    const tickets = createTickets<User>({ store: memoryStore({ maxTickets: 2 }), ttl: 1000 });
    await tickets.issue(request);
    vi.advanceTimersByTime(500);
    const second = await tickets.issue(request);
    vi.advanceTimersByTime(501);
    await tickets.issue(request);
    await expect(tickets.issue(request)).rejects.toThrow("too many outstanding tickets");
    expect(await codeOf(decide(tickets, second))).toBe("origin-listed");
  });

  test("forgets what is over, with one timer for all", async () => {
    vi.useFakeTimers();
    const store = memoryStore();
    const tickets = createTickets<User>({ store, ttl: 1000 });
    const issued = await Promise.all(Array.from({ length: 100 }, () => tickets.issue(request)));
    await tickets.revoke({ subject: "ada" });
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1001);
    expect(await tickets.verify(issued[0] ?? "", asked())).toMatchObject({ code: "token-expired" });
    vi.advanceTimersByTime(70_000);
    expect(await tickets.verify(issued[1] ?? "", asked())).toMatchObject({ code: "token-invalid" });
    expect(await store.latest([{ subject: "ada" }])).toEqual([expect.any(String)]);
    vi.advanceTimersByTime(70_000);
    expect(await store.latest([{ subject: "ada" }])).toEqual([undefined]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("keeps no process alive, and no timer once closed", async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const tickets = createTickets<User>();
    await tickets.issue(request);
    expect(timers()).toBe(before);
    await tickets.close();
    vi.useFakeTimers();
    const others = createTickets<User>();
    await others.issue(request);
    await others.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
