import type { Deny, Handshake, TokenSource } from "@wsorigin/core";
import {
  denyUnreadable,
  type FormFields,
  formProblem,
  readable,
  targetOfUrl,
  withoutTokens,
} from "@wsorigin/core/gate";
import type { Facts } from "./options.ts";

/** A handshake as it arrived, or why it cannot be read. */
export type ReadRequest =
  | { readonly handshake: Handshake; readonly fields: FormFields; readonly problem: Deny | undefined }
  | { readonly problem: Deny; readonly handshake: undefined; readonly fields: FormFields };

/** Reads a request once: what a hostile or broken one answers later changes nothing. Never throws. */
export function readRequest(request: Request, { ip, host, secure, protocol }: Facts): ReadRequest {
  try {
    const { headers, url, method } = request;
    // A plain object of headers is that of another kind of server, which hides repeated fields.
    if (typeof headers.get !== "function") throw new TypeError("headers");
    const handshake = readable({ headers, url, ip, host, secure });
    const fields: FormFields & Handshake["headers"] = Object.fromEntries(
      Object.entries(handshake.headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
    );
    const target = targetOfUrl(url, host === undefined ? fields.host : undefined);
    const problem = formProblem({ method, url: target, headers: fields }, protocol);
    return { handshake: { ...handshake, headers: fields }, fields, problem };
  } catch (error) {
    return { problem: denyUnreadable(error), handshake: undefined, fields: {} };
  }
}

/** Returns the request without its token; the request itself if it has none in its URL or subprotocols. */
export function stripRequest(
  request: Request,
  fields: FormFields,
  sources: readonly TokenSource[],
): { readonly request: Request; readonly protocols: string | undefined } {
  const protocols = fields["sec-websocket-protocol"];
  const stripped = withoutTokens({ url: request.url, protocols }, sources);
  if (stripped === undefined) return { request, protocols };
  const headers = new Headers(request.headers);
  if (stripped.protocols === "") headers.delete("sec-websocket-protocol");
  else if (stripped.protocols !== undefined) headers.set("sec-websocket-protocol", stripped.protocols);
  const { signal } = request;
  return { request: new Request(stripped.url, { headers, signal }), protocols: stripped.protocols ?? protocols };
}
