import { spokenProtocols, type TokenSource, urlWithoutTokens } from "@wsorigin/core";
import type { Transport } from "../transport/transport.ts";

/**
 * Removes the token from the request before the framework or another listener reads it: from the query, which frameworks write to their logs, and from
 * the subprotocols, of which `ws` by itself echoes the first one. The policy keeps the values that it was given before.
 */
export function stripTokens(transport: Transport, sources: readonly TokenSource[]): void {
  if (sources.length === 0) return;
  const { url = "", headers } = transport.request;
  const stripped = urlWithoutTokens(url, sources);
  const offered = headers["sec-websocket-protocol"];
  const hasBearer = offered !== undefined && sources.some(({ kind }) => kind === "bearerProtocol");
  const spoken = hasBearer ? spokenProtocols(offered) : offered;
  if (stripped === url && spoken === offered) return;
  transport.rewrite({ url: stripped, protocols: spoken === offered ? undefined : spoken });
}
