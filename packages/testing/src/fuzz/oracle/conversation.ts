import { bytesOfHttp1, headOf } from "../http1/build.ts";
import type { Http1Conversation, Http1Message } from "../http1/change.ts";
import type { FuzzSettings } from "../settings.ts";
import { afterFirstMessage, speaksFirst } from "./first-message.ts";
import { codesOfLeaving, either, type Expectation, perhaps, type Sequel, type Sight } from "./expectation.ts";
import { expectHttp1, mayPass, safeHttp1 } from "./http1.ts";
import { readHttp1 } from "./read-http1.ts";

/** What is permitted for a whole connection. */
export interface ExpectedConversation {
  readonly messages: readonly Expectation[];
  /** Nothing may come, and the connection may stay open: the client need not wait. */
  readonly quiet: boolean;
  /** Node may answer bytes that belong to no message. */
  readonly extra: boolean;
}

/** A head that is not finished: no event, and nothing reaches the app. */
const unfinished: Expectation = {
  sights: new Set<Sight>(["none", "node"]),
  events: [0, 0],
  codes: new Set(),
  openers: new Set(),
  asked: [0, 0],
  plain: [0, 0],
  sequel: "never",
};

export function expectConversation(conversation: Http1Conversation, settings: FuzzSettings): ExpectedConversation {
  const { messages, ending, tail } = conversation;
  const sent = bytesOfHttp1(conversation).length;
  // Nobody can say which message begins where: what one of them may do, this may do.
  const anything = messages.map((each) => safeHttp1(each, settings)).reduce(either);
  const expected: Expectation[] = [];
  let quiet = false;
  let unclear = false;
  let followsClose = false;
  let mode: Sequel = "next";
  let start = 0;
  for (const [index, message] of messages.entries()) {
    const headEnd = start + headOf(message).length;
    const { certain, closes, connected, framed, websocket } = readHttp1(message);
    const whole = headEnd <= sent;
    start = headEnd + message.body.length;
    if (mode === "never") continue;
    if (mode === "unclear" || (!certain && !whole)) {
      unclear = quiet = true;
      mode = "unclear";
      expected.push(anything);
      continue;
    }
    const certainly = whole ? expectHttp1(message, settings) : unfinished;
    const detached = messages.slice(index + 1).some((later) => readHttp1(later).connected !== false);
    const permitted: Expectation = mode === "maybe" ? perhaps(certainly) : certainly;
    const isCut = !whole || start > sent;
    if (isCut || certainly.sights.has("none")) quiet = true;
    // Node still parses what follows, and ends the connection for what it cannot read, a body too, or what may not come after `Connection: close`. So does the
    // app's `upgrade` listener, which gets the connection under "pass" while earlier messages wait.
    const parsed = websocket !== true || connected !== true || !settings.listener;
    const follows = start < sent;
    const endsEarly = messages.slice(index + 1).some((later) => {
      const reading = readHttp1(later);
      return !reading.certain || !reading.framed || mayPass(reading, settings);
    });
    const broken = parsed && (!framed || (follows && (closes || tail !== "" || endsEarly)));
    if (follows && closes) followsClose = true;
    expected.push(leaving(conversation, permitted, { index, lossy: detached || isCut, broken }));
    const drops = follows && mayDrop(message, certainly);
    const sequel = drops ? afterDrop(certainly.sequel, conversation) : certainly.sequel;
    // What follows may be dropped, and the connection then stays open.
    if (drops) quiet = true;
    if (sequel === "unclear") unclear = quiet = true;
    mode = isCut ? "never" : mode === "maybe" && sequel === "next" ? "maybe" : sequel;
  }
  const [only] = expected;
  if (only !== undefined && speaksFirst(conversation, only, settings))
    expected.splice(0, 1, afterFirstMessage(conversation, only, settings));
  const left = mode !== "never" && (tail !== "" || unclear);
  return { messages: expected, quiet, extra: left || followsClose || ending.how === "fin" || ending.how === "cut" };
}

/** Node reads at least so many bytes at once; over TLS, this is the most that a record holds. */
const oneChunk = 16_384;

/**
 * Node itself stops reading at the end of a request with `Connection: upgrade` and an Upgrade field, and drops what came in the same chunk,
 * also where such a request goes to the app's `request` listeners; with and without a gate, and on every version.
 */
function mayDrop(message: Http1Message, { sights, sequel }: Expectation): boolean {
  const { connected, valuesOf } = readHttp1(message);
  const isAnswered = [...sights].some((sight) => /^(?:app|node|guard)/.test(sight));
  return isAnswered && sequel !== "never" && connected !== false && valuesOf("upgrade").length > 0;
}

/** In more than one chunk, only a part of a request may be dropped, and what is left of it is read. */
function afterDrop(sequel: Sequel, conversation: Http1Conversation): Sequel {
  const arrivesAtOnce = conversation.segment === undefined && bytesOfHttp1(conversation).length <= oneChunk;
  if (!arrivesAtOnce) return "unclear";
  return sequel === "next" ? "maybe" : sequel;
}

/** What changes where the client leaves early, or still sends when the answer comes: a reset can overtake the answer. */
function leaving(
  { messages, tail, segment, ending }: Http1Conversation,
  expected: Expectation,
  { index, lossy, broken }: { readonly index: number; readonly lossy: boolean; readonly broken: boolean },
): Expectation {
  const how = ending.how === "cut" ? ending.leave : ending.how;
  if (how === "reset") return perhaps(expected);
  const message: Http1Message | undefined = messages[index];
  const isSending =
    lossy || tail !== "" || segment !== undefined || index < messages.length - 1 || message?.body !== "";
  const sights =
    isSending || how === "fin" || how === "reset-on-answer"
      ? new Set([...expected.sights, "none" as const])
      : expected.sights;
  if (how !== "fin" && how !== "reset-on-answer") {
    // The end may come while the handshake is being decided.
    return broken && expected.events[1] > 0
      ? {
          ...expected,
          sights,
          codes: codesOfLeaving(expected),
          asked: [0, expected.asked[1]],
          plain: [0, expected.plain[1]],
        }
      : { ...expected, sights };
  }
  const late = index > 0 ? perhaps(expected) : expected;
  return {
    ...late,
    sights,
    codes: late.events[1] > 0 ? codesOfLeaving(late) : late.codes,
    asked: [0, late.asked[1]],
    plain: [0, late.plain[1]],
  };
}
