import type { TokenSource } from "@wsorigin/core";
import { withoutTokens } from "@wsorigin/core/gate";
import type { Transport } from "../transport/transport.ts";

/**
 * Removes the token from the request before the framework or another listener reads it: from the query, which frameworks write to their logs, and from
 * the subprotocols, of which `ws` by itself echoes the first one. The policy keeps the values that it was given before.
 */
export function stripTokens(transport: Transport, sources: readonly TokenSource[]): void {
  if (sources.length === 0) return;
  const { url = "", headers } = transport.request;
  const stripped = withoutTokens({ url, protocols: headers["sec-websocket-protocol"] }, sources);
  if (stripped !== undefined) transport.rewrite(stripped);
}
