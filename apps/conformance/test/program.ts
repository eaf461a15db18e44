import { Server as NetServer } from "node:net";
import { onTestFinished, vi } from "vitest";

const listenOn: (this: NetServer, port: number, host: string) => NetServer = Reflect.get(NetServer.prototype, "listen");

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  ...parts: string[]
) => (...values: unknown[]) => Promise<unknown>;

/**
 * Runs the text of a program, as a page shows it, and resolves to the server that it listens on, or else to what it returns. Whatever port it names, it
 * listens on a free one.
 *
 * @param scope what the program finds by its name
 */
export async function runProgram(code: string, scope: Readonly<Record<string, unknown>>): Promise<unknown> {
  const spy = vi.spyOn(NetServer.prototype, "listen").mockImplementation(function (this: NetServer) {
    return Reflect.apply(listenOn, this, [0, "127.0.0.1"]);
  });
  onTestFinished(() => spy.mockRestore());
  const returned = await new AsyncFunction(...Object.keys(scope), code)(...Object.values(scope));
  return spy.mock.contexts[0] ?? returned;
}
