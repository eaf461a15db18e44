import type { Entry } from "../entry.ts";
import { edge } from "./edge.ts";
import { frames } from "./frames.ts";
import { handshake } from "./handshake.ts";
import { libraries } from "./libraries.ts";
import { network } from "./network.ts";
import { noAnswer } from "./no-answer.ts";
import { page } from "./page.ts";
import { programs } from "./programs.ts";
import { proxies } from "./proxies.ts";
import { tls } from "./tls.ts";

/** What texts mean, if neither a status nor a close code says it. */
export const meanings: readonly Entry[] = [
  ...handshake,
  ...noAnswer,
  ...frames,
  ...network,
  ...tls,
  ...page,
  ...libraries,
  ...proxies,
  ...edge,
  ...programs,
];
