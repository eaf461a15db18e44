import { endsWith, includes, unanchored } from "./naive.ts";
import type { Peer } from "./peer.ts";
import { phoenix, phoenixBefore } from "./phoenix.ts";
import { spring } from "./spring.ts";

export const peers: readonly Peer[] = [phoenix, phoenixBefore, spring, includes, endsWith, unanchored];
