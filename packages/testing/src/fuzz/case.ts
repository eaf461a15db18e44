import type { Http1Change } from "./http1/change.ts";
import { generateHttp1 } from "./http1/generate.ts";
import type { Http2Change } from "./http2/change.ts";
import { generateHttp2 } from "./http2/generate.ts";
import type { Random } from "./random.ts";
import type { FuzzProtocol } from "./server/record.ts";

/** One client's connection: what it does differently from a proper handshake. Plain JSON, to be kept and replayed. */
export type FuzzCase =
  | { readonly protocol: "http1"; readonly changes: readonly Http1Change[] }
  | { readonly protocol: "http2"; readonly changes: readonly Http2Change[] };

export function makeCase(random: Random, protocol: FuzzProtocol): FuzzCase {
  return protocol === "http1"
    ? { protocol, changes: generateHttp1(random) }
    : { protocol, changes: generateHttp2(random) };
}

/** The cases that have one change less, in order. */
export function shorterCases(given: FuzzCase): readonly FuzzCase[] {
  return given.protocol === "http1"
    ? given.changes.map((_change, index) => ({ protocol: given.protocol, changes: given.changes.toSpliced(index, 1) }))
    : given.changes.map((_change, index) => ({ protocol: given.protocol, changes: given.changes.toSpliced(index, 1) }));
}
