import { createServer } from "node:http";
import cors from "@koa/cors";
import Koa from "koa";
import { expectTypeOf, test } from "vitest";
import { cookie, corsOptions, createPolicy, grant, guard } from "../src/index.ts";

const app = new Koa();
const policy = createPolicy({ origins: ["https://app.example"] });

test("the handler's ctx is Koa's, with the path's parameters and what the gate knows", () => {
  guard(createServer(), { app, policy }).route("/chat/:room", (_socket, ctx) => {
    expectTypeOf(ctx.params).toEqualTypeOf<{ readonly room: string }>();
    expectTypeOf(ctx).toExtend<Koa.Context>();
    expectTypeOf(ctx.wsorigin.principal).toEqualTypeOf<undefined>();
    expectTypeOf(ctx.wsorigin.request).toEqualTypeOf<Koa.Context>();
    // @ts-expect-error The path has no such parameter.
    void ctx.params.rom;
  });
});

test("the principal's type flows from verify to the handler", () => {
  const withToken = createPolicy({
    origins: ["https://app.example"],
    token: { from: [cookie("sid")], verify: async (name) => grant({ principal: { name } }) },
  });
  guard(createServer(), { app, policy: withToken }).route("/chat", (_socket, ctx) => {
    expectTypeOf(ctx.wsorigin.principal).toEqualTypeOf<{ name: string }>();
  });
});

test("with options too, and the gate chains", () => {
  guard(createServer(), { app, policy })
    .route("/a/:id", { protocols: ["v1"] }, (_socket, { params }) => {
      expectTypeOf(params).toEqualTypeOf<{ readonly id: string }>();
    })
    .disconnect(({ request }) => request.ip === "127.0.0.1");
});

test("options that are misspelt or missing do not compile", () => {
  // @ts-expect-error There is no such option.
  guard(createServer(), { app, policy, befor: [] });
  // @ts-expect-error Without the app there is no proxy setting to honour.
  guard(createServer(), { policy });
  // @ts-expect-error There is no such option of a route.
  guard(createServer(), { app, policy }).route("/a", { orgins: [] }, () => {});
});

test("corsOptions fits @koa/cors", () => {
  app.use(cors(corsOptions(policy)));
});
