import type { IncomingMessage, ServerResponse } from "node:http";
import type { AppAnswer } from "./adapter.ts";
import { acceptByHand } from "./foreign.ts";

/**
 * An app that opens sockets from its own request handler, without an `upgrade` listener: `wss.handleUpgrade(request, request.socket, ...)` in an
 * Express route, koa-easy-ws, `server.on("request")`.
 */
export class SocketApp {
  /** The requests that reached it. */
  readonly requests: IncomingMessage[] = [];
  readonly #opens: boolean;

  /** `opens: false`: it records requests and leaves them to the rest of the app. */
  constructor(opens = true) {
    this.#opens = opens;
  }

  /** The paths of the requests that reached it. */
  get seen(): readonly string[] {
    return this.requests.map(({ url = "" }) => url.split("?", 1)[0] ?? "");
  }

  /** Fits as middleware, and as a listener of the server for `request`, `checkContinue` and `checkExpectation`. */
  readonly answer = (request: IncomingMessage): boolean => {
    this.requests.push(request);
    if (this.#opens) acceptByHand(request, request.socket, "app");
    return this.#opens;
  };
}

/** An app that responds to every request with 200 and the body that came, after it has come. */
export class EchoApp {
  /** `<method> <target>` of each request that reached it. */
  readonly seen: string[] = [];

  readonly answer: AppAnswer = (request: IncomingMessage, response: ServerResponse) => {
    this.seen.push(`${request.method} ${request.url}`);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      response.writeHead(200, { "Content-Length": body.length, "X-Answered-By": "app" });
      response.end(body);
    });
    return true;
  };
}
