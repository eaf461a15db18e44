import type { Facts } from "@wsorigin/node";
import type { FastifyRequest } from "fastify";

/** What `trustProxy` says about Host and TLS. */
export function factsOf(request: FastifyRequest): Pick<Facts, "host" | "secure"> {
  return {
    host: request.host === (request.raw.headers.host ?? "") ? undefined : request.host,
    secure: ["https", "wss"].includes(request.protocol),
  };
}
