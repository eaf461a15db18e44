import type { Closing } from "./bytes.ts";
import type { Frames } from "./frames.ts";
import { headerOf, type ResponseHead } from "./response.ts";

/** What came back for a handshake. */
export interface Answer {
  /** The HTTP status; `undefined` where the connection ended without an answer. */
  readonly status: number | undefined;
  readonly statusLine: string;
  readonly reason: string;
  /** In order, with their case; a repeated line is there twice. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Every byte that came. */
  readonly raw: Buffer;
  /** What the server did with the connection once it had answered: ended it, reset it, or left it open (which is right for a `101` only). */
  readonly closed: Closing | "open";
  /** The open socket, where the status is 101. */
  readonly frames: Frames | undefined;
  /** The value of a header, whatever its case. */
  header(name: string): string | undefined;
}

export function answerOf(
  head: ResponseHead | undefined,
  rest: Pick<Answer, "body" | "raw" | "closed" | "frames">,
): Answer {
  const headers = head?.headers ?? [];
  return {
    status: head?.status,
    statusLine: head?.statusLine ?? "",
    reason: head?.reason ?? "",
    headers,
    ...rest,
    header: (name) => headerOf(headers, name),
  };
}
