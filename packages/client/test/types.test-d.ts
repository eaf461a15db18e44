import { expectTypeOf, test } from "vitest";
import {
  type CloseClass,
  closeClass,
  connect,
  type Connection,
  type ConnectionState,
  type ConnectOptions,
  type Refusal,
  socketUrl,
  whyRefused,
} from "../src/index.ts";

test("functions", () => {
  expectTypeOf(socketUrl).toEqualTypeOf<(path: string, base?: string) => string>();
  expectTypeOf(closeClass).toEqualTypeOf<(code: number, reason?: string) => CloseClass>();
  expectTypeOf(connect).toEqualTypeOf<(options: ConnectOptions) => Connection>();
  expectTypeOf(whyRefused).returns.resolves.toEqualTypeOf<Refusal | undefined>();
  expectTypeOf<CloseClass>().toEqualTypeOf<"never" | "login" | "fresh" | "now" | "later">();
});

test("a connection tells, and cannot be told its state", () => {
  expectTypeOf<Connection["state"]>().toEqualTypeOf<ConnectionState>();
  expectTypeOf<Connection["socket"]>().toEqualTypeOf<WebSocket | undefined>();
  expectTypeOf<Connection["send"]>().returns.toEqualTypeOf<boolean>();
  const change = (connection: Connection): void => {
    // @ts-expect-error
    connection.state = "open";
  };
  expectTypeOf(change).parameter(0).toEqualTypeOf<Connection>();
});

test("options", () => {
  expectTypeOf<{ url: string }>().toExtend<ConnectOptions>();
  expectTypeOf<{ url: string; ticket: string }>().toExtend<ConnectOptions>();
  expectTypeOf<{ url: string; ticket: (signal: AbortSignal) => Promise<string> }>().toExtend<ConnectOptions>();
  expectTypeOf<{ url: string; token: () => string; protocols: ["chat.v1"] }>().toExtend<ConnectOptions>();
  expectTypeOf<{ url: string; token: string }>().not.toExtend<ConnectOptions>();
  expectTypeOf<object>().not.toExtend<ConnectOptions>();
  expectTypeOf<Parameters<NonNullable<ConnectOptions["onClose"]>>>().toEqualTypeOf<
    [event: CloseEvent | undefined, what: CloseClass, error?: unknown]
  >();
});
