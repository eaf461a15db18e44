import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Schedule } from "@wsorigin/core/gate";

const start = Date.parse("2026-01-01T00:00:00Z");

const rethrow = (error: unknown): never => {
  throw error;
};

beforeEach(() => void vi.useFakeTimers({ now: start, toFake: ["Date", "setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

test("everything runs at its time, in order, with one timer for all", () => {
  const schedule = new Schedule(rethrow, () => Date.now());
  const ran: number[] = [];
  for (const ms of [500, 100, 300, 100, 50]) schedule.at(start + ms, () => ran.push(ms));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(100);
  expect(ran).toEqual([50, 100, 100]);
  vi.advanceTimersByTime(400);
  expect(ran).toEqual([50, 100, 100, 300, 500]);
  expect([schedule.size, vi.getTimerCount()]).toEqual([0, 0]);
});

test("10,000 entries are one timer", () => {
  const schedule = new Schedule(rethrow, () => Date.now());
  let ran = 0;
  for (let index = 0; index < 10_000; index++) schedule.at(start + ((index * 7919) % 60_000), () => ran++);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(ran).toBe(10_000);
});

test("what is further away than a timer holds (2^31 ms) runs at its time, not at once", () => {
  const schedule = new Schedule(rethrow, () => Date.now());
  const run = vi.fn<() => void>();
  schedule.at(start + 2 ** 31 + 5000, run);
  vi.advanceTimersByTime(60_000);
  expect(run).not.toHaveBeenCalled();
  vi.setSystemTime(start + 2 ** 31 + 4000);
  vi.advanceTimersByTime(900);
  expect(run).not.toHaveBeenCalled();
  vi.advanceTimersByTime(100);
  expect(run).toHaveBeenCalledOnce();
});

test("a clock that jumps ahead is noticed within a second, one that jumps back too", () => {
  const schedule = new Schedule(rethrow, () => Date.now());
  const run = vi.fn<() => void>();
  schedule.at(start + 3_600_000, run);
  vi.advanceTimersByTime(10);
  vi.setSystemTime(start + 3_600_001);
  vi.advanceTimersByTime(1000);
  expect(run).toHaveBeenCalledOnce();

  schedule.at(Date.now() + 500, run);
  vi.setSystemTime(start);
  vi.advanceTimersByTime(3_600_000);
  expect(run).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(2000);
  expect(run).toHaveBeenCalledTimes(2);
});

test("what is taken back does not run, and is kept no longer", () => {
  const schedule = new Schedule(rethrow, () => Date.now());
  const run = vi.fn<() => void>();
  const cancels = [1, 2, 3, 4, 5].map((ms) => schedule.at(start + ms, run));
  for (const cancel of cancels) cancel();
  cancels[0]?.();
  expect([schedule.size, vi.getTimerCount()]).toEqual([0, 0]);
  vi.advanceTimersByTime(10);
  expect(run).not.toHaveBeenCalled();
});

test("what runs may add and take back", () => {
  const schedule = new Schedule(rethrow, () => Date.now());
  const ran: string[] = [];
  const cancel = schedule.at(start + 2, () => ran.push("never"));
  schedule.at(start + 1, () => {
    ran.push("first");
    cancel();
    schedule.at(start, () => ran.push("at once"));
    schedule.at(start + 5, () => ran.push("later"));
  });
  vi.advanceTimersByTime(10);
  expect(ran).toEqual(["first", "at once", "later"]);
});

test("whatever is added and taken back, what is left runs, each once, in order", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(500), fc.boolean()), { maxLength: 60 }), (entries) => {
      vi.setSystemTime(start);
      const schedule = new Schedule(rethrow, () => Date.now());
      const ran: number[] = [];
      const cancels = entries.map(([ms]) => schedule.at(start + ms, () => ran.push(ms)));
      entries.forEach(([, stays], index) => stays || cancels[index]?.());
      vi.advanceTimersByTime(500);
      expect(ran).toEqual(entries.flatMap(([ms, stays]) => (stays ? [ms] : [])).toSorted((one, two) => one - two));
      expect(schedule.size).toBe(0);
    }),
  );
});
