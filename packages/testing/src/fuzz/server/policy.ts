import type { IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import {
  bearerHeader,
  bearerProtocol,
  cookie,
  firstMessage,
  grant,
  type PolicyOptions,
  queryParam,
  refuse,
  type TokenSource,
  type Verification,
} from "@wsorigin/core";
import { fixture, type FuzzSettings, type TokenPlace, verdicts } from "../settings.ts";

/** Milliseconds of a lookup, as in a database. */
const lookup = 3;

const sources: Readonly<Record<TokenPlace, TokenSource>> = {
  header: bearerHeader(),
  query: queryParam(fixture.parameter),
  subprotocol: bearerProtocol(),
  cookie: cookie(fixture.cookie),
  firstMessage: firstMessage({ deadline: fixture.messageDeadline }),
};

/** The policy of a server under test. */
export function policyOf({ directory, token }: FuzzSettings): PolicyOptions<unknown> {
  return {
    origins: [fixture.origin, fixture.wildcard],
    hosts: [fixture.host],
    ...(directory && { directory: { has: (origin) => delay(lookup).then(() => origin === fixture.tenant) } }),
    ...(token !== "none" && { token: { from: [sources[token]], verify } }),
  };
}

function verify(token: string): Verification<unknown> | Promise<Verification<unknown>> {
  const granted = grant({ principal: principalOf(token), subject: token });
  if (token === "later") return delay(lookup).then(() => granted);
  const verdict = verdicts.get(token) ?? "invalid";
  if (verdict === "grant") return granted;
  if (verdict === "throws") throw new Error("The verifier was told to throw.");
  // What a careless verifier returns.
  return verdict === "nonsense" ? JSON.parse('{"principal":"admin"}') : refuse(verdict);
}

/** Who a token stands for. */
export function principalOf(token: string): string {
  return `the user of ${token}`;
}

/** Middleware that does what the client tells it. */
export function obey(request: IncomingMessage): number | undefined | Promise<undefined> {
  const order = String(request.headers[fixture.order] ?? "");
  if (order === "throw") throw new Error(fixture.thrown);
  if (order === "slow") return delay(lookup).then(() => undefined);
  return /^\d{3}$/.test(order) ? Number(order) : undefined;
}
