import type { IncomingMessage } from "node:http";
import type { Decision, Handshake, Policy } from "@wsorigin/core";
import type { Facts } from "./options.ts";

/**
 * A decision that is given up after so many milliseconds.
 *
 * @param token one that came on the open socket, instead of what the handshake holds
 */
export async function decideWithin<P>(
  policy: Policy<P>,
  handshake: Handshake,
  deadline: number,
  token?: string,
): Promise<Decision<P>> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), deadline);
  try {
    return await policy.decide(handshake, { signal: controller.signal, token });
  } finally {
    clearTimeout(timer);
  }
}

/** The facts that a policy is asked about. */
export function handshakeOf(request: IncomingMessage, facts: Facts): Handshake {
  return {
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    url: request.url,
    socket: request.socket,
    ...facts,
  };
}
