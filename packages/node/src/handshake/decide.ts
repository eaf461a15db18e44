import { type DecideOptions, type Decision, deny, type Handshake, type Policy } from "@wsorigin/core";
import { evaluate, isThenable } from "@wsorigin/core/gate";

/** Asks a policy as `evaluate` does, but a decision that is not there after so many milliseconds is a refusal (`timed-out`, or what the policy says when it is aborted). */
export function decideWithin<P>(
  policy: Policy<P>,
  handshake: Handshake,
  ms: number,
  options: DecideOptions = {},
): Decision<P> | Promise<Decision<P>> {
  let controller: AbortController | undefined;
  const signal = (): AbortSignal => (controller ??= new AbortController()).signal;
  const decision = evaluate(policy, handshake, { ...options, signal });
  return isThenable(decision) ? settleWithin(decision, ms, () => controller?.abort()) : decision;
}

async function settleWithin<P>(
  decision: PromiseLike<Decision<P>>,
  ms: number,
  abort: () => void,
): Promise<Decision<P>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Decision<P>>((resolve) => {
    timer = setTimeout(() => {
      abort();
      // What the policy says to that comes first.
      setImmediate(() => resolve(deny("timed-out")));
    }, ms);
  });
  try {
    return await Promise.race([decision, late]);
  } finally {
    clearTimeout(timer);
  }
}
