import Koa from "koa";
import { expect, test } from "vitest";
import { guard } from "../src/index.ts";
import { policy } from "./support.ts";

test("guard(app) in place of its server: a GateError that says what a server is", () => {
  const app = new Koa();
  const call = (): unknown => Reflect.apply(guard, undefined, [app, { app, policy, log: false }]);
  expect(call).toThrow(expect.objectContaining({ name: "GateError" }));
  expect(call).toThrow(/createServer|app\.listen\(\)/);
});

test("guard() takes what app.listen() returns", async () => {
  const app = new Koa();
  const server = app.listen(0, "127.0.0.1");
  const gate = guard(server, { app, policy, log: false });
  expect(gate.connections.size).toBe(0);
  await gate.close();
  await new Promise((resolve) => server.close(resolve));
});
