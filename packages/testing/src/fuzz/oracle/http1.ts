import type { Http1Message } from "../http1/change.ts";
import { fixture, type FuzzSettings } from "../settings.ts";
import {
  allowCodes,
  anythingSafe,
  type Expectation,
  type Range,
  type Sequel,
  type Sight,
  sightOf,
} from "./expectation.ts";
import { type Http1Reading, mayOpen, readHttp1 } from "./read-http1.ts";
import {
  hostOutcome,
  inOrder,
  isListed,
  isRouted,
  originOutcome,
  type Outcome,
  outcomeOf,
  pathOutcome,
  protocolOutcome,
  versionOutcome,
} from "./rules.ts";

/** Says what the documented rules permit for one message that arrives whole (design section 6, "Every door"). */
export function expectHttp1(message: Http1Message, settings: FuzzSettings): Expectation {
  const reading = readHttp1(message);
  if (!reading.certain) return anythingSafe(mayOpen(message, (origin) => isListed(origin, settings)));
  if (reading.websocket === true) return handshake(message, reading, settings);
  if (reading.websocket === undefined) return anythingSafe(mayOpen(message, (origin) => isListed(origin, settings)));
  return ordinary(message, reading);
}

/** An ordinary request: answered as without a gate, whatever else it wants to upgrade to. */
function ordinary(message: Http1Message, reading: Http1Reading): Expectation {
  const { version, target } = message;
  const { valuesOf, connected } = reading;
  const stripped = isStripped(message, reading);
  const sights = new Set<Sight>(["app"]);
  const nodeMayRefuse = version === "1.1" && valuesOf("host").length === 0;
  // Node answers 417 itself where nobody listens for `checkExpectation`.
  if (nodeMayRefuse || valuesOf("expect").some((value) => !/^100-continue$/i.test(value))) sights.add("node");
  // An upgrade is delivered past Node's own check of Host.
  if (nodeMayRefuse && connected === false) sights.delete("app");
  if (stripped === true) sights.clear();
  if (stripped !== false) sights.add(sightOf("upgrade-stripped"));
  const passes = sights.has("app");
  return {
    sights,
    events: [stripped === true ? 1 : 0, stripped === false ? 0 : 1],
    codes: new Set(stripped === false ? [] : ["upgrade-stripped"]),
    asked: [0, 0],
    plain: [passes && sights.size === 1 ? 1 : 0, passes || target === "*" ? 1 : 0],
    sequel: stripped === false ? afterOrdinary(reading) : "maybe",
  };
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

function afterOrdinary({ closes, framed }: Http1Reading): Sequel {
  if (!framed) return "unclear";
  return closes ? "maybe" : "next";
}

interface Path {
  /** `undefined` where the target is no path of this host. */
  readonly path: string | undefined;
  readonly outcome: Outcome;
}

/** A target as a path: its own, or that of a whole URL, whose authority must be the Host's. */
function pathOf(target: string, host: string): Path {
  if (target.startsWith("/")) return { path: target, outcome: pathOutcome(target) };
  const [, scheme, authority = "", rest = ""] = /^(https?):\/\/([^/?]*)(.*)$/.exec(target) ?? [];
  if (scheme === undefined) return { path: undefined, outcome: outcomeOf([], ["handshake-malformed"]) };
  if (authority.toLowerCase() !== host.toLowerCase())
    return { path: undefined, outcome: outcomeOf(["handshake-malformed"], []) };
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  const inner = pathOutcome(path);
  // A URL's own path may begin with `//`, and its scheme may differ from the connection's: refused or not.
  const doubtful = scheme === "https" || inner.codes.size > 0;
  return { path, outcome: path.includes("\\") ? inner : outcomeOf([], doubtful ? ["handshake-malformed"] : []) };
}

function handshake(message: Http1Message, reading: Http1Reading, settings: FuzzSettings): Expectation {
  const { target } = message;
  const { valuesOf, connected } = reading;
  const hosts = valuesOf("host");
  const { path, outcome } = pathOf(target, hosts[0] ?? "");
  const routed = isRouted(path ?? target);
  const verdict = inOrder(
    all(formOutcome(message, reading, routed), outcome, hosts.length === 0 ? hostOutcome(hosts) : outcomeOf([], [])),
    hostOutcome(hosts),
    originOutcome(valuesOf("origin"), settings),
  );
  const sights = new Set<Sight>([...verdict.codes].map(sightOf));
  const codes = new Set(verdict.codes);
  // Without `upgrade` listeners, Node delivers every handshake as a request.
  const needsNoEvent = (connected !== true || !settings.listener) && nodeAnswers(message, reading);
  if (needsNoEvent) sights.add("node");
  let asked: Range = [0, 0];
  if (verdict.passes) {
    const served = deliver(path ?? target, routed, connected, settings);
    for (const sight of served.sights) sights.add(sight);
    for (const code of served.codes) codes.add(code);
    asked = [sights.size === served.sights.length ? served.asked : 0, 1];
  }
  return { sights, events: [needsNoEvent ? 0 : 1, 1], codes, asked, plain: [0, 0], sequel: sequelOf(sights, reading) };
}

/** What follows an open socket is its own; what follows a refusal may have been parsed already, and is never answered. */
function sequelOf(sights: ReadonlySet<Sight>, reading: Http1Reading): Sequel {
  if (sights.size === 1 && sights.has("opened") && reading.connected === true) return "never";
  if (sights.size === 1 && sights.has("app")) return afterOrdinary(reading);
  return reading.framed ? "maybe" : "unclear";
}

/** Node itself answers requests without Host and with an odd Expect, where it does not deliver them as upgrades. */
function nodeAnswers({ version }: Http1Message, { valuesOf }: Http1Reading): boolean {
  if (version === "1.1" && valuesOf("host").length === 0) return true;
  return valuesOf("expect").some((value) => !/^100-continue$/i.test(value));
}

/** The form of an opening handshake (RFC 6455 section 4.2.1, design section 6). */
function formOutcome(
  { method, version }: Http1Message,
  { valuesOf, hasBody, connected }: Http1Reading,
  routed: boolean | undefined,
): Outcome {
  const must: string[] = [];
  const may: string[] = [];
  if (method !== "GET" || version !== "1.1" || hasBody) must.push("handshake-malformed");
  if (valuesOf("upgrade").join(",").trim().toLowerCase() !== "websocket") may.push("handshake-malformed");
  const keys = valuesOf("sec-websocket-key");
  if (keys.length !== 1 || !/^[+/\w]{22}==$/.test(keys[0] ?? "")) must.push("handshake-malformed");
  // The last digit holds two bits only: a strict decoder refuses the others.
  else if (!/[AQgw]==$/.test(keys[0] ?? "")) may.push("handshake-malformed");
  if (valuesOf("sec-websocket-extensions").some((value) => !/^permessage-deflate$/.test(value)))
    may.push("handshake-malformed");
  if (connected === false && routed === true) must.push("upgrade-stripped");
  else if (connected !== true && routed !== false) may.push("upgrade-stripped");
  return all(
    outcomeOf(must, may),
    versionOutcome(valuesOf("sec-websocket-version")),
    protocolOutcome(valuesOf("sec-websocket-protocol")),
  );
}

/** Steps in no certain order. */
function all(...steps: readonly Outcome[]): Outcome {
  return { codes: new Set(steps.flatMap(({ codes }) => [...codes])), passes: steps.every(({ passes }) => passes) };
}

interface Served {
  readonly sights: readonly Sight[];
  readonly codes: readonly string[];
  readonly asked: 0 | 1;
}

/** Who serves an allowed handshake: its route, the app's own `upgrade` listener where Node delivers an upgrade, or its request handler. */
function deliver(
  path: string,
  routed: boolean | undefined,
  connected: boolean | undefined,
  settings: FuzzSettings,
): Served {
  const [bare = ""] = path.split("?", 1);
  const route: Served = { sights: ["opened"], codes: allowCodes, asked: 1 };
  // A request handler may open the socket by hand, or answer with a page.
  const handler: Served = { sights: bare === "/by-hand" ? ["app", "opened"] : ["app"], codes: allowCodes, asked: 1 };
  const silent: Served = { sights: [sightOf("route-not-found")], codes: ["route-not-found"], asked: 1 };
  const listener: Served = bare === fixture.silent ? silent : route;
  const elsewhere =
    !settings.listener || connected === false ? [handler] : connected === true ? [listener] : [handler, listener];
  const choices = routed === true ? [route] : routed === false ? elsewhere : [route, ...elsewhere];
  return {
    sights: [...new Set(choices.flatMap(({ sights }) => sights))],
    codes: choices.flatMap(({ codes }) => codes),
    asked: 1,
  };
}
