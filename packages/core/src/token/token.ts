import { LazySignal, type SignalSource } from "../ask/abort.ts";
import { ask, type Asked } from "../ask/ask.ts";
import { type Allow, type Decision, deny } from "../check/decision.ts";
import type { Handshake } from "../check/handshake.ts";
import { layout, shared } from "../shared.ts";
import { type Grant, isGrant, isTokenRefusal, type TokenRefusal } from "./grant.ts";
import {
  type Finding,
  findToken,
  type FirstMessage,
  longestToken,
  sourceText,
  type TokenSource,
  type TokenSourceKind,
} from "./sources.ts";
import { redact } from "../explain/text.ts";

/** What `verify` gets with the token. */
export interface TokenContext {
  /**
   * The page's origin, which the policy allowed. If the request had none, and its browser says that it comes from a page of this server
   * (`sameOrigin`, and `Sec-Fetch-Site: same-origin`): the server's own origin. Otherwise `undefined`.
   */
  readonly origin: string | undefined;
  /** Where the token was found. `"firstMessage"` also if it renews that of an open socket. */
  readonly source: TokenSourceKind;
  readonly handshake: Handshake;
  /** Aborts when the client disconnects or the time is over. Created when it is first read. */
  readonly signal: AbortSignal;
}

/** @typeParam Required the type of `required` */
export interface TokenOptions<P, Required extends boolean = boolean> {
  /** Where to look. A handshake with two tokens is refused, also if they are in different places. */
  readonly from: readonly TokenSource[];
  /**
   * Verifies a token: returns `grant({ principal })` or `refuse("invalid")`. Any other value, a throw, a rejection or an aborted `signal`
   * refuses the handshake (`verifier-failed`, 503).
   */
  verify(token: string, context: TokenContext): Verification<P> | Promise<Verification<P>>;
  /** `false` allows handshakes without a token, with `principal` undefined; one with a bad token is refused. Defaults to `true`. */
  readonly required?: Required;
}

export type Verification<P> = Grant<P> | TokenRefusal;

const pagesCannot = ' Pages cannot set that. Add queryParam("ticket"), bearerProtocol() or cookie("sid") to `from`.';

/** Refusals for a missing token that may still come in the first message. */
const awaited = shared(`awaited.${layout}`, () => new WeakMap<object, FirstMessage>());

/**
 * Returns how the token may still come, in the first message on the open socket, if a handshake was refused only because it has none. For gates of
 * your own: `undefined` means that the refusal is final.
 */
export function awaitedMessage(decision: Decision<unknown>): FirstMessage | undefined {
  return awaited.get(decision);
}

/** How a handshake is to be read whose Origin was allowed. */
interface Circumstance {
  /** For a handshake without an Origin: tokens that a browser could send by itself do not count. */
  readonly headerOnly: boolean;
  /** The origin of the page that sent it, as far as it is known. */
  readonly page: string | undefined;
}

interface LateOptions {
  readonly token?: string | undefined;
  readonly signal?: SignalSource;
  readonly verify?: false | undefined;
}

/** The last step of a decision: finds the token of a handshake whose Host and Origin are allowed, and verifies it. */
export class TokenRule<P> {
  readonly #options: TokenOptions<P>;
  readonly #message: FirstMessage | undefined;
  /** Where a token was looked for. */
  readonly #places: string;
  /** What to do about that where a page asks. */
  readonly #pageFix: string;

  constructor(options: TokenOptions<P>) {
    this.#options = options;
    this.#message = options.from.find((source) => source.kind === "firstMessage");
    this.#places = `Looked in: ${options.from.map(sourceText).join(", ")}.`;
    this.#pageFix = options.from.every(({ kind }) => kind === "bearerHeader") ? pagesCannot : "";
  }

  /**
   * Returns a promise only if `verify` does. Throws if the handshake, which could be read for its Origin, cannot be read any more: a getter or a proxy can answer
   * otherwise each time.
   *
   * @param options `token`, one that came on the open socket; `verify: false`, which finds the token without verifying it
   */
  decide(
    handshake: Handshake,
    allow: Allow,
    { headerOnly, page }: Circumstance,
    options: LateOptions,
  ): Decision<P | undefined> | Promise<Decision<P | undefined>> {
    const { origin } = allow;
    const { token: late } = options;
    const found = late === undefined ? findToken(handshake, this.#options.from) : lateToken(late);
    if (found.kind === "wrong") return deny(found.code, origin, { note: found.note });
    if (found.kind === "none" || (headerOnly && found.source !== "bearerHeader" && late === undefined)) {
      if (found.kind === "none" && this.#options.required === false && !headerOnly) return allow;
      const note =
        found.kind !== "none" || headerOnly
          ? "Without an Origin only the Authorization header counts."
          : this.#places + (origin === undefined ? "" : this.#pageFix);
      const missing = deny("token-missing", origin, { note });
      if (this.#message !== undefined && !headerOnly) awaited.set(missing, this.#message);
      return missing;
    }
    if (options.verify === false) return allow;
    const { token, source } = found;
    const signal = new LazySignal(options.signal);
    const context: TokenContext = {
      origin: page,
      source,
      handshake,
      get signal() {
        return signal.get();
      },
    };
    const asked = ask("the verifier", "verify()", signal, () => this.#options.verify(token, context));
    if (asked instanceof Promise) return asked.then((settled) => this.#judge(settled, token, allow));
    return this.#judge(asked, token, allow);
  }

  #judge(asked: Asked, token: string, allow: Allow): Decision<P | undefined> {
    const { origin } = allow;
    if ("problem" in asked) return deny("verifier-failed", origin, { note: redact(asked.problem, token) });
    const { answer } = asked;
    if (isGrant(answer)) return this.#allow(allow, answer);
    if (isTokenRefusal(answer))
      return deny(answer.code, origin, answer.note === undefined ? {} : { note: redact(answer.note, token) });
    const note = `verify() returned ${answer === null ? "null" : `a value of type ${typeof answer}`}, which neither grant() nor refuse() made.`;
    return deny("verifier-failed", origin, { note });
  }

  /** `answer` was granted by the policy's own `verify`, so that the type of its principal is P. */
  #allow(allow: Allow, answer: Grant<unknown>): Allow<P> {
    const { expiresAt, id, subject, session } = answer;
    return {
      ...allow,
      principal: Reflect.get<object, string>(answer, "principal"),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(id !== undefined && { id }),
      ...(subject !== undefined && { subject }),
      ...(session !== undefined && { session }),
    };
  }
}

function lateToken(token: string): Finding {
  const source = "firstMessage";
  if (token !== "" && token.length <= longestToken) return { kind: "found", token, source };
  return {
    kind: "wrong",
    code: "token-malformed",
    note: `${source}: It is empty, or longer than ${longestToken} characters.`,
  };
}
