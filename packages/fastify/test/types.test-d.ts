import cors from "@fastify/cors";
import Fastify, { type FastifyRequest } from "fastify";
import { expectTypeOf, test } from "vitest";
import {
  cookie,
  corsOptions,
  createPolicy,
  grant,
  type Decision,
  type Policy,
  type SocketRouteOptions,
  wsorigin,
} from "../src/index.ts";

const app = Fastify();
const policy = createPolicy({ origins: ["https://app.example"] });
const withToken: Policy<{ name: string }> = createPolicy({
  origins: ["https://app.example"],
  token: { from: [cookie("sid")], verify: async (name) => grant({ principal: { name } }) },
});

declare module "../src/index.ts" {
  interface Register {
    policy: Policy<{ name: string }>;
  }
}

test("request.wsorigin is known by declaration merging, in hooks and handlers, and null on ordinary requests", () => {
  app.get<{ Params: { room: string } }>("/chat/:room", { websocket: true }, (_socket, request) => {
    expectTypeOf(request.params.room).toEqualTypeOf<string>();
    expectTypeOf(request.wsorigin).not.toBeAny();
    expectTypeOf(request.wsorigin).toEqualTypeOf<FastifyRequest["wsorigin"]>();
    expectTypeOf(request.wsorigin?.origin).toEqualTypeOf<string | undefined>();
    expectTypeOf(request.wsorigin?.ip).toEqualTypeOf<string | undefined>();
    expectTypeOf(request.wsorigin?.decision).toEqualTypeOf<Decision<{ name: string }> | undefined>();
    // As the policy that is registered below.
    expectTypeOf(request.wsorigin?.principal).toEqualTypeOf<{ name: string } | undefined>();
    // @ts-expect-error It may be null.
    void request.wsorigin.origin;
  });
});

test("config.wsorigin of a route is checked", () => {
  expectTypeOf<SocketRouteOptions>().toHaveProperty("policy");
  app.get(
    "/a",
    { websocket: true, config: { wsorigin: { policy, protocols: ["v1"], refuseWith: "close" } } },
    () => {},
  );
  // @ts-expect-error There is no such way to refuse.
  app.get("/c", { websocket: true, config: { wsorigin: { refuseWith: "redirect" } } }, () => {});
});

test("options that are misspelt or missing do not compile", () => {
  void app.register(wsorigin, { policy });
  void app.register(wsorigin, { policy: withToken });
  // @ts-expect-error There is no such option.
  void app.register(wsorigin, { policy, orgins: [] });
  // @ts-expect-error Without a policy there is nothing to decide by.
  void app.register(wsorigin, {});
});

test("the gate is on the app", () => {
  expectTypeOf(app.wsorigin.connections.size).toEqualTypeOf<number>();
  app.wsorigin.disconnect(({ request }) => request.routeOptions.url === "/chat/:room", 4001);
});

test("corsOptions fits @fastify/cors", () => {
  void app.register(cors, { ...corsOptions(policy), credentials: true });
});
