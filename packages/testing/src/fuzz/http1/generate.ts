import type { Random } from "../random.ts";
import { fixture } from "../settings.ts";
import { companions, type Http1Change } from "./change.ts";
import {
  bodies,
  connections,
  fieldNames,
  orders,
  origins,
  rawLines,
  tails,
  targets,
  tokens,
  values,
} from "./values.ts";

/** Makes a case: one to five differences from a proper handshake. */
export function generateHttp1(random: Random): readonly Http1Change[] {
  const changes: Http1Change[] = [];
  if (random.chance(0.35)) changes.push({ kind: "replace", name: "Origin", value: random.pick(origins) });
  if (random.chance(0.4)) changes.push({ kind: "target", value: random.pick(targets) });
  if (random.chance(0.2)) changes.push({ kind: "replace", name: "Connection", value: random.pick(connections) });
  if (random.chance(0.25))
    changes.push({ kind: random.pick(["token", "token", "message"]), text: random.pick(tokens) });
  if (random.chance(0.15)) changes.push({ kind: "replace", name: "X-Middleware", value: random.pick(orders) });
  if (random.chance(0.1)) changes.push({ kind: "ordinary" });
  for (let left = random.below(4); left > 0; left--) changes.push(change(random));
  return changes;
}

function change(random: Random): Http1Change {
  const name = random.pick(fieldNames);
  const value = random.pick(values[name] ?? []);
  switch (random.below(15)) {
    case 0:
      return {
        kind: "method",
        value: random.pick(["POST", "HEAD", "OPTIONS", "PUT", "CONNECT", "get", "BREW", "", "PRI"]),
      };
    case 1:
      return { kind: "version", value: random.pick(["1.0", "1.0", "2.0", "0.9", "1.2", "1,1", "11", ""]) };
    case 2:
      return { kind: "drop", name };
    case 3:
    case 4:
      return { kind: "replace", name, value };
    case 5:
      return { kind: "repeat", name, value: random.chance(0.3) ? fixture.origin : value };
    case 6:
      return {
        kind: "rename",
        name,
        to: random.pick([
          name.toUpperCase(),
          name.toLowerCase(),
          `${name} `,
          ` ${name}`,
          `${name}_`,
          `X-${name}`,
          name.replaceAll("-", "_"),
        ]),
      };
    case 7:
      return { kind: "raw", line: random.pick(rawLines), first: random.chance(0.5) };
    case 8:
      return {
        kind: "long",
        name: random.pick(["X-Long", "Cookie", "Sec-WebSocket-Protocol"]),
        length: random.pick([4000, 12_000, 17_000, 40_000]),
      };
    case 9: {
      const [line, bytes] = random.pick(bodies);
      return { kind: "body", line, bytes };
    }
    case 10:
      return { kind: "before", what: random.pick(companions) };
    case 11:
      return { kind: "after", what: random.pick(companions) };
    case 12: {
      const [bytes, times] = random.pick(tails);
      return { kind: "tail", bytes, times };
    }
    case 13:
      return { kind: "segment", size: random.pick([1, 7, 16, 100, 1000]) };
    default:
      return {
        kind: "ending",
        ending: random.chance(0.4) ? cut(random) : { how: random.pick(["fin", "fin", "reset", "reset-on-answer"]) },
      };
  }
}

function cut(random: Random): { how: "cut"; at: number; leave: "stay" | "fin" | "reset" } {
  return { how: "cut", at: 1 + random.below(260), leave: random.pick(["stay", "fin", "reset"]) };
}
