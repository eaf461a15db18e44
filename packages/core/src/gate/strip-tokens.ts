import { spokenProtocols, type TokenSource, urlWithoutTokens } from "../token/sources.ts";

/** The two places of a request that a token is removed from. */
export interface TokenPlaces {
  readonly url: string;
  /** `Sec-WebSocket-Protocol`. */
  readonly protocols: string | undefined;
}

/**
 * Returns what is left of a request's target and subprotocols without tokens; `undefined` if nothing has to be removed. `protocols` is `undefined` if they stay as they
 * are, and `""` if none is left.
 */
export function withoutTokens(
  { url, protocols }: TokenPlaces,
  sources: readonly TokenSource[],
): TokenPlaces | undefined {
  if (sources.length === 0) return undefined;
  const stripped = urlWithoutTokens(url, sources);
  const hasBearer = protocols !== undefined && sources.some(({ kind }) => kind === "bearerProtocol");
  const spoken = hasBearer ? spokenProtocols(protocols) : protocols;
  if (stripped === url && spoken === protocols) return undefined;
  return { url: stripped, protocols: spoken === protocols ? undefined : spoken };
}
