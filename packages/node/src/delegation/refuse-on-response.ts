import { deny } from "@wsorigin/core";
import type { ServerResponse } from "node:http";
import type { FrameworkUpgrade } from "../routing/route.ts";

/**
 * Treats every ordinary response that a framework gives to an allowed handshake as a refusal: it is reported as `middleware-refused` before a byte is
 * sent, and the connection is destroyed after the last one. Otherwise the connection would stay open.
 */
export function refuseOnResponse<Response extends ServerResponse>(
  {
    answered,
    connection,
    socket,
  }: Pick<FrameworkUpgrade, "answered" | "socket"> & {
    readonly connection: { readonly origin: string | undefined };
  },
  response: Response,
): Response {
  // The end of the connection delimits the body: over HTTP/2 it is sent as it is, without chunks.
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
  const writeHead = response.writeHead.bind(response);
  // A body without a head is preceded by one that is written with the same method.
  Reflect.set(response, "writeHead", (...given: unknown[]): unknown => {
    answered(deny("middleware-refused", connection.origin, { note: `The app answered ${String(given[0])}.` }));
    return Reflect.apply(writeHead, response, given);
  });
  return response.once("finish", () => socket.end(() => socket.destroy()));
}
