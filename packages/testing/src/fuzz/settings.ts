import type { Random } from "./random.ts";

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
}

export const defaultSettings: FuzzSettings = { directory: false, listener: true, expectations: false, strip: false };

export function makeSettings(random: Random): FuzzSettings {
  const strip = random.chance(0.15);
  return {
    directory: random.chance(0.4),
    listener: !strip && random.chance(0.65),
    expectations: random.chance(0.4),
    strip,
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
  /** Milliseconds. */
  deadline: 1500,
  grace: 120,
} as const;
