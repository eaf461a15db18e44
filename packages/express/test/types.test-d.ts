import { createServer } from "node:http";
import cors from "cors";
import express, { type Request } from "express";
import { expectTypeOf, test } from "vitest";
import { cookie, corsOptions, createPolicy, type Decision, grant, guard, type Policy, refuse } from "../src/index.ts";

const app = express();
const policy = createPolicy({ origins: ["https://app.example"] });

test("the handler's context is typed from the path and the policy, and holds Express's request", () => {
  guard(createServer(app), { app, policy }).route("/chat/:room", (_socket, context) => {
    expectTypeOf(context.params).toEqualTypeOf<{ readonly room: string }>();
    expectTypeOf(context.request).toEqualTypeOf<Request>();
    expectTypeOf(context.principal).toEqualTypeOf<undefined>();
    // @ts-expect-error The path has no such parameter.
    void context.params.rom;
  });
});

test("the principal's type flows from verify to the handler", () => {
  const withToken = createPolicy({
    origins: ["https://app.example"],
    token: {
      from: [cookie("sid")],
      verify: async (token) => (token === "" ? refuse("invalid") : grant({ principal: { name: "Ada", admin: true } })),
    },
  });
  expectTypeOf(withToken).toEqualTypeOf<Policy<{ name: string; admin: boolean }>>();
  const gate = guard(createServer(app), { app, policy: withToken });
  gate.route("/chat", (_socket, context) => {
    expectTypeOf(context.principal).toEqualTypeOf<{ name: string; admin: boolean }>();
    expectTypeOf(context.refresh("")).resolves.toEqualTypeOf<Decision<{ name: string; admin: boolean }>>();
  });
  gate.disconnect(({ principal }) => principal.admin);
  // @ts-expect-error The route's own policy has another principal.
  gate.route("/other", { policy }, () => {});
  const optional = createPolicy({
    origins: [],
    token: { from: [cookie("sid")], verify: () => grant({ principal: 1 }), required: false },
  });
  expectTypeOf(optional).toEqualTypeOf<Policy<number | undefined>>();
});

test("options that are misspelt or missing do not compile", () => {
  // @ts-expect-error There is no such option.
  guard(createServer(app), { app, policy, befor: [] });
  // @ts-expect-error Without the app there is no trust setting to honour.
  guard(createServer(app), { policy });
});

test("corsOptions fits the cors package", () => {
  app.use(cors(corsOptions(policy)));
});
