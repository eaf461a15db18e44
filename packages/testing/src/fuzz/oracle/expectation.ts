/** Inclusive bounds. */
export type Range = readonly [least: number, most: number];

/**
 * What a client may see for one message: an open socket, the gate's refusal, an answer of the app, an error of Node itself, a stream that the
 * server resets (HTTP/2), or nothing.
 */
export type Sight = "opened" | "app" | "node" | "reset" | "none" | `gate ${number}`;

/** What becomes of the messages behind this one: `maybe` they are processed; `unclear`: nobody can say where they begin. */
export type Sequel = "next" | "maybe" | "unclear" | "never";

/** Everything that is permitted for one message. */
export interface Expectation {
  readonly sights: ReadonlySet<Sight>;
  /** How many decisions are reported. */
  readonly events: Range;
  /** The codes that these may have. */
  readonly codes: ReadonlySet<string>;
  /** How often a route, a listener or a request handler of the app gets it as a handshake. */
  readonly asked: Range;
  /** How often a request handler of the app gets it as an ordinary request. */
  readonly plain: Range;
  readonly sequel: Sequel;
}

/** The statuses of section 2's table of codes. */
const statuses: Readonly<Record<string, number>> = {
  "origin-malformed": 400,
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

/** What a client sees of a refusal with this code. */
export function sightOf(code: string): Sight {
  return code === "client-gone" ? "none" : `gate ${statuses[code] ?? 0}`;
}

/** The same expectation where it is not certain that the message is processed at all. */
export function perhaps(expected: Expectation): Expectation {
  return {
    sights: new Set([...expected.sights, "none"]),
    events: [0, expected.events[1]],
    codes: codesOfLeaving(expected),
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
  "gate 400",
  "gate 403",
  "gate 404",
  "gate 426",
  "gate 503",
];

/** Anything that is safe, for messages that parsers may read in different ways. Only one from a listed page may open a socket. */
export function anythingSafe(mayOpen: boolean): Expectation {
  return {
    sights: new Set<Sight>([...safeSights, "gate 501", ...(mayOpen ? (["opened"] as const) : [])]),
    events: [0, 1],
    codes: new Set([...denyCodes, "client-gone", ...(mayOpen ? allowCodes : [])]),
    asked: [0, mayOpen ? 1 : 0],
    plain: [0, 2],
    sequel: "unclear",
  };
}
