import type { Http1Conversation } from "../http1/change.ts";
import { fixture, type FuzzSettings } from "../settings.ts";
import { allowCodes, type Expectation } from "./expectation.ts";
import { readHttp1 } from "./read-http1.ts";
import { isRouted } from "./rules.ts";
import { verdictOn } from "./token.ts";

/** Whether the client waits for its socket to open and then speaks: a conversation of one handshake that certainly opens. */
export function isWaiting({ messages, tail, ending }: Http1Conversation, { sights }: Expectation): boolean {
  const [first] = messages;
  // Newer versions of Node.js read what follows as the body that the request announced.
  const hasBody = first !== undefined && (first.body !== "" || readHttp1(first).hasBody);
  return (
    messages.length === 1 &&
    !hasBody &&
    tail === "" &&
    ending.how === "wait" &&
    sights.has("opened") &&
    !sights.has("app")
  );
}

/** Whether a token comes in the first message on the open socket. */
export function speaksFirst(conversation: Http1Conversation, only: Expectation, { token }: FuzzSettings): boolean {
  const isOnRoute = conversation.messages.every(({ target }) => isRouted(target) === true);
  return token === "firstMessage" && isOnRoute && isWaiting(conversation, only);
}

/** The socket's handler runs only if the verifier grants the token of the first message. */
export function afterFirstMessage(
  { message, messages }: Http1Conversation,
  only: Expectation,
  { directory }: FuzzSettings,
): Expectation {
  const { codes, passes } = verdictOn(message);
  const isCertain = only.sights.size === 1;
  const origins = messages[0] === undefined ? [] : readHttp1(messages[0]).valuesOf("origin");
  // The client hears an answer to its ping, and leaves, before a decision that takes a while: by the verifier, or by the directory.
  const isLate = message === "later" || (directory && origins.includes(fixture.tenant));
  return {
    ...only,
    codes: new Set([
      ...(isCertain ? [] : only.codes),
      ...(passes ? allowCodes : codes),
      ...(isLate ? ["client-gone"] : []),
    ]),
    asked: [passes && isCertain && !isLate ? 1 : 0, passes ? 1 : 0],
  };
}
