import { type Destination, exchange } from "./exchange.ts";
import { type AskOptions, patience } from "./ask.ts";
import { textOf } from "./reply.ts";

/** What became of a connection on which the doctor said nothing. */
export interface Idle {
  /** In seconds. */
  readonly watched: number;
  /** In seconds; `undefined` where it was not cut. */
  readonly cutAfter: number | undefined;
  /** The close code; `undefined` where there was no close frame: page code sees 1006. */
  readonly code: number | undefined;
  /** The server's Engine.IO ended it, which wants messages as answers to its heartbeat. */
  readonly byEngine: boolean;
}

/** Opens one socket, answers pings and nothing else, and waits for its end. `undefined` where it did not open. */
export async function watch(
  to: Destination,
  request: string,
  seconds: number,
  { signal, progress, redact }: AskOptions,
): Promise<Idle | undefined> {
  progress(`an idle connection for ${seconds} seconds`);
  const reply = redact(await exchange(to, request, { patience, settle: seconds * 1000, signal }));
  if (reply.openFor === undefined) return undefined;
  const openFor = reply.openFor / 1000;
  const cut = reply.end !== "open" || reply.close !== undefined;
  return {
    watched: Math.min(seconds, openFor),
    cutAfter: cut ? openFor : undefined,
    code: reply.close?.code,
    byEngine: cut && isHeartbeatOfEngine(textOf(reply), openFor),
  };
}

/** Whether Engine.IO had waited for an answer for so long: its heartbeats are messages, and the doctor sends none. */
function isHeartbeatOfEngine(stream: string, seconds: number): boolean {
  const [, interval, timeout] = /"pingInterval":(\d+),"pingTimeout":(\d+)/.exec(stream) ?? [];
  const due = (Number(interval) + Number(timeout)) / 1000;
  return Math.abs(seconds - due) < 2;
}
