import type { IncomingMessage } from "node:http";
import type { Handshake } from "@wsorigin/core";
import type { Facts } from "../options.ts";
import type { Addressed } from "../limits/limits.ts";

/**
 * A handshake as the policy sees it. It keeps the request's fields as they arrived, also when a token is later removed from the request, and asks for the
 * client's address only if the policy does.
 */
export class PolicyHandshake implements Handshake {
  readonly headers: Handshake["headers"];
  readonly rawHeaders: readonly string[];
  readonly url: string | undefined;
  readonly socket: object;
  host: string | undefined;
  secure: boolean | undefined;
  readonly #from: Addressed;

  constructor({ headers, rawHeaders, url, socket }: IncomingMessage, from: Addressed) {
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.url = url;
    this.socket = socket;
    this.#from = from;
  }

  get ip(): string {
    return this.#from.ip;
  }

  /** Takes over what the framework's trust settings say. */
  trust({ host, secure }: Facts): void {
    this.host = host;
    this.secure = secure;
  }
}
