import type { Random } from "./random.ts";

/** Where the policy takes its token from. */
const tokenPlaces = ["header", "query", "subprotocol", "cookie", "firstMessage"] as const;

export type TokenPlace = (typeof tokenPlaces)[number];

/** How a server is set up for a round. The oracle knows them, and nothing else about the server. */
export interface FuzzSettings {
  /** The policy also asks a directory, which answers later. Otherwise every decision is made at once. */
  readonly directory: boolean;
  /** The app has an `upgrade` listener (on HTTP/2: a `stream` listener) of its own. */
  readonly listener: boolean;
  /** The app listens for `checkContinue` and `checkExpectation`. */
  readonly expectations: boolean;
  /** The app removes every `removeListener` and `upgrade` listener once the server is guarded. */
  readonly strip: boolean;
  /** Handshakes on paths without a route: the gate's option. */
  readonly unrouted: "filter" | "refuse" | "pass";
  /** The policy asks for a token. */
  readonly token: TokenPlace | "none";
  /** Middleware decides after the policy. */
  readonly middleware: boolean;
  /** Ordinary HTTP requests are decided by the same policy. */
  readonly requests: boolean;
}

export const defaultSettings: FuzzSettings = {
  directory: false,
  listener: true,
  expectations: false,
  strip: false,
  unrouted: "filter",
  token: "none",
  middleware: false,
  requests: false,
};

export function makeSettings(random: Random): FuzzSettings {
  const strip = random.chance(0.15);
  const directory = random.chance(0.4);
  const listener = !strip && random.chance(0.65);
  const expectations = random.chance(0.4);
  const unrouted = random.pick(["filter", "filter", "filter", "refuse", "pass"] as const);
  const middleware = random.chance(0.35);
  const token = random.chance(0.4) ? "none" : random.pick(tokenPlaces);
  // Ordinary requests have no subprotocols and no first message. Under "pass", a handshake that reaches the app undecided would be decided on again.
  const fits = unrouted !== "pass" && token !== "subprotocol" && token !== "firstMessage";
  const requests = fits && random.chance(0.5);
  return {
    directory,
    listener,
    // Where the app answers an expectation itself, no middleware runs.
    expectations: expectations && !requests,
    strip,
    unrouted,
    token,
    middleware,
    requests,
  };
}

/** What every server under test is set up with, and what the oracle decides by. */
export const fixture = {
  /** The one exact entry of the policy. */
  origin: "https://app.example",
  /** A wildcard entry of the policy. */
  wildcard: "https://*.preview.example",
  /** An origin that only the directory knows. */
  tenant: "https://tenant.example",
  /** The one entry of `hosts`. */
  host: "api.example",
  protocol: "chat.v1",
  routes: ["/chat/:room", "/plain"],
  /** The app's own listener never answers a handshake here. */
  silent: "/silent",
  /** The parameter of the query and the cookie that hold a token. */
  parameter: "ticket",
  cookie: "sid",
  /** The field by which a client tells the middleware what to do. */
  order: "x-middleware",
  /** The message of the error that the middleware throws. */
  thrown: "The middleware was told to throw.",
  /** Milliseconds. */
  deadline: 8000,
  grace: 120,
  messageDeadline: 1000,
} as const;

/** What the verifier says about tokens; `later` is verified with a delay. Every other token is refused as invalid. */
export const verdicts: ReadonlyMap<string, "grant" | "nonsense" | "throws" | "expired" | "forbidden" | "revoked"> =
  new Map([
    ["good", "grant"],
    ["later", "grant"],
    ["expired", "expired"],
    ["forbidden", "forbidden"],
    ["revoked", "revoked"],
    ["nonsense", "nonsense"],
    ["throws", "throws"],
  ]);
