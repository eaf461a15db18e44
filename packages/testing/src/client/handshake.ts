import { type Attempt, beginHandshake } from "./attempt.ts";
import type { Answer } from "./answer.ts";
import type { HandshakeRequest } from "./request.ts";
import type { Target } from "./target.ts";

/**
 * Sends one opening handshake over a connection of its own, byte for byte as asked, and waits for the answer. A refusal is an answer, not an
 * error; so is a connection that ends without one. Where the answer is `101`, `frames` is the open socket, and yours to destroy.
 *
 * @throws {TimeoutError} when neither an answer nor an end comes in time; the connection is then destroyed
 * @example
 * const answer = await handshake({ port }, { path: "/chat", origin: "https://evil.test" });
 * assert.equal(answer.status, 403);
 */
export async function handshake(target: Target, request: HandshakeRequest = {}): Promise<Answer> {
  const attempt: Attempt = await beginHandshake(target, request);
  return attempt.answer();
}
