import { type Decision, deny, type Deny, type Handshake, type Policy } from "@wsorigin/core";
import { evaluate, isThenable } from "@wsorigin/core/gate";

/** Why a decision is no longer needed. */
export type Interruption = "client-gone" | "draining" | "timed-out";

export interface Wait {
  /** How long the decision may take, in milliseconds. */
  readonly ms: number;
  readonly verify?: false;
  /** Aborts when the client leaves. */
  readonly gone?: AbortSignal | undefined;
  /** Where the wait can be interrupted from. */
  readonly pending?: Set<(why: Interruption) => void>;
}

/** Asks for a decision, which is a refusal if it is not there in time, or if the client leaves before. Aborts what is still being waited for then. */
export async function decideWithin<P>(
  policy: Policy<P>,
  handshake: Handshake,
  { ms, verify, gone, pending }: Wait,
): Promise<Decision<P>> {
  let controller: AbortController | undefined;
  const signal = (): AbortSignal => (controller ??= new AbortController()).signal;
  const asked = evaluate(policy, handshake, { signal, verify });
  if (!isThenable(asked)) return asked;
  let interrupt: (why: Interruption) => void = () => {};
  const interrupted = new Promise<Deny>((resolve) => {
    interrupt = (why) => {
      const { origin } = handshake.headers;
      resolve(deny(why, origin === undefined ? origin : String(origin)));
      controller?.abort(new Error(`The handshake was refused: ${why}`));
    };
  });
  const leave = (): void => interrupt("client-gone");
  const timer = setTimeout(() => interrupt("timed-out"), ms);
  gone?.addEventListener("abort", leave);
  pending?.add(interrupt);
  try {
    return await Promise.race([interrupted, asked]);
  } finally {
    clearTimeout(timer);
    gone?.removeEventListener("abort", leave);
    pending?.delete(interrupt);
  }
}
