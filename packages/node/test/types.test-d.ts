import { createServer, type IncomingMessage } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import { expectTypeOf, test } from "vitest";
import type { WebSocket } from "ws";
import {
  cookie,
  createPolicy,
  type Decision,
  type DecisionEvent,
  grant,
  guard,
  type PathParams,
  refuse,
} from "../src/index.ts";

const policy = createPolicy({ origins: ["https://app.example"] });
const gate = guard(createServer(), { policy });

test("the principal's type flows from verify to the handler, to onExpiring and to disconnect", () => {
  const withToken = createPolicy({
    origins: ["https://app.example"],
    token: {
      from: [cookie("sid")],
      verify: async (name) => (name === "" ? refuse("invalid") : grant({ principal: { name } })),
    },
  });
  const guarded = guard(createServer(), {
    policy: withToken,
    onExpiring: ({ principal, socket }) => {
      expectTypeOf(principal).toEqualTypeOf<{ name: string }>();
      socket.send("soon");
    },
  });
  guarded.route("/chat", (_socket, { principal, refresh }) => {
    expectTypeOf(principal).toEqualTypeOf<{ name: string }>();
    expectTypeOf(refresh).returns.resolves.toEqualTypeOf<Decision<{ name: string }>>();
  });
  guarded.disconnect(({ principal }) => principal.name === "Ada");
});

test("every kind of server can be guarded", () => {
  guard(createTlsServer(), { policy });
  guard(createSecureServer({ allowHTTP1: true }), { policy });
});

test("the handler's context is typed from the path and the policy", () => {
  gate.route("/chat/:room/:seat", (socket, context) => {
    expectTypeOf(socket).toEqualTypeOf<WebSocket>();
    expectTypeOf(context.params).toEqualTypeOf<{ readonly room: string; readonly seat: string }>();
    expectTypeOf(context.query).toEqualTypeOf<URLSearchParams>();
    expectTypeOf(context.origin).toEqualTypeOf<string | undefined>();
    expectTypeOf(context.principal).toEqualTypeOf<undefined>();
    expectTypeOf(context.request).toEqualTypeOf<IncomingMessage>();
    expectTypeOf(context.decision).toEqualTypeOf<Decision>();
    // @ts-expect-error The path has no such parameter.
    void context.params.rom;
  });
});

test("paths are read as path-to-regexp reads them", () => {
  expectTypeOf<PathParams<"/chat/:room">>().toEqualTypeOf<{ readonly room: string }>();
  expectTypeOf<PathParams<"/files/*path">>().toEqualTypeOf<{ readonly path: string[] }>();
  expectTypeOf<PathParams<"/:a-:b/*rest">>().toEqualTypeOf<{
    readonly a: string;
    readonly b: string;
    readonly rest: string[];
  }>();
  expectTypeOf<PathParams<"/chat{/:page}">>().toEqualTypeOf<{ readonly page?: string }>();
  expectTypeOf<PathParams<'/:"quoted name"/x'>>().toEqualTypeOf<{ readonly "quoted name": string }>();
  expectTypeOf<PathParams<string>>().toEqualTypeOf<Readonly<Record<string, string | string[] | undefined>>>();
});

test("options that are misspelt do not compile", () => {
  // @ts-expect-error There is no such option.
  guard(createServer(), { policy, protocol: ["chat.v1"] });
  // @ts-expect-error There is no such value.
  guard(createServer(), { policy, unrouted: "deny" });
  // @ts-expect-error A route has no say in this.
  gate.route("/chat", { unrouted: "pass" }, () => {});
});

test("what came first is what comes out: routes chain, events are read only", () => {
  expectTypeOf(gate.route("/a", () => {}).route("/b", { policy }, () => {})).toEqualTypeOf(gate);
  guard(createServer(), {
    policy,
    onDecision(event) {
      expectTypeOf(event).toEqualTypeOf<DecisionEvent>();
      // @ts-expect-error An event is what happened.
      event.ip = "";
    },
  });
});
