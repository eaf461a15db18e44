import type { Deny } from "@wsorigin/core";
import type { Transport } from "./transport.ts";

/** Says that a handshake was answered: with a socket, or with a refusal. */
export type Answered = (refusal?: Deny) => void;

export interface HandOn {
  /** Hands it over. It may say itself when it has answered. */
  readonly give: (answered: Answered) => void;
  /** Called once, when it is known that somebody has answered, or the connection is gone. */
  readonly answered: Answered;
  /** Called instead, when nobody has within the grace time. */
  readonly unanswered: () => void;
  /** Called with what `give` threw. */
  readonly failed: (error: unknown) => void;
}

/** Gives an allowed handshake to somebody else, and waits so many milliseconds for an answer: nobody else ever closes what nobody answers. */
export function handOn(transport: Transport, grace: number, { give, answered, unanswered, failed }: HandOn): void {
  let over = false;
  const end = (outcome: () => void): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    outcome();
  };
  const done = (refusal?: Deny): void => end(() => answered(refusal));
  const timer = setTimeout(() => end(transport.answered() ? answered : unanswered), grace);
  transport.duplex.once("close", () => done());
  try {
    give(done);
  } catch (error) {
    failed(error);
    if (!transport.answered()) transport.duplex.destroy();
  }
  if (transport.answered()) done();
}
