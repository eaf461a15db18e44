import type { AllowCode, DenyCode } from "./codes.ts";
import { type Allow, type Decision, type Deny, deny, type Rules } from "./decision.ts";
import { type Handshake, isSecure, readLines, Unreadable } from "./handshake.ts";
import { parseHost } from "./host.ts";
import { opaqueOrigins } from "./lists.ts";
import { defaultPort, isWebOrigin, type Origin, parseOrigin, type WebOrigin } from "./origin.ts";

/**
 * Decides on Host, then on Origin.
 *
 * @param absent whether a handshake without an Origin is allowed, as far as this function goes
 * @throws if a property of the handshake cannot be read; see `denyUnreadable`
 */
export function checkHandshake(handshake: Handshake, rules: Rules, absent: boolean): Decision {
  const { originList, hostList, sameHost } = rules;
  const hostLines = readLines(handshake, "host");
  const originLines = readLines(handshake, "origin");
  const origin = originLines.length > 1 ? originLines.join(", ") : originLines[0];
  const given: unknown = handshake.host ?? hostLines[0];
  const host = given === undefined || typeof given === "string" ? given : "";
  const refuse = (code: DenyCode): Deny => deny(code, origin, { host, expected: rules });

  // RFC 9112 section 3.2: a request with two Host lines is invalid. Which one a proxy used cannot be known.
  if (hostLines.length > 1) return refuse("host-repeated");
  if (host === undefined) {
    if (hostList !== undefined) return refuse("host-missing");
  } else if (hostList?.hasText(host) !== true) {
    const authority = parseHost(host);
    if (authority === undefined) return refuse("host-malformed");
    if (hostList !== undefined && !hostList.has(authority, isSecure(handshake))) return refuse("host-not-listed");
  }

  // RFC 6454 section 7.3: a user agent sends at most one Origin field.
  if (originLines.length > 1) return refuse("origin-repeated");
  if (origin === undefined) return absent ? allow("origin-absent", undefined) : refuse("origin-missing");
  if (originList.has(origin)) return allow("origin-listed", origin, origin);
  // Byte for byte (Fetch, "Origin header": `%s"null"`).
  if (opaqueOrigins.includes(origin)) return refuse("origin-opaque");
  const parsed = parseOrigin(origin);
  if (parsed === undefined) return refuse("origin-malformed");
  const matched = originList.matchPattern(parsed);
  if (matched !== undefined) return allow("origin-listed", origin, matched);
  if (sameHost && isSameHost(parsed, host, handshake)) {
    // Only an additional reason to refuse: Chromium does not send it on handshakes, and no value proves anything.
    const crossSite = readLines(handshake, "sec-fetch-site").some((line) => line.includes("cross-site"));
    return crossSite ? refuse("origin-cross-site") : allow("origin-same-host", origin);
  }
  return refuse("origin-not-listed");
}

/** Refuses a handshake that threw while it was read: what cannot be read must not count as a handshake without an Origin. */
export function denyUnreadable(error: unknown): Deny {
  const note = error instanceof Unreadable ? error.message : "handshake: a property threw an error when it was read.";
  return deny("handshake-malformed", undefined, { note, unreadable: true });
}

export function allow(code: AllowCode, origin: string | undefined, matched?: string): Allow {
  return { allowed: true, code, origin, matched, principal: undefined };
}

function isSameHost(origin: Origin | WebOrigin, host: string | undefined, handshake: Handshake): boolean {
  if (host === undefined || !isWebOrigin(origin)) return false;
  const scheme = isSecure(handshake) ? "https" : "http";
  const authority = parseHost(host);
  const port = authority?.port === defaultPort(scheme) ? "" : authority?.port;
  return origin.scheme === scheme && origin.host === authority?.host && origin.port === port;
}
