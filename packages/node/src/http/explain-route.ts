import type { IncomingMessage, ServerResponse } from "node:http";
import { type Decision, explain, type Handshake, type Policy } from "@wsorigin/core";
import type { Adapter } from "../routing/route.ts";
import { queryOf } from "../transport/request.ts";

/** Whether an ordinary request asks why a handshake would be refused. */
export function asksWhy({ method, url }: IncomingMessage): boolean {
  return method === "GET" && new URLSearchParams(queryOf(url)).get("wsorigin-explain") === "1";
}

/** Fields that proxies add. */
const proxyField =
  /^(?:forwarded|via|cdn-loop|true-client-ip|x-(?:forwarded|real|client|original|envoy|amzn|azure)\b.*|cf-.*)$/;

/** RFC 6761 section 6.3, and the addresses that only this machine can reach. */
const loopbackHost = /^(?:(?:[\w-]+\.)*localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i;

/**
 * Whether a request comes directly from a client on this machine. A proxy on the same machine passes requests of everybody else on: it adds fields, keeps the
 * public Host, or speaks HTTP/1.0 or `Connection: close` to its upstream, as nginx does by default.
 */
function isLocal({ headers, httpVersion }: IncomingMessage, ip: string): boolean {
  return (
    /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/.test(ip) &&
    loopbackHost.test(headers.host ?? "") &&
    httpVersion !== "1.0" &&
    headers.connection?.toLowerCase() !== "close" &&
    !Object.keys(headers).some((name) => proxyField.test(name))
  );
}

export interface ExplainOptions<R> {
  readonly policy: Policy<unknown>;
  readonly adapter: Pick<Adapter<never, R>, "adapt" | "facts" | "ip">;
  /** Whether clients of other machines get an answer too. */
  readonly everywhere: boolean;
}

/** Answers page code that asks why its handshake would be refused. Says whether it did. */
export function explainTo<R>(
  request: IncomingMessage,
  response: ServerResponse,
  { policy, adapter, everywhere }: ExplainOptions<R>,
): boolean {
  if (typeof policy.check !== "function") return false;
  const adapted = adapter.adapt(request);
  if (!everywhere && !isLocal(request, adapter.ip(adapted) ?? "")) return false;
  const { host, secure = isEncrypted(request) } = adapter.facts?.(adapted) ?? {};
  const origin = originOfPage(request, { host, secure });
  // What is asked about is the page's Origin, which a GET to its own server does not have.
  const headers = { ...request.headers, origin };
  answerWhy(response, policy, { headers, url: request.url, host, secure }, request.headers.origin);
  return true;
}

function isEncrypted({ socket }: IncomingMessage): boolean {
  return "encrypted" in socket && socket.encrypted === true;
}

/**
 * Answers with what the policy says about this page's Origin and this Host. The answer never contains the policy's lists: the decision is copied without
 * what is known beside it.
 */
function answerWhy(
  response: ServerResponse,
  policy: Policy<unknown>,
  handshake: Handshake,
  origin: string | undefined,
): void {
  const said = policy.check(handshake);
  const decision: Decision<unknown> = said.allowed ? { ...said, matched: undefined } : { ...said };
  const fine = "Host and Origin are not a reason to refuse it; the token is not checked here.";
  const text = decision.allowed ? `${explain(decision)} ${fine}` : explain(decision);
  response.writeHead(200, {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-store",
    Vary: "Origin",
    // With an insecure parser a field can hold what a response must not.
    ...(origin !== undefined &&
      /^[\x21-\x7e]+$/.test(origin) && {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
      }),
  });
  response.end(JSON.stringify({ code: decision.code, text }));
}

/** The page's origin: the Origin field, or the server's own origin if the browser says that the page has the same. */
function originOfPage(
  { headers }: IncomingMessage,
  { host, secure }: Pick<Handshake, "host" | "secure">,
): string | undefined {
  if (headers.origin !== undefined) return headers.origin;
  const own = headers["sec-fetch-site"] === "same-origin" ? (host ?? headers.host) : undefined;
  return own === undefined ? undefined : `${secure === true ? "https" : "http"}://${own}`;
}
