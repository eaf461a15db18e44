import assert from "node:assert/strict";
import type { Answer } from "../client/answer.ts";
import { handshake } from "../client/handshake.ts";
import type { HandshakeRequest } from "../client/request.ts";
import { TimeoutError } from "../client/wait.ts";
import type { Endpoint } from "./endpoint.ts";
import { KeptConnection, type Response } from "./exchange.ts";

/** A client of the server under test. */
export class Visitor {
  readonly endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /** Sends a well-formed handshake from the listed page, with the changes that the request makes. */
  async ask(request: HandshakeRequest = {}): Promise<Answer> {
    return handshake(this.endpoint, this.#complete(request));
  }

  #complete(request: HandshakeRequest): HandshakeRequest {
    const { path, origin, hostHeader, headers = [] } = this.endpoint;
    return {
      path,
      origin,
      timeout: 3000,
      ...(hostHeader !== undefined && { hostHeader }),
      ...request,
      headers: [...headers, ...(request.headers ?? [])],
    };
  }

  /** Sends a request and gives its final response, after any `100 Continue`; `undefined` where the connection ends without one. */
  async response(request: HandshakeRequest): Promise<Response | undefined> {
    const connection = await KeptConnection.open(this.endpoint);
    try {
      connection.send(this.#complete(request));
      return await connection.response(request.method, 1500);
    } finally {
      connection.destroy();
    }
  }

  /** Checks that the socket opens, and is not closed as a refusal. */
  async opens(request: HandshakeRequest = {}): Promise<void> {
    const answer = await this.ask(request);
    const { frames } = answer;
    try {
      assert.equal(
        answer.status,
        101,
        `${describe(request)} was refused: ${answer.statusLine || `no answer, ${answer.closed}`}`,
      );
      if (this.endpoint.refuseWith === "close")
        assert.equal(await refusalCode(answer), undefined, `${describe(request)} was accepted and closed at once`);
    } finally {
      frames?.destroy();
    }
  }

  /** Checks that the socket does not open. */
  async stays(request: HandshakeRequest): Promise<void> {
    const answer = await unlessUnanswered(this.ask(request));
    if (answer === undefined) return;
    const { frames } = answer;
    try {
      if (frames === undefined) return;
      assert.equal(this.endpoint.refuseWith, "close", `${describe(request)} opened a socket`);
      assert.notEqual(
        await refusalCode(answer),
        undefined,
        `${describe(request)} opened a socket that is not closed at once with a code of a refusal`,
      );
    } finally {
      frames?.destroy();
    }
  }
}

/** What came, or `undefined` where nothing came in time: a server may leave what it cannot read unanswered, which opens no socket. */
export async function unlessUnanswered<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof TimeoutError) return undefined;
    throw error;
  }
}

/** The close code of a socket that was accepted and closed at once, if it is the code of a refusal. */
async function refusalCode({ frames }: Answer): Promise<number | undefined> {
  const frame = await frames?.next(500).catch(() => {});
  if (frame?.kind !== "close" || frame.code === undefined) return undefined;
  return frame.code === 1008 || frame.code >= 3000 ? frame.code : undefined;
}

function describe({ origin }: HandshakeRequest): string {
  return `The handshake${origin === undefined ? "" : ` with Origin ${JSON.stringify(origin)}`}`;
}
