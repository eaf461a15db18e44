import type { ServerResponse } from "node:http";

/** What the gate reads of the packet with which Engine.IO opens a session (Engine.IO protocol, "Handshake"). */
export interface OpenPacket {
  readonly sid: string;
  /** How long Engine.IO waits for a request of the client before it ends the session, in milliseconds. */
  readonly heartbeat: number;
}

/** Engine.IO's defaults, if the packet does not say. */
const usualInterval = 25_000;
const usualTimeout = 20_000;

/** Returns what a first polling response says about its session, in each version of the protocol and also wrapped for JSONP; `undefined` if it opens none. */
export function openPacketOf(body: string): OpenPacket | undefined {
  const text = body.replaceAll('\\"', '"');
  const [, sid] = /0\{"sid":"([^"\\]+)"/.exec(text) ?? [];
  if (sid === undefined) return undefined;
  const read = (name: string, usual: number): number =>
    Number(new RegExp(`"${name}":(\\d{1,12})\\b`).exec(text)?.[1] ?? usual);
  return { sid, heartbeat: read("pingInterval", usualInterval) + read("pingTimeout", usualTimeout) };
}

/** Noop and close, in versions 4 and 3 of the protocol. */
const lastBodies = new Set(["6", "1", "1:6", "1:1"]);

/**
 * Whether a polling response says that the client polls no more: a lone noop (Engine.IO ends the request like this when the session closes, or moves to a
 * WebSocket), or a close packet at the end.
 */
export function saysNoMore(body: string): boolean {
  return lastBodies.has(body) || body.endsWith("\u001e1");
}

/**
 * Returns every `sid` in the query of a request. Engine.IO uses the last one.
 *
 * @param url the request target
 */
export function sidsOf(url: string | undefined): readonly string[] {
  const mark = url?.indexOf("?") ?? -1;
  return url === undefined || mark < 0 ? [] : new URLSearchParams(url.slice(mark + 1)).getAll("sid");
}

/** Returns the path of a request target, without its query. */
export function pathOf(url = ""): string {
  return url.split("?", 1)[0] ?? "";
}

/** Calls the reader with the body that is given to `end()`. A compressed body is written in another way, and is not read. */
export function readBody(response: ServerResponse, read: (body: string) => void): void {
  const end: unknown = Reflect.get(response, "end");
  if (typeof end !== "function") return;
  const value = (...given: readonly unknown[]): unknown => {
    const [body] = given;
    Reflect.deleteProperty(response, "end");
    if (typeof body === "string") read(body);
    else if (Buffer.isBuffer(body)) read(body.toString("latin1"));
    return Reflect.apply(end, response, given);
  };
  Object.defineProperty(response, "end", { value, configurable: true, writable: true });
}
