import type { Http1Message } from "../http1/change.ts";
import { fixture, type FuzzSettings } from "../settings.ts";
import { allowCodes, either, type Expectation, openersOf, type Sequel, type Sight, sightOf } from "./expectation.ts";
import { middlewareOutcome } from "./middleware.ts";
import { afterOrdinary, pathOf } from "./path.ts";
import type { Http1Reading } from "./read-http1.ts";
import {
  hostOutcome,
  inOrder,
  isRouted,
  originOutcome,
  type Outcome,
  outcomeOf,
  protocolOutcome,
  versionOutcome,
} from "./rules.ts";
import { tokenOutcome } from "./token.ts";

/** A handshake, however Node delivers it. */
export function handshake(message: Http1Message, reading: Http1Reading, settings: FuzzSettings): Expectation {
  const path = pathOf(message.target, reading.valuesOf("host")[0] ?? "").path ?? message.target;
  const routed = isRouted(path);
  if (routed === true) return onRoute(message, reading, settings);
  const elsewhere = onNoRoute(message, reading, settings);
  return routed === false ? elsewhere : either(onRoute(message, reading, settings), elsewhere);
}

/** The policy, and the middleware behind it. */
function verdictOf(
  message: Http1Message,
  reading: Http1Reading,
  settings: FuzzSettings,
  { routed, token }: { readonly routed: boolean; readonly token: FuzzSettings["token"] },
): Outcome {
  const { target } = message;
  const { valuesOf } = reading;
  const hosts = valuesOf("host");
  const { outcome } = pathOf(target, hosts[0] ?? "");
  return inOrder(
    all(formOutcome(message, reading, routed), outcome, hosts.length === 0 ? hostOutcome(hosts) : outcomeOf([], [])),
    hostOutcome(hosts),
    originOutcome(valuesOf("origin"), settings),
    tokenOutcome({ target, valuesOf }, token),
  );
}

function onRoute(message: Http1Message, reading: Http1Reading, settings: FuzzSettings): Expectation {
  // On a route, the token may still come on the open socket.
  const waits = settings.token === "firstMessage";
  const token = waits ? "none" : settings.token;
  const verdict = verdictOf(message, reading, settings, { routed: true, token });
  const openers = openersOf(settings);
  const route: Served = { sights: ["opened"], codes: [...openers], asked: waits ? 0 : 1 };
  return served(message, reading, settings, { verdict, route, openers });
}

function onNoRoute(message: Http1Message, reading: Http1Reading, settings: FuzzSettings): Expectation {
  const { unrouted, token } = settings;
  if (unrouted === "refuse") {
    const verdict = outcomeOf(["route-not-found"], []);
    return served(message, reading, settings, { verdict, route: nobody, openers: new Set() });
  }
  const verdict = verdictOf(message, reading, settings, { routed: false, token });
  const path = pathOf(message.target, reading.valuesOf("host")[0] ?? "").path ?? message.target;
  const route = deliver(path, reading.connected, settings);
  if (unrouted === "filter")
    return served(message, reading, settings, { verdict, route, openers: new Set(allowCodes) });
  // The decision is only reported, and no middleware runs.
  const reported = [...verdict.codes, ...(verdict.passes ? allowCodes : [])];
  return served(
    message,
    reading,
    { ...settings, middleware: false },
    {
      verdict: outcomeOf([], []),
      route: { ...route, codes: route.codes === allowCodes ? reported : [...reported, ...route.codes] },
      openers: new Set(reported),
    },
  );
}

interface Serving {
  readonly verdict: Outcome;
  /** Who serves it if the policy and the middleware let it pass. */
  readonly route: Served;
  readonly openers: ReadonlySet<string>;
}

function served(
  message: Http1Message,
  reading: Http1Reading,
  settings: FuzzSettings,
  { verdict, route, openers }: Serving,
): Expectation {
  const stopped = middlewareOutcome(reading.valuesOf, settings);
  const both = inOrder(verdict, stopped);
  const sights = new Set<Sight>([...verdict.codes].map(sightOf));
  if (verdict.passes) for (const sight of stopped.sights) sights.add(sight);
  const codes = new Set(both.codes);
  // Without `upgrade` listeners, Node delivers every handshake as a request.
  const needsNoEvent = (reading.connected !== true || !settings.listener) && nodeAnswers(message, reading);
  if (needsNoEvent) sights.add("node");
  const isCertain = sights.size === 0;
  if (both.passes) {
    for (const sight of route.sights) sights.add(sight);
    for (const code of route.codes) codes.add(code);
  }
  return {
    sights,
    events: [needsNoEvent ? 0 : 1, 1],
    codes,
    openers,
    asked: [isCertain && both.passes ? route.asked : 0, both.passes ? 1 : 0],
    plain: [0, 0],
    sequel: sequelOf(sights, reading),
  };
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
  routed: boolean,
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
  if (connected === false && routed) must.push("upgrade-stripped");
  else if (connected !== true && routed) may.push("upgrade-stripped");
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

const nobody: Served = { sights: [], codes: [], asked: 0 };

/** Who serves an allowed handshake without a route: the app's own `upgrade` listener where Node delivers an upgrade, or its request handler. */
function deliver(path: string, connected: boolean | undefined, { listener }: FuzzSettings): Served {
  const [bare = ""] = path.split("?", 1);
  // A request handler may open the socket by hand, or answer with a page.
  const handler: Served = { sights: bare === "/by-hand" ? ["app", "opened"] : ["app"], codes: allowCodes, asked: 1 };
  if (!listener || connected === false) return handler;
  const own: Served =
    bare === fixture.silent
      ? { sights: [sightOf("route-not-found")], codes: ["route-not-found"], asked: 1 }
      : { sights: ["opened"], codes: allowCodes, asked: 1 };
  if (connected === true) return own;
  return {
    sights: [...handler.sights, ...own.sights],
    codes: own.codes === allowCodes ? allowCodes : [...allowCodes, ...own.codes],
    asked: 1,
  };
}
