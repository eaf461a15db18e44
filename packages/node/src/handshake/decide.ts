import { type DecideOptions, type Decision, deny, denyCodes, type Handshake, type Policy } from "@wsorigin/core";
import { isThenable } from "../attempt.ts";

const known: ReadonlySet<unknown> = new Set(denyCodes);

/** Asks a policy, which answers at once if it has nothing to wait for. A policy that was not made by `createPolicy()` may have `decide` only. */
export function evaluate<P>(
  policy: Policy<P>,
  handshake: Handshake,
  options: DecideOptions,
): Decision<P> | PromiseLike<Decision<P>> {
  if (typeof policy.evaluate === "function") return policy.evaluate(handshake, options);
  const { signal } = options;
  return policy.decide(handshake, { ...options, signal: typeof signal === "function" ? signal() : signal });
}

/** The same, but a decision that is not there after so many milliseconds is a refusal (`timed-out`, or what the policy says when it is aborted). */
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

/** Whether a policy returned a decision. */
export function isDecision(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return (
    Reflect.get(value, "allowed") === true ||
    (Reflect.get(value, "allowed") === false && known.has(Reflect.get(value, "code")))
  );
}
