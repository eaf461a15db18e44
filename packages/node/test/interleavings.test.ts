import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { selfSigned } from "@wsorigin/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { kinds } from "./http2-support.ts";
import {
  attachRaw,
  attachStreams,
  attachWs,
  connectHttp1,
  connectHttp2,
  play,
  scripts,
  type Stage,
  startStage,
} from "./interleavings-support.ts";

/** How many interleavings are tried in all. `.ci/run` tries the 10,000 that are promised. */
const rounds = Number(process.env["INTERLEAVINGS"] ?? 500);
const seed = Number(process.env["SEED"] ?? 20_261_127);

const plain = (): ReturnType<typeof createServer> => createServer();
const secure = (): ReturnType<typeof createSecureServer> => createSecureServer(selfSigned);
const deflate = { threshold: 0 };

/** Each way to write to a socket, with its share of the rounds. */
const ways: readonly (readonly [name: string, share: number, start: () => Promise<Stage>])[] = [
  ["chunks that end anywhere", 0.3, () => startStage(plain(), attachRaw, connectHttp1)],
  ["ws", 0.2, () => startStage(plain(), attachWs(false), connectHttp1)],
  ["ws with permessage-deflate", 0.15, () => startStage(plain(), attachWs(deflate), connectHttp1)],
  ["chunks over TLS", 0.05, () => startStage(secure(), attachRaw, connectHttp1)],
  ["ws with permessage-deflate over TLS", 0.05, () => startStage(secure(), attachWs(deflate), connectHttp1)],
  ...kinds.map(
    ({ name, make }) =>
      [`chunks over HTTP/2 ${name}`, 0.125, () => startStage(make(), attachStreams, connectHttp2())] as const,
  ),
];

test.each(ways)(
  "a client gets whole messages and one close frame, whenever the gate closes its socket: %s",
  { timeout: 600_000 },
  async (_name, share, start) => {
    const stage = await start();
    const property = fc.asyncProperty(scripts, (script) => play(stage, script));
    await expect(fc.assert(property, { seed, numRuns: Math.ceil(rounds * share) })).resolves.toBeUndefined();
  },
);
