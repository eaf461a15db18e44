import type { Http2Conversation, Http2Stream } from "../http2/change.ts";
import { encodeFields } from "../http2/frames.ts";
import { fixture, type FuzzSettings } from "../settings.ts";
import {
  allowCodes,
  anythingSafe,
  either,
  type Expectation,
  openersOf,
  perhaps,
  type Sight,
  sightOf,
} from "./expectation.ts";
import { middlewareOutcome } from "./middleware.ts";
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
import { tokenOutcome } from "./token.ts";

const pseudo = new Set([":method", ":protocol", ":scheme", ":path", ":authority"]);
const forbidden = new Set(["connection", "upgrade", "te", "content-length", "expect", "transfer-encoding"]);

/** Pieces that Node takes of one field block. */
const maxContinuations = 7;

/** What is permitted for each stream of a connection. */
export interface ExpectedStreams {
  readonly streams: readonly Expectation[];
  /** Some stream may stay without an answer. */
  readonly quiet: boolean;
  /** Some stream breaks the rules of HTTP/2, or may be read as if it did. */
  readonly unruly: boolean;
}

/** Says what the documented rules permit for the streams of one connection (RFC 8441, design section 3, "HTTP/2"). */
export function expectStreams({ streams, ending }: Http2Conversation, settings: FuzzSettings): ExpectedStreams {
  const breaks = streams.some((each) => !isCertain(each));
  // What the app sends back leaves no room in the client's window for the body of a refusal.
  const floods =
    streams.reduce((total, { data }) => total + data.reduce((sum, { bytes }) => sum + bytes, 0), 0) > 65_000;
  const expected = streams.map((each) => {
    const one = isCertain(each) ? whole(each, settings) : safe(each, settings);
    // A stream that breaks the rules may end the connection, and the other streams with it.
    const shaken = breaks || floods || ending !== "wait" ? withReset(perhaps(one)) : one;
    return each.reset !== undefined || each.end || each.trailers || each.data.some(({ end }) => end)
      ? leaving(each, shaken)
      : shaken;
  });
  return { streams: expected, quiet: expected.some(({ sights }) => sights.has("none")), unruly: breaks };
}

function isCertain({ fields, end, data, trailers, continuation }: Http2Stream): boolean {
  const names = fields.map(([name]) => name);
  const ends = [end, ...data.map(({ end: last }) => last)];
  const early = ends.slice(0, -1).includes(true) || (trailers && ends.includes(true));
  const lastPseudo = names.findLastIndex((name) => name.startsWith(":"));
  return (
    !early &&
    (continuation === undefined || encodeFields(fields).length / continuation <= maxContinuations) &&
    fields.every(
      ([name, value]) =>
        /^:?[a-z][\w-]*$/.test(name) &&
        /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/.test(value),
    ) &&
    names.every(
      (name, index) =>
        !name.startsWith(":") || (pseudo.has(name) && index <= lastPseudo && names.indexOf(name) === index),
    ) &&
    names.slice(0, lastPseudo).every((name) => name.startsWith(":")) &&
    !names.some((name) => forbidden.has(name)) &&
    names.filter((name) => name === "host").length <= 1 &&
    isRequest(new Map(fields))
  );
}

/** An ordinary request, or an extended CONNECT with everything that RFC 8441 section 4 wants. */
function isRequest(fields: ReadonlyMap<string, string>): boolean {
  const method = fields.get(":method") ?? "";
  const isExtended = method === "CONNECT" && fields.has(":protocol");
  return (
    (isExtended || (/^(?:GET|HEAD|POST)$/.test(method) && !fields.has(":protocol"))) &&
    /^https?$/.test(fields.get(":scheme") ?? "") &&
    /^\/[\x21\x22\x24-\x7e]*$/.test(fields.get(":path") ?? "") &&
    /^[\w.:-]+$/.test(fields.get(":authority") ?? "") &&
    (!isExtended || /^[a-z0-9-]+$/.test(fields.get(":protocol") ?? ""))
  );
}

/** Anything that is safe. Under "pass", only a path that certainly has a route is guarded. */
function safe(stream: Http2Stream, settings: FuzzSettings): Expectation {
  const paths = stream.fields.flatMap(([name, value]) => (name === ":path" ? [value] : []));
  const isGuarded =
    settings.unrouted !== "pass" || (paths.length > 0 && paths.every((path) => isRouted(path) === true));
  return anythingSafe(mayOpen(stream, settings), !isGuarded, settings);
}

const page: Expectation = {
  sights: new Set(["app"]),
  events: [0, 0],
  codes: new Set(),
  openers: new Set(),
  asked: [0, 0],
  plain: [0, 1],
  sequel: "next",
};

function whole(stream: Http2Stream, settings: FuzzSettings): Expectation {
  const fields = new Map(stream.fields);
  if (fields.get(":method") !== "CONNECT") return page;
  const path = fields.get(":path") ?? "";
  const routed = isRouted(path);
  if (routed === true) return onRoute(stream, settings);
  const unrouted = onNoRoute(stream, path, settings);
  return routed === false ? unrouted : either(onRoute(stream, settings), unrouted);
}

