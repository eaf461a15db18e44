import { describe, expect, test } from "vitest";
import { createPolicy, type Policy } from "../src/index.ts";
import { echo, page, policy, SlowDirectory, start, statusOf } from "./support.ts";

/** A policy that createPolicy would never make. */
function answering(decide: () => unknown): Policy {
  return { ...policy, decide: (...args) => Reflect.apply(decide, undefined, args) as ReturnType<Policy["decide"]> };
}

describe("a policy of somebody's own making opens nothing", () => {
  test.each<[name: string, decide: () => unknown]>([
    ["says nothing", () => {}],
    ["says null", () => null],
    ["says {}", async () => ({})],
    ["says yes in a way of its own", async () => ({ allowed: "yes", code: "origin-listed" })],
    ["says 1", async () => 1],
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["rejects", () => Promise.reject(new Error("broken"))],
  ])("when it %s", async (_name, decide) => {
    const { gate, target, event } = await start({ policy: answering(decide) });
    gate.route("/chat", () => expect.unreachable());
    expect(await statusOf(target, { path: "/chat" })).toBe(503);
    expect((await event(0)).decision.code).toBe("middleware-failed");
    expect(await statusOf(target, { path: "/chat" })).toBe(503);
  });
});

test("without Host nothing opens, also where the policy lists none", async () => {
  const { gate, target, event } = await start();
  gate.route("/chat", echo);
  expect(await statusOf(target, { path: "/chat", hostHeader: null })).toBe(400);
  expect((await event(0)).decision.code).toBe("host-missing");
});

test("what the policy's directory says holds for routes and for what is on none", async () => {
  const directory = new SlowDirectory();
  const { gate, target } = await start({ policy: createPolicy({ directory }) });
  gate.route("/chat", echo);
  const statuses = Promise.all([
    statusOf(target, { path: "/chat", origin: page }),
    statusOf(target, { path: "/else" }),
  ]);
  await directory.asked(2);
  directory.answer(false);
  expect(await statuses).toEqual([403, 403]);
});
