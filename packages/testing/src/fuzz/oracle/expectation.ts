import type { FuzzSettings } from "../settings.ts";

/** Inclusive bounds. */
type Range = readonly [least: number, most: number];

/**
 * What a client may see for one message: an open socket, the gate's refusal of a handshake, the same of an ordinary request, an answer of the app, an error of
 * Node itself, a stream that the server resets (HTTP/2), or nothing.
 */
export type Sight = "opened" | "app" | "node" | "reset" | "none" | `gate ${number}` | `guard ${number}`;

/** What becomes of the messages behind this one: `maybe` they are processed; `unclear`: nobody can say where they begin. */
export type Sequel = "next" | "maybe" | "unclear" | "never";

/** Everything that is permitted for one message. */
export interface Expectation {
  readonly sights: ReadonlySet<Sight>;
  /** How many decisions are reported. */
  readonly events: Range;
  /** The codes that these may have. */
  readonly codes: ReadonlySet<string>;
  /** Those of them with which a socket may open. */
  readonly openers: ReadonlySet<string>;
  /** How often a route, a listener or a request handler of the app gets it as a handshake. */
  readonly asked: Range;
  /** How often a request handler of the app gets it as an ordinary request. */
  readonly plain: Range;
  readonly sequel: Sequel;
}

/** The statuses of section 2's table of codes. */
const statuses: Readonly<Record<string, number>> = {
  "origin-malformed": 400,
  "token-ambiguous": 400,
  "token-missing": 401,
  "token-malformed": 401,
  "token-invalid": 401,
  "token-expired": 401,
  "token-revoked": 401,
  "token-forbidden": 403,
  "middleware-refused": 403,
  "middleware-failed": 503,
  "verifier-failed": 503,
  "origin-repeated": 400,
  "host-missing": 400,
  "host-malformed": 400,
  "host-repeated": 400,
  "handshake-malformed": 400,
  "host-not-listed": 403,
  "origin-missing": 403,
  "origin-opaque": 403,
  "origin-not-listed": 403,
  "origin-cross-site": 403,
  "route-not-found": 404,
  "upgrade-stripped": 426,
  "version-unsupported": 426,
  "protocol-unsupported": 501,
  "timed-out": 503,
};

const denyCodes: readonly string[] = Object.keys(statuses);
export const allowCodes: readonly string[] = ["origin-listed", "origin-in-directory"];

/** How an open socket ends that waited for its first message in vain. */
const lateCodes: readonly string[] = [...denyCodes.filter((code) => code.startsWith("token-")), "verifier-failed"];

/** The codes with which a socket on a route may open: where the token comes in the first message, also those of its refusal. */
export function openersOf({ token }: FuzzSettings): ReadonlySet<string> {
  return new Set([...allowCodes, ...(token === "firstMessage" ? [...lateCodes, "client-gone", "timed-out"] : [])]);
}

/** What a client sees of a refusal with this code. */
export function sightOf(code: string): Sight {
  return code === "client-gone" ? "none" : `gate ${statuses[code] ?? 0}`;
}

/** What a client sees where the code refuses an ordinary request. */
export function guardSightOf(code: string): Sight {
  return code === "client-gone" ? "none" : `guard ${statuses[code] ?? 0}`;
}

/** Everything that a client may see of a reported refusal. Middleware may choose the status. */
export function sightsOf(code: string): readonly Sight[] {
  if (code === "middleware-refused") return ["gate 401", "gate 403", "gate 404", "gate 429", "gate 503"];
  return [sightOf(code), guardSightOf(code)];
}

/** What is permitted where a message may be taken in either way. */
export function either(one: Expectation, other: Expectation): Expectation {
  const join = (a: Range, b: Range): Range => [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
  return {
    sights: new Set([...one.sights, ...other.sights]),
    events: join(one.events, other.events),
    codes: new Set([...one.codes, ...other.codes]),
    openers: new Set([...one.openers, ...other.openers]),
    asked: join(one.asked, other.asked),
    plain: join(one.plain, other.plain),
    sequel:
      one.sequel === other.sequel ? one.sequel : [one.sequel, other.sequel].includes("unclear") ? "unclear" : "maybe",
  };
}

/** The same expectation where it is not certain that the message is processed at all. */
export function perhaps(expected: Expectation): Expectation {
  return {
    sights: new Set([...expected.sights, "none"]),
    events: [0, expected.events[1]],
    codes: codesOfLeaving(expected),
    openers: expected.openers,
    asked: [0, expected.asked[1]],
    plain: [0, expected.plain[1]],
    sequel: expected.sequel === "next" ? "maybe" : expected.sequel,
  };
}

/** The codes where the client leaves: what a listener was given and left unanswered is then reported as the policy decided it. */
export function codesOfLeaving({ codes, asked }: Expectation): ReadonlySet<string> {
  const unanswered = asked[1] > 0 && codes.has("route-not-found");
  return new Set([...codes, "client-gone", ...(unanswered ? allowCodes : [])]);
}

const safeSights: readonly Sight[] = [
  "app",
  "node",
  "reset",
  "none",
  ...[400, 401, 403, 404, 426, 429, 501, 503].map((status): Sight => `gate ${status}`),
];

/**
 * Anything that is safe, for messages that parsers may read in different ways. Only one from a listed page may open a socket.
 *
 * @param mayPass whether it may be passed to the app undecided, under `unrouted: "pass"`
 */
export function anythingSafe(isListed: boolean, mayPass: boolean, settings: FuzzSettings): Expectation {
  const { requests } = settings;
  const mayOpen = isListed || mayPass;
  const guarded: readonly Sight[] = requests ? ["guard 400", "guard 401", "guard 403", "guard 503"] : [];
  return {
    sights: new Set<Sight>([...safeSights, ...guarded, ...(mayOpen ? (["opened"] as const) : [])]),
    // It may be read as two requests.
    events: [0, requests ? 2 : 1],
    codes: new Set([
      ...denyCodes,
      "client-gone",
      ...(mayOpen ? allowCodes : []),
      ...(requests ? ["origin-absent"] : []),
    ]),
    openers: new Set([...openersOf(settings), ...(mayPass ? denyCodes : [])]),
    asked: [0, mayOpen ? 1 : 0],
    plain: [0, 2],
    sequel: "unclear",
  };
}