/** Everything up to the token. */
function verdictOf({ fields }: Http2Stream, token: FuzzSettings["token"], settings: FuzzSettings): Outcome {
  const valuesOf = (name: string): string[] => fields.flatMap(([each, value]) => (each === name ? [value] : []));
  const [path = ""] = valuesOf(":path");
  const [authority = ""] = valuesOf(":authority");
  // A Host that says the same as :authority adds nothing (RFC 9113 section 8.3.1).
  const hosts = [authority, ...valuesOf("host").filter((host) => host !== authority)];
  const isOther = valuesOf(":protocol")[0] !== "websocket";
  const key = valuesOf("sec-websocket-key").length > 0;
  return inOrder(
    outcomeOf(isOther ? ["protocol-unsupported"] : [], key ? ["handshake-malformed"] : []),
    outcomeOf(
      pathOutcome(path).passes
        ? []
        : ["handshake-malformed", ...versionOutcome(valuesOf("sec-websocket-version")).codes],
      [...pathOutcome(path).codes],
    ),
    versionOutcome(valuesOf("sec-websocket-version")),
    protocolOutcome(valuesOf("sec-websocket-protocol")),
    hostOutcome(hosts),
    originOutcome(valuesOf("origin"), settings),
    tokenOutcome({ target: path, valuesOf }, token),
  );
}

function onRoute(stream: Http2Stream, settings: FuzzSettings): Expectation {
  // The token may still come on the open socket. This client sends none, so that no handler runs.
  const waits = settings.token === "firstMessage";
  const openers = openersOf(settings);
  const verdict = verdictOf(stream, waits ? "none" : settings.token, settings);
  const opened = served(stream, settings, { verdict, sights: ["opened"], codes: [...openers], openers });
  const isCertain = opened.sights.size === 1 && opened.sights.has("opened");
  return { ...opened, asked: waits ? [0, 0] : [isCertain ? 1 : 0, opened.asked[1]] };
}

function onNoRoute(stream: Http2Stream, path: string, settings: FuzzSettings): Expectation {
  const sights = elsewhere(path, settings);
  const unserved = ["protocol-unsupported", "route-not-found", ...(sights.includes("gate 503") ? ["timed-out"] : [])];
  const answers = sights.includes("opened") || sights.includes("app") ? allowCodes : [];
  if (settings.unrouted === "refuse") {
    const verdict = outcomeOf(["route-not-found"], []);
    return served(stream, settings, { verdict, sights: [], codes: [], openers: new Set() });
  }
  const verdict = verdictOf(stream, settings.token, settings);
  if (settings.unrouted === "filter")
    return served(stream, settings, {
      verdict,
      sights,
      codes: [...answers, ...unserved],
      openers: new Set(allowCodes),
    });
  // The decision is only reported, and no middleware runs.
  const reported = [...verdict.codes, ...(verdict.passes ? allowCodes : [])];
  return served(
    stream,
    { ...settings, middleware: false },
    {
      verdict: outcomeOf([], []),
      sights,
      codes: [...reported, ...unserved],
      openers: new Set(reported),
    },
  );
}

interface Serving {
  readonly verdict: Outcome;
  /** What becomes of it if the policy and the middleware let it pass. */
  readonly sights: readonly Sight[];
  readonly codes: readonly string[];
  readonly openers: ReadonlySet<string>;
}

function served({ fields }: Http2Stream, settings: FuzzSettings, serving: Serving): Expectation {
  const valuesOf = (name: string): string[] => fields.flatMap(([each, value]) => (each === name ? [value] : []));
  const { verdict } = serving;
  const stopped = middlewareOutcome(valuesOf, settings);
  const { passes, codes } = inOrder(verdict, stopped);
  const isOther = valuesOf(":protocol")[0] !== "websocket";
  return {
    sights: new Set<Sight>([
      ...[...verdict.codes].map(sightOf),
      ...(verdict.passes ? stopped.sights : []),
      ...(passes ? serving.sights : []),
    ]),
    events: [isOther ? 0 : 1, 1],
    codes: new Set([...codes, ...(passes ? serving.codes : [])]),
    openers: serving.openers,
    asked: [0, passes ? 1 : 0],
    plain: [0, passes ? 1 : 0],
    sequel: "next",
  };
}

/** An allowed handshake without a route: the app's `stream` listener answers; Node's own listener answers 405. */
function elsewhere(path: string, { listener }: FuzzSettings): Sight[] {
  const unserved: Sight[] = ["gate 501", "gate 404"];
  const [bare] = path.split("?", 1);
  if (!listener) return [...unserved, "app"];
  // It has the stream, since it reads from it, and does not answer in time.
  return bare === fixture.silent ? [...unserved, "gate 503", "app", "reset"] : ["opened", "app", "gate 501"];
}

function withReset(expected: Expectation): Expectation {
  return { ...expected, sights: new Set([...expected.sights, "reset", "none"]) };
}

/** A stream that its client resets or half-closes: answered, or given up. */
function leaving({ reset }: Http2Stream, expected: Expectation): Expectation {
  const isHandshake = expected.events[1] > 0;
  const gone = {
    ...expected,
    sights: new Set([...expected.sights, ...(isHandshake ? (["reset", "none"] as const) : [])]),
  };
  if (reset !== undefined) return withReset(perhaps(gone));
  return {
    ...gone,
    codes: new Set([...gone.codes, ...(isHandshake ? ["client-gone"] : [])]),
    asked: [0, expected.asked[1]],
  };
}

function mayOpen({ fields }: Http2Stream, settings: FuzzSettings): boolean {
  const origins = fields.filter(([name]) => name.toLowerCase() === "origin");
  return origins.length > 0 && origins.every(([, value]) => isListed(value, settings));
}
