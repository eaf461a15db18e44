import { createServer } from "node:http";
import { expect, test } from "vitest";
import { checkApp } from "../src/adapter.ts";
import { createPolicy, GateError, guard } from "../src/index.ts";
import { start } from "./support.ts";

const policy = createPolicy({ origins: ["https://app.example"] });

/** What is thrown, by calls that the compiler would not let pass. */
function thrownBy(target: (...args: never[]) => unknown, ...args: readonly unknown[]): GateError {
  try {
    Reflect.apply(target, undefined, args);
  } catch (error) {
    if (error instanceof GateError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown.");
}

test.each<[options: unknown, text: string]>([
  [undefined, "`policy` is missing. Write policy: createPolicy("],
  [{}, "`policy` is missing."],
  [{ policy: {} }, "`policy` must be created with createPolicy(). Write createPolicy("],
  [{ policy: "https://app.example" }, "`policy` must be created with createPolicy()."],
  [{ policy, report: {} }, "`report` must be created with createPolicy()."],
  [{ policy, orgins: [] }, 'Unknown option "orgins". Valid options: policy,'],
  [{ policy, unrouted: "deny" }, '`unrouted` is "deny"; it must be "filter", "refuse" or "pass".'],
  [{ policy, refuseWith: 403 }, '`refuseWith` is 403; it must be "status" or "close".'],
  [{ policy, protocols: "chat.v1" }, '`protocols` must be a list, such as ["chat.v1"].'],
  [{ policy, protocols: ["a b"] }, '`protocols` has the entry "a b", which is not a token'],
  [{ policy, protocols: ["a", "a"] }, "`protocols` lists a subprotocol twice."],
  [{ policy, deadline: 0 }, "`deadline` is 0; it must be a number above 0. The default is 5000."],
  [{ policy, deadline: "5s" }, '`deadline` is "5s"; it must be a number above 0.'],
  [{ policy, grace: 2 ** 31 }, "`grace` is 2147483648; timers hold at most 2147483647 ms."],
  [{ policy, maxPending: -1 }, "`maxPending` is -1;"],
  [{ policy, maxConnections: Number.NaN }, "`maxConnections` is NaN;"],
  [{ policy, maxPayload: 1.5 }, "`maxPayload` is 1.5; it must be a whole number of bytes above 0."],
  [{ policy, maxFailures: 20 }, "`maxFailures` must be { count, seconds }, both above 0"],
  [{ policy, maxFailures: { count: 20, seconds: 0 } }, "`maxFailures` must be { count, seconds }, both above 0"],
  [{ policy, onDecision: "log" }, "`onDecision` must be a function."],
  [{ policy, log: true }, "`log` must be a function that takes a text, or false."],
  [{ policy, facts: {} }, "`facts` must be a function that takes the request."],
])("guard(server, %j) is refused", (options, text) => {
  const error = thrownBy(guard, createServer(), options);
  expect(error.code).toBe("ERR_WSORIGIN_GATE");
  expect(error.message).toContain(text);
});

test("every problem is told at once", () => {
  const error = thrownBy(guard, createServer(), { unrouted: 1, protocols: [""], log: 1 });
  expect(error.issues).toHaveLength(4);
  expect(error.message).toMatch(/^4 problems:\n {2}1\. /);
  expect(Object.isFrozen(error.issues)).toBe(true);
});

test("a refused guard leaves the server as it was", () => {
  const server = createServer();
  const emit: unknown = Reflect.get(server, "emit");
  thrownBy(guard, server, {});
  expect(Reflect.get(server, "emit")).toBe(emit);
  expect(server.listenerCount("upgrade")).toBe(0);
  guard(server, { policy });
});

test.each([undefined, null, {}, () => {}, "server"])("guard(%j) says what a server is", (server) => {
  expect(thrownBy(guard, server, { policy }).message).toContain("guard() takes a server first");
});

test("options that are undefined are left at their defaults", async () => {
  const { gate } = await start({ protocols: undefined, deadline: undefined, unrouted: undefined } as object);
  expect(gate.connections.size).toBe(0);
});

test.each<[args: readonly unknown[], text: string]>([
  [["/a"], 'route "/a": the handler is missing.'],
  [["/a", {}], 'route "/a": the handler is missing.'],
  [["/a", { protocols: ["a", "a"] }, () => {}], 'route "/a": `protocols` lists a subprotocol twice.'],
  [["/a", { unrouted: "pass" }, () => {}], 'route "/a": Unknown option "unrouted".'],
  [["chat", () => {}], 'route: "chat" must begin with a slash. Write "/chat".'],
  [["wss://api.example/chat", () => {}], 'route: "wss://api.example/chat" must begin with a slash. Write "/chat".'],
  [[/chat/, () => {}], "route: /chat/ is not a string."],
  [["/:", () => {}], 'route: "/:" is not a valid path'],
  [["/*", () => {}], 'route: "/*" is not a valid path'],
  [["/taken", () => {}], 'route: "/taken" has a handler already'],
])("gate.route(...%j) is refused", (args, text) => {
  const gate = guard(createServer(), { policy }).route("/taken", () => {});
  expect(thrownBy(gate.route.bind(gate), ...args).message).toContain(text);
});

test("an adapter refuses CORS middleware by its name, and anything that is not a function", () => {
  const corsMiddleware = (): void => {};
  const sample = { name: "Own", app: "own()", before: "[session()]" };
  expect(thrownBy(checkApp, true, [() => {}, corsMiddleware, 1], sample).issues).toEqual([
    {
      code: "middleware-cors",
      entry: "before[1]",
      message: expect.stringMatching(/^before\[1\] is a CORS middleware \(corsMiddleware\)/),
    },
    {
      code: "middleware-invalid",
      entry: "before[2]",
      message: "before[2] must be a middleware function. Write before: [session()].",
    },
  ]);
});
