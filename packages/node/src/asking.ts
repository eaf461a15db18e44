import type { IncomingMessage } from "node:http";
import type { Decision, Handshake, Policy } from "@wsorigin/core";
import type { Facts } from "./options.ts";

/** A decision that is given up after so many milliseconds. */
export async function decideWithin<P>(policy: Policy<P>, handshake: Handshake, deadline: number): Promise<Decision<P>> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), deadline);
  try {
    return await policy.decide(handshake, controller);
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
