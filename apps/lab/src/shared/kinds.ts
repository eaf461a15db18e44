/** The pages that are not the app's. */
const hostileKinds = ["site", "port", "lookalike", "sandbox", "data", "rebound", "stolen", "hurry"] as const;
export type HostileKind = (typeof hostileKinds)[number];

/**
 * The address that the app takes for the client's. Each hostile page is a client of its own, so that `maxFailures` stops that page alone: all pages come
 * from this machine, and the app's own page would be locked out with the others.
 *
 * @param url of the handshake: a hostile page says in `from` which one it is
 * @returns an address of TEST-NET-2, or `undefined` for the connection's own
 */
export function addressOf(url: string): string | undefined {
  const from = new URLSearchParams(url.split("?", 2)[1]).get("from");
  const index = hostileKinds.findIndex((kind) => kind === from);
  return index < 0 ? undefined : `198.51.100.${index + 1}`;
}
