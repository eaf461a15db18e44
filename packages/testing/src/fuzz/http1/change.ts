/** Messages before or after the one that is changed, on the same connection. */
export const companions = [
  "get",
  "head",
  "post",
  "chunked",
  "h2c",
  "h2c-post",
  "tls",
  "handshake",
  "foreign",
  "foreign-elsewhere",
  "stripped-foreign",
  "page-get",
  "page-post",
  "own-get",
  "foreign-get",
  "preflight",
  "options",
] as const;

export type Companion = (typeof companions)[number];

/** How a client leaves. `cut` sends only the first bytes; `wait` leaves when everything was answered. */
export type Ending =
  | { readonly how: "wait" | "fin" | "reset" | "reset-on-answer" }
  | { readonly how: "cut"; readonly at: number; readonly leave: "stay" | "fin" | "reset" };

/** One difference from a proper handshake. A case is a list of them, so that it can be shortened. Text stands for bytes, one each (Latin-1). */
export type Http1Change =
  | { readonly kind: "method" | "target" | "version"; readonly value: string }
  | { readonly kind: "drop"; readonly name: string }
  | { readonly kind: "replace" | "repeat" | "add"; readonly name: string; readonly value: string }
  | { readonly kind: "rename"; readonly name: string; readonly to: string }
  | { readonly kind: "raw"; readonly line: string; readonly first: boolean }
  | { readonly kind: "long"; readonly name: string; readonly length: number }
  | { readonly kind: "token" | "message"; readonly text: string }
  | { readonly kind: "ordinary" }
  | { readonly kind: "body"; readonly line: string; readonly bytes: string }
  | { readonly kind: "before" | "after"; readonly what: Companion }
  | { readonly kind: "tail"; readonly bytes: string; readonly times: number }
  | { readonly kind: "segment"; readonly size: number }
  | { readonly kind: "ending"; readonly ending: Ending };

/** A request. Each line is as it is sent, without its CRLF. */
export interface Http1Message {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly lines: readonly string[];
  readonly body: string;
}

/** Everything that a client sends over one connection. */
export interface Http1Conversation {
  readonly messages: readonly Http1Message[];
  /** What the client says first on an open socket, where the policy asks for that. */
  readonly message: string;
  /** Bytes after the last message, such as frames that do not wait for the answer. */
  readonly tail: string;
  readonly segment: number | undefined;
  readonly ending: Ending;
}
