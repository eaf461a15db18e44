import { EventEmitter } from "node:events";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { FrameworkUpgrade } from "../routing/route.ts";
import { makeRequest } from "../transport/request.ts";
import type { GuardableServer } from "../transport/receiver.ts";

/**
 * Takes the place of a guarded server for code that adds its own `upgrade` listener: it emits what the gate has allowed, and nothing else. An `upgrade`
 * that is emitted on it from outside (a test tool's injected handshake) goes to the server, and so through the gate.
 */
export class UpgradeEmitter extends EventEmitter {
  readonly #server: GuardableServer;

  constructor(server: GuardableServer) {
    super();
    this.#server = server;
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== "upgrade") return super.emit(event, ...args);
    const [request, ...rest] = args;
    const emit: EventEmitter["emit"] = Reflect.get(this.#server, "emit");
    return Reflect.apply(emit, this.#server, ["upgrade", requestOf(request), ...rest]);
  }

  /** Emits an allowed handshake to the listeners. */
  deliver({ request, socket, head }: Pick<FrameworkUpgrade, "head" | "request" | "socket">): void {
    super.emit("upgrade", request, socket, head);
  }
}

/** Makes a request of an injected one, which is a plain object with a method, a URL and headers. */
function requestOf(made: unknown): IncomingMessage {
  if (made instanceof IncomingMessage) return made;
  const read = (name: string): unknown =>
    typeof made === "object" && made !== null ? Reflect.get(made, name) : undefined;
  const text = (name: string, otherwise: string): string => {
    const value = read(name);
    return typeof value === "string" ? value : otherwise;
  };
  const headers = Object.entries({ host: "localhost", ...Object(read("headers")) }).map(
    ([name, value]): [name: string, value: string] => [name.toLowerCase(), String(value)],
  );
  return makeRequest(new Socket(), {
    method: text("method", "GET"),
    url: text("url", "/"),
    headers: Object.fromEntries(headers),
    rawHeaders: headers.flat(),
  });
}
