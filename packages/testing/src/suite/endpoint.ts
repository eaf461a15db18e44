import assert from "node:assert/strict";
import type { Answer } from "../client/answer.ts";
import { handshake } from "../client/handshake.ts";
import type { HandshakeRequest } from "../client/request.ts";
import type { Target } from "../client/target.ts";
import { endpointRows } from "./endpoint-rows.ts";
import { nodeRunner, type Runner } from "./runner.ts";

/** A server of any kind that has a WebSocket. */
export interface Endpoint extends Target {
  /** The path of the WebSocket, with its query where it needs one. */
  readonly path: string;
  /** An origin that must get in, as browsers write it (`https://app.example.com`), and whose subdomains must not. */
  readonly origin: string;
  /**
   * The Host that the server answers to. Where it is given, other Hosts must be refused; where not, the server may answer to any, and DNS
   * rebinding is not tested.
   */
  readonly hostHeader?: string;
  /** What the server says to clients without an Origin, which are no browsers. `"deny"` by default. */
  readonly missingOrigin?: "deny" | "allow";
  /** More header lines for each handshake: the session's cookie, say. A page on another site has its visitor's cookies too. */
  readonly headers?: HandshakeRequest["headers"];
  /**
   * How the server refuses: with a status instead of the 101 (default), or by accepting and closing at once with 1008 or a code from 3000,
   * which costs it an open socket.
   */
  readonly refuseWith?: "status" | "close";
  close(): Promise<void> | void;
}

/**
 * Tests who can open a socket on a server of any kind, from outside, over real sockets: the page that may, and the pages, programs and
 * malformed handshakes that may not.
 *
 * @param start called for every test; where starting is slow, return the same server each time with a `close` that does nothing
 * @param runner vitest's, jest's or node:test's `{ describe, test }`; node:test by default
 */
export function describeEndpoint(
  name: string,
  start: () => Promise<Endpoint> | Endpoint,
  runner: Runner = nodeRunner,
): void {
  runner.describe(name, () => {
    for (const row of endpointRows) {
      runner.test(row.name, async () => {
        const endpoint = await start();
        try {
          await row.run(new Visitor(endpoint));
        } finally {
          await endpoint.close();
        }
      });
    }
  });
}

/** A client of the server under test. */
export class Visitor {
  readonly endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /** Sends the proper handshake, but for what the request says. */
  async ask(request: HandshakeRequest = {}): Promise<Answer> {
    const { path, origin, hostHeader, headers = [] } = this.endpoint;
    return handshake(this.endpoint, {
      path,
      origin,
      timeout: 3000,
      ...(hostHeader !== undefined && { hostHeader }),
      ...request,
      headers: [...headers, ...(request.headers ?? [])],
    });
  }

  /** The socket opens, and is not closed for being where it is. */
  async opens(request: HandshakeRequest = {}): Promise<void> {
    const answer = await this.ask(request);
    const { frames } = answer;
    try {
      assert.equal(
        answer.status,
        101,
        `${told(request)} was refused: ${answer.statusLine || `no answer, ${answer.closed}`}`,
      );
      if (this.endpoint.refuseWith === "close")
        assert.equal(await refusalCode(answer), undefined, `${told(request)} was accepted and closed at once`);
    } finally {
      frames?.destroy();
    }
  }

  /** The socket does not open. */
  async stays(request: HandshakeRequest): Promise<void> {
    const answer = await this.ask(request);
    const { frames } = answer;
    try {
      if (frames === undefined) return;
      assert.equal(this.endpoint.refuseWith, "close", `${told(request)} opened a socket`);
      assert.notEqual(
        await refusalCode(answer),
        undefined,
        `${told(request)} opened a socket that is not closed at once with a code of a refusal`,
      );
    } finally {
      frames?.destroy();
    }
  }
}

/** The code with which an accepted socket was closed at once, where it is one of a refusal. */
async function refusalCode({ frames }: Answer): Promise<number | undefined> {
  const frame = await frames?.next(500).catch(() => {});
  if (frame?.kind !== "close" || frame.code === undefined) return undefined;
  return frame.code === 1008 || frame.code >= 3000 ? frame.code : undefined;
}

function told({ origin }: HandshakeRequest): string {
  return `The handshake${origin === undefined ? "" : ` with Origin ${JSON.stringify(origin)}`}`;
}
