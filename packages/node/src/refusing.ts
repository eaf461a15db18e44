import { deny } from "@wsorigin/core";
import type { ServerResponse } from "node:http";
import type { Taken } from "./route.ts";

/**
 * Has every answer that a framework gives to an allowed handshake by an ordinary response count as a refusal, whoever gives it: it is told of
 * as `middleware-refused` before a byte is sent, and the socket is let go of when it is sent. It would stay open for good otherwise.
 */
export function refusing<Response extends ServerResponse>(
  { answered, origin, socket }: Pick<Taken, "answered" | "origin" | "socket">,
  response: Response,
): Response {
  const writeHead = response.writeHead.bind(response);
  // A body without a head is preceded by one that comes this way too.
  Reflect.set(response, "writeHead", (...given: unknown[]): unknown => {
    answered(deny("middleware-refused", origin, { note: `The app answered ${String(given[0])}.` }));
    return Reflect.apply(writeHead, response, given);
  });
  return response.once("finish", () => socket.destroy());
}
