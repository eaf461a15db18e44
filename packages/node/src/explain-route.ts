import type { IncomingMessage, ServerResponse } from "node:http";
import { type Decision, explain, type Handshake, type Policy } from "@wsorigin/core";
import { queryOf } from "./request.ts";

/** Whether an ordinary request asks why a handshake would be refused. */
export function asksWhy({ method, url }: IncomingMessage): boolean {
  return method === "GET" && new URLSearchParams(queryOf(url)).get("wsorigin-explain") === "1";
}

/** What a proxy leaves on what it passes on. */
const proxied = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"] as const;

/** Whether a client is on this machine, and no proxy that is there too stands before everybody else. */
export function isLocal({ headers }: IncomingMessage, ip: string): boolean {
  return /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/.test(ip) && !proxied.some((name) => headers[name] !== undefined);
}

/**
 * Answers with what the policy says to this page's Origin and to this Host. Nothing of the policy's lists is in it: the decision goes without what is
 * known beside it.
 */
export function answerWhy(
  response: ServerResponse,
  policy: Policy<unknown>,
  handshake: Handshake,
  origin: string | undefined,
): void {
  const said = policy.check(handshake);
  const decision: Decision<unknown> = said.allowed ? { ...said, matched: undefined } : { ...said };
  const fine = "Host and Origin are no reason to refuse it; a token is not asked for here.";
  const text = decision.allowed ? `${explain(decision)} ${fine}` : explain(decision);
  response.writeHead(200, {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
    Vary: "Origin",
    ...(origin !== undefined && {
      "Access-Control-Allow-Origin": origin,
      "Access-Control-Allow-Credentials": "true",
    }),
  });
  response.end(JSON.stringify({ code: decision.code, text }));
}

/** The page's origin: what the browser says, or, where the page is of the server's own origin and a GET has no Origin, what that is. */
export function originOfPage(
  { headers }: IncomingMessage,
  { host, secure }: Pick<Handshake, "host" | "secure">,
): string | undefined {
  if (headers.origin !== undefined) return headers.origin;
  const own = headers["sec-fetch-site"] === "same-origin" ? (host ?? headers.host) : undefined;
  return own === undefined ? undefined : `${secure === true ? "https" : "http"}://${own}`;
}
