import type { IncomingMessage } from "node:http";
import {
  type DecideOptions,
  type Decision,
  deny,
  type Handshake,
  type Policy,
  shared,
  type TokenSource,
  urlWithoutTokens,
} from "@wsorigin/core";
import { evaluate, isDecision, isThenable, notExpired, sourcesOf } from "@wsorigin/core/gate";
import type { Interruption } from "../handshake/pending.ts";
import type { Facts } from "../options.ts";
import { rewriteFields, rewriteLines } from "../transport/request.ts";

/** How a policy is asked about an ordinary HTTP request. */
export interface RequestPolicyOptions {
  /** How long the decision may take, in milliseconds, before it is `timed-out`. */
  readonly deadline: number;
  /** `false`: Host, Origin and the directory are checked, and no token is looked for. Defaults to `true`. */
  readonly token?: boolean;
  /**
   * Called if the decision has to be waited for, with a function that ends the wait with a refusal, such as `client-gone`. Returns a function that is called
   * when the wait is over.
   */
  readonly watch?: (interrupt: (why: Interruption) => void) => () => void;
}

/** The targets of requests whose token was removed from the query, as they arrived. */
const arrived = shared("targets.1", () => new WeakMap<IncomingMessage, string>());

/**
 * Decides on an ordinary HTTP request by the policy of the sockets: Host, then Origin, then the token (from a header, the query or a cookie). Browsers send
 * no Origin with a GET to their own server: such a request passes if the browser says so (`Sec-Fetch-Site: same-origin` or `none`) and the policy has
 * `hosts`; otherwise `missingOrigin` decides. Returns a promise only if something has to be waited for.
 *
 * @param facts what the framework's trust settings say
 * @throws what a policy that `createPolicy()` did not make throws or rejects with
 */
export function decideRequest<P>(
  policy: Policy<P>,
  request: IncomingMessage,
  facts: Facts,
  { deadline, token = true, watch }: RequestPolicyOptions,
): Decision<P> | Promise<Decision<P>> {
  let controller: AbortController | undefined;
  const signal = (): AbortSignal => (controller ??= new AbortController()).signal;
  const asked: DecideOptions = { sameOrigin: isSameOrigin(request), askToken: token ? undefined : false };
  const handshake = handshakeOf(request, facts, sourcesOf(policy));
  const decision = evaluate(policy, handshake, { ...asked, signal });
  if (!isThenable(decision)) return settled(decision);
  return wait(decision, deadline, watch, (why) => {
    controller?.abort();
    return deny(why, request.headers.origin, { host: hostOf(request) });
  });
}

/** Waits for a decision, within the deadline and while it is needed. */
async function wait<P>(
  decision: PromiseLike<Decision<P>>,
  deadline: number,
  watch: RequestPolicyOptions["watch"],
  refuse: (why: Interruption) => Decision<P>,
): Promise<Decision<P>> {
  let timer: NodeJS.Timeout | undefined;
  let unwatch: (() => void) | undefined;
  const interrupted = new Promise<Decision<P>>((resolve) => {
    const interrupt = (why: Interruption): void => resolve(refuse(why));
    timer = setTimeout(interrupt, deadline, "timed-out");
    unwatch = watch?.(interrupt);
  });
  try {
    return settled(await Promise.race([decision, interrupted]));
  } finally {
    clearTimeout(timer);
    unwatch?.();
  }
}

/** Whether a request comes from a page of this server or from the user, as the browser says. Pages cannot set the field. */
export function isSameOrigin({ headers }: IncomingMessage): boolean {
  const site = headers["sec-fetch-site"];
  return site === "same-origin" || site === "none";
}

/** A CORS preflight (Fetch, "CORS-preflight request"): it carries no cookie and no token. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers.origin !== undefined && headers["access-control-request-method"] !== undefined;
}

/** The Host as it came; over HTTP/2 the authority (RFC 9113 section 8.3.1). */
export function hostOf({ headers }: IncomingMessage): string | undefined {
  const authority: unknown = headers[":authority"];
  return typeof authority === "string" ? authority : headers.host;
}

/** The whole target: frameworks take the path that they are mounted at off `url`. */
function targetOf(request: IncomingMessage): string {
  const original: unknown = Reflect.get(request, "originalUrl");
  return typeof original === "string" ? original : (request.url ?? "");
}

/**
 * Removes the token from the query of a request, before the app or a log reads it. Another policy that is asked about the same request later still finds it.
 *
 * @returns whether there was one
 */
export function hideTokens(request: IncomingMessage, sources: readonly TokenSource[]): boolean {
  const target = targetOf(request);
  const hidden = urlWithoutTokens(target, sources);
  if (hidden === target) return false;
  if (!arrived.has(request)) arrived.set(request, target);
  request.url = urlWithoutTokens(request.url ?? "", sources);
  if (typeof Reflect.get(request, "originalUrl") === "string") Reflect.set(request, "originalUrl", hidden);
  return true;
}

/** The request as the policy sees it, with the fields as they arrived. An ordinary request has no subprotocols, and so no token among them. */
function handshakeOf(request: IncomingMessage, facts: Facts, sources: readonly TokenSource[]): Handshake {
  const { headers, rawHeaders, socket } = request;
  const hasProtocols =
    headers["sec-websocket-protocol"] !== undefined && sources.some(({ kind }) => kind === "bearerProtocol");
  return {
    headers: hasProtocols ? rewriteFields(headers, "") : headers,
    rawHeaders: hasProtocols ? rewriteLines(rawHeaders, "") : rawHeaders,
    url: arrived.get(request) ?? targetOf(request),
    socket,
    host: facts.host ?? (headers[":authority"] === undefined ? undefined : hostOf(request)),
    secure: facts.secure,
    ip: facts.ip,
  };
}

function settled<P>(given: Decision<P>): Decision<P> {
  // A policy that was not made by createPolicy() may return anything.
  if (!isDecision(given)) throw new TypeError("policy.decide() returned something that is not a decision.");
  return notExpired(given, Date.now());
}
