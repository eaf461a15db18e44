import { deny } from "@wsorigin/core";
import type { ServerResponse } from "node:http";
import type { Identity } from "./identity.ts";
import type { Taken } from "./route.ts";

/**
 * Has every answer that a framework gives to an allowed handshake by an ordinary response count as a refusal, whoever gives it: it is told of
 * as `middleware-refused` before a byte is sent, and the socket is let go of when it is sent. It would stay open for good otherwise.
 */
export function refusing<Response extends ServerResponse>(
  { answered, identity, socket }: Pick<Taken, "answered" | "socket"> & { readonly identity: Pick<Identity, "origin"> },
  response: Response,
): Response {
  const writeHead = response.writeHead.bind(response);
  // A body without a head is preceded by one that comes this way too.
  Reflect.set(response, "writeHead", (...given: unknown[]): unknown => {
    answered(deny("middleware-refused", identity.origin, { note: `The app answered ${String(given[0])}.` }));
    return Reflect.apply(writeHead, response, given);
  });
  return response.once("finish", () => socket.destroy());
}
