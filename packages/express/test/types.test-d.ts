import { createServer } from "node:http";
import cors from "cors";
import express, { type Request } from "express";
import { expectTypeOf, test } from "vitest";
import { corsOptions, createPolicy, guard } from "../src/index.ts";

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

test("options that are misspelt or missing do not compile", () => {
  // @ts-expect-error There is no such option.
  guard(createServer(app), { app, policy, befor: [] });
  // @ts-expect-error Without the app there is no trust setting to honour.
  guard(createServer(app), { policy });
});

test("corsOptions fits the cors package", () => {
  app.use(cors(corsOptions(policy)));
});
