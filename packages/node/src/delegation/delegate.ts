import type { Duplex } from "node:stream";
import type { Deny } from "@wsorigin/core";
import { ignoreErrors } from "../transport/ignore-errors.ts";
import type { Transport } from "../transport/transport.ts";

export interface Delegation {
  /** Delivers the handshake. The delegate may say itself that it has answered. */
  readonly deliver: (answered: (refusal?: Deny) => void) => void;
  /** Called once, when it is known that the delegate has answered, or that the connection is gone. */
  readonly answered: (refusal?: Deny) => void;
  /** Called instead, if nothing has answered within the grace time; with whether a listener works on it, as it reads from the connection. */
  readonly unanswered: (isTaken: boolean) => void;
  /** Called with what `deliver` threw. */
  readonly failed: (error: unknown) => void;
}

/**
 * Delegates an allowed handshake to another listener, and waits for its answer. Unanswered upgrades are closed after `grace` milliseconds; Node itself
 * never times them out.
 */
export function delegate(transport: Transport, grace: number, delegation: Delegation): void {
  const { deliver, answered, unanswered, failed } = delegation;
  let over = false;
  const end = (outcome: () => void): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    try {
      outcome();
    } catch (error) {
      failed(error);
      transport.destroy();
    }
  };
  const done = (refusal?: Deny): void => end(() => answered(refusal));
  const timer = setTimeout(() => {
    const isTaken = countReaders(transport.stream) > own;
    end(transport.answered() ? answered : () => unanswered(isTaken));
  }, grace);
  // A reset without a listener ends the process, and the delegate may add its own late.
  ignoreErrors(transport.stream);
  transport.onClose(() => done());
  const own = countReaders(transport.stream);
  try {
    deliver(done);
  } catch (error) {
    failed(error);
    if (!transport.answered()) transport.destroy();
  }
  if (transport.answered()) done();
}

/** How many listeners wait for what the client sends. Node itself listens to the `end` of a stream. */
function countReaders(stream: Duplex): number {
  return ["data", "readable"].reduce((sum, name) => sum + stream.listenerCount(name), 0);
}
