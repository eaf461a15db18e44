import type { DenyCode } from "../check/codes.ts";
import { deny, type Deny } from "../check/decision.ts";
import type { FirstMessage } from "../token/sources.ts";

/** How many bytes of messages are kept while the token of the first one is verified. */
export const maxEarly: number = 64 * 1024;

const code: DenyCode = "token-malformed";

/** Refuses a first message that is too long. */
export function denyTooLong({ maxBytes }: FirstMessage, origin: string | undefined): Deny {
  return deny(code, origin, { note: `The first message is longer than ${maxBytes} bytes.` });
}

/** Refuses what arrives beside the first message. */
export function denyTooMuch(origin: string | undefined): Deny {
  return deny(code, origin, { note: `More than ${maxEarly} bytes of messages arrived while the token was verified.` });
}

/**
 * Returns the token in a first message, or a refusal. What `read` throws counts as no token: its input comes from a stranger.
 *
 * @param text `undefined` if the message is not a text
 */
export function tokenIn({ read }: FirstMessage, text: string | undefined, origin: string | undefined): string | Deny {
  try {
    const token: unknown = text === undefined ? undefined : read(text);
    if (typeof token === "string") return token;
  } catch {
    // No token.
  }
  return deny(code, origin, { note: "The first message is not a text, or holds no token." });
}
