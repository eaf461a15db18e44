/** More streams on the same connection. */
export const http2Companions = ["get", "post", "head", "connect", "handshake", "foreign", "foreign-elsewhere"] as const;

export type Http2Companion = (typeof http2Companions)[number];

/** When a client resets a stream: right behind its HEADERS, behind its DATA, once it was answered, or after the app's listener was given up on. */
type ResetTime = "at-once" | "after-data" | "after-answer" | "while-waiting";

/** One difference from a proper extended CONNECT. Text stands for bytes (Latin-1). */
export type Http2Change =
  | { readonly kind: "field"; readonly name: string; readonly value: string }
  | { readonly kind: "drop"; readonly name: string }
  | { readonly kind: "add"; readonly name: string; readonly value: string; readonly first: boolean }
  | { readonly kind: "data"; readonly bytes: number; readonly end: boolean }
  | { readonly kind: "token"; readonly text: string }
  | { readonly kind: "end" }
  | { readonly kind: "trailers" }
  | { readonly kind: "reset"; readonly code: number; readonly when: ResetTime }
  | { readonly kind: "before" | "after"; readonly what: Http2Companion }
  | { readonly kind: "continuation"; readonly size: number }
  | { readonly kind: "ending"; readonly how: Http2Ending };

/** How a client leaves the connection. */
export type Http2Ending = "wait" | "fin" | "reset" | "goaway";

export type Http2Field = readonly [name: string, value: string];

/** What is sent on one stream. */
export interface Http2Stream {
  readonly fields: readonly Http2Field[];
  /** Whether HEADERS ends it. */
  readonly end: boolean;
  /** Sizes of DATA, sent without waiting for an answer. */
  readonly data: readonly { readonly bytes: number; readonly end: boolean }[];
  readonly trailers: boolean;
  readonly reset: { readonly code: number; readonly when: ResetTime } | undefined;
  /** The size of the pieces that the fields are cut into. */
  readonly continuation: number | undefined;
}

export interface Http2Conversation {
  readonly streams: readonly Http2Stream[];
  readonly ending: Http2Ending;
}
