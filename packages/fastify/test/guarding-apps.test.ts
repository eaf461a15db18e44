import { guard } from "@wsorigin/node";
import Fastify from "fastify";
import { expect, test } from "vitest";
import { closeLater, policy } from "./support.ts";

test("guard(app) with a Fastify instance in place of its server: a GateError that says what a server is", () => {
  const app = Fastify();
  closeLater(app);
  const call = (): unknown => Reflect.apply(guard, undefined, [app, { policy, log: false }]);
  expect(call).toThrow(expect.objectContaining({ name: "GateError" }));
  expect(call).toThrow(/server/);
});
