import { createPolicy, grant, queryParam } from "@wsorigin/core";
import { describe, expectTypeOf, test } from "vitest";
import type { WebSocket as WsSocket } from "ws";
import { type Connection, type Refused, type Socket, upgradeGuard } from "../src/index.ts";

declare const request: Request;

describe("upgradeGuard", () => {
  test("the type of the principal reaches the identity and the connection", async () => {
    const token = { from: [queryParam("t")], verify: () => grant({ principal: { name: "Ada" } }) };
    const guard = upgradeGuard({ policy: createPolicy({ origins: [], token }) });
    const result = await guard(request, { ip: "192.0.2.1" });
    if (!result.allowed) {
      expectTypeOf(result).toEqualTypeOf<Refused>();
      expectTypeOf(result.response).toEqualTypeOf<Response>();
      return;
    }
    expectTypeOf(result.identity.principal).toEqualTypeOf<{ name: string }>();
    expectTypeOf(result.protocol).toEqualTypeOf<string | undefined>();
    expectTypeOf<Parameters<typeof result.attach>[0]>().toEqualTypeOf<Socket>();
    expectTypeOf<ReturnType<typeof result.attach>>().toEqualTypeOf<Connection<{ name: string }>>();
  });

  test("the sockets of ws and of the web are sockets", () => {
    expectTypeOf<WsSocket>().toExtend<Socket>();
    expectTypeOf<WebSocket>().toExtend<Socket>();
  });

  test("a policy is required, and options that do not exist are refused", () => {
    // @ts-expect-error
    upgradeGuard({});
    // @ts-expect-error
    upgradeGuard({ policy: createPolicy({ origins: [] }), timeout: 1 });
  });
});
