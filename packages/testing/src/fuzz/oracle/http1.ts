import type { Http1Message } from "../http1/change.ts";
import type { FuzzSettings } from "../settings.ts";
import { anythingSafe, either, type Expectation, type Sight, sightOf } from "./expectation.ts";
import { handshake } from "./handshake.ts";
import { afterOrdinary, pathOf } from "./path.ts";
import { type Http1Reading, mayOpen, readHttp1 } from "./read-http1.ts";
import { guardedRequest } from "./requests.ts";
import { isListed, isRouted, pathOutcome } from "./rules.ts";

/** Says what the documented rules permit for one message that arrives whole (design section 6, "Every door"). */
export function expectHttp1(message: Http1Message, settings: FuzzSettings): Expectation {
  const reading = readHttp1(message);
  if (!reading.certain || reading.websocket === undefined) return safeHttp1(message, settings);
  if (reading.websocket) return handshake(message, reading, settings);
  const stripped = isStripped(message, reading);
  if (stripped === true) return strippedHandshake;
  const asked = ordinary(message, reading, settings);
  return stripped === undefined ? either(asked, strippedHandshake) : asked;
}

/** Anything that is safe. Under "pass", only a path that certainly has a route is guarded. */
export function safeHttp1(message: Http1Message, settings: FuzzSettings): Expectation {
  const isOpenable = mayOpen(message, (origin) => isListed(origin, settings));
  const isGuarded = settings.unrouted !== "pass" || isRouted(message.target) === true;
  return anythingSafe(isOpenable, !isGuarded, settings);
}

const strippedHandshake: Expectation = {
  sights: new Set<Sight>([sightOf("upgrade-stripped")]),
  events: [1, 1],
  codes: new Set(["upgrade-stripped"]),
  openers: new Set(),
  asked: [0, 0],
  plain: [0, 0],
  sequel: "maybe",
};

/** An ordinary request: answered as without a gate, whatever else it wants to upgrade to, or decided by `requestGuard()`. */
function ordinary(message: Http1Message, reading: Http1Reading, settings: FuzzSettings): Expectation {
  const { version, target } = message;
  const { valuesOf } = reading;
  const sequel = afterOrdinary(reading);
  const isHostless = version === "1.1" && valuesOf("host").length === 0;
  const passes = mayPass(reading, settings);
  // Node answers 417 itself where nobody listens for `checkExpectation`.
  const nodeMayAnswer = isHostless || valuesOf("expect").some((value) => !/^100-continue$/i.test(value));
  const certain = pathOf(target, "").path === target && pathOutcome(target).passes && !target.includes("%");
  const plain: Expectation = settings.requests
    ? guardedRequest(message, reading, settings, { certain, sequel })
    : {
        sights: new Set<Sight>(["app"]),
        events: [0, 0],
        codes: new Set(),
        openers: new Set(),
        asked: [0, 0],
        plain: [1, 1],
        sequel: passes ? "maybe" : sequel,
      };
  if (!nodeMayAnswer) return plain;
  // Node's own check of Host is missing where it delivers an upgrade, and on servers of HTTP/2.
  const byNode: Expectation = {
    ...plain,
    // It may end the connection.
    sequel: sequel === "next" ? "maybe" : sequel,
    sights: new Set(["node"]),
    events: [0, 0],
    plain: [0, target === "*" ? 1 : 0],
  };
  return either(plain, byNode);
}

/** Whether the app's `upgrade` listener may get it undecided: it has the connection to itself then, and ends it. */
export function mayPass({ connected, valuesOf }: Http1Reading, { unrouted, listener }: FuzzSettings): boolean {
  return unrouted === "pass" && listener && connected !== false && valuesOf("upgrade").length > 0;
}

/** Whether an ordinary request proves that a proxy removed the upgrade (section 3): a key, no Upgrade, on a route. */
function isStripped(
  { method, target, version }: Http1Message,
  { valuesOf, hasBody }: Http1Reading,
): boolean | undefined {
  const keys = valuesOf("sec-websocket-key");
  const routed = isRouted(pathOf(target, valuesOf("host")[0] ?? "").path ?? target);
  if (method !== "GET" || keys.length === 0 || routed === false) return false;
  const doubtful =
    keys.length > 1 ||
    keys[0] === "" ||
    version !== "1.1" ||
    hasBody ||
    !target.startsWith("/") ||
    pathOutcome(target).codes.size > 0;
  return doubtful || ["upgrade", "expect"].some((name) => valuesOf(name).length > 0) || valuesOf("host").length !== 1
    ? undefined
    : routed;
}
