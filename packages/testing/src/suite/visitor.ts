import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Answer } from "../client/answer.ts";
import { beginHandshake } from "../client/attempt.ts";
import { handshake } from "../client/handshake.ts";
import type { HandshakeRequest } from "../client/request.ts";
import type { Target } from "../client/target.ts";
import { KeptConnection, type Response } from "./exchange.ts";

/** A server of any kind that has a WebSocket. */
export interface Endpoint extends Target {
  /** The path of the WebSocket, with its query where it needs one. */
  readonly path: string;
  /** An origin that must be allowed, as browsers write it (`https://app.example.com`). Its subdomains must be refused. */
  readonly origin: string;
  /**
   * The Host that the server answers to. If set, other Hosts must be refused; otherwise any Host may be allowed, and DNS rebinding is not tested.
   */
  readonly hostHeader?: string;
  /** How the server treats clients without an Origin, which are not browsers. Defaults to `"deny"`. */
  readonly missingOrigin?: "deny" | "allow";
  /** More header lines for each handshake, such as the session's cookie. A page on another site has its visitor's cookies too. */
  readonly headers?: HandshakeRequest["headers"];
  /**
   * How the server refuses: with a status instead of the 101 (default), or by accepting and closing at once with 1008 or a code from 3000.
   */
  readonly refuseWith?: "status" | "close";
  /**
   * A path that answers an ordinary GET. If set, a GET that offers an upgrade to another protocol (`Upgrade: h2c`, as curl and Java send it) must be
   * answered in the same way.
   */
  readonly httpPath?: string;
  close(): Promise<void> | void;
}

/** How long a server may at least take to answer what it may also leave unanswered, in milliseconds. */
const quiet = 1500;

/** How long a server that has answered a ping may take to close the socket as a refusal, in milliseconds. */
const afterPong = 1000;

/** A client of the server under test. */
export class Visitor {
  readonly endpoint: Endpoint;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /** Sends a well-formed handshake from the listed page, with the changes that the request makes. It must be answered, or the connection ended. */
  async ask(request: HandshakeRequest = {}): Promise<Answer> {
    return handshake(this.endpoint, this.#complete(request));
  }

  #complete(request: HandshakeRequest): HandshakeRequest {
    const { path, origin, hostHeader, headers = [] } = this.endpoint;
    return {
      path,
      origin,
      ...(hostHeader !== undefined && { hostHeader }),
      ...request,
      headers: [...headers, ...(request.headers ?? [])],
    };
  }

  /** Sends a request and gives its final response, after any `100 Continue`; `undefined` if the connection ends without one. */
  async response(request: HandshakeRequest): Promise<Response | undefined> {
    return this.#exchange(request, (response) => response);
  }

  /** The same for a request that the server may leave unanswered; then `undefined`, too. */
  async responseIfAny(request: HandshakeRequest): Promise<Response | undefined> {
    return this.#exchange(request, (response) => this.#unlessSilent(response));
  }

  async #exchange(
    request: HandshakeRequest,
    wait: (response: Promise<Response | undefined>) => Promise<Response | undefined>,
  ): Promise<Response | undefined> {
    const connection = await KeptConnection.open(this.endpoint);
    try {
      connection.send(this.#complete(request));
      return await wait(connection.response(request.method));
    } finally {
      connection.destroy();
    }
  }

  /**
   * What came, or `undefined` if the server sends nothing: it may leave unanswered what it cannot read, which opens no socket. That it sends nothing
   * counts only after it has answered a handshake that was sent later, so a server that is busy or has crashed does not pass.
   */
  async #unlessSilent<T>(answer: Promise<T>): Promise<T | undefined> {
    const answered = new AbortController();
    const silence = async (): Promise<undefined> => {
      await delay(quiet, undefined, { signal: answered.signal });
      (await this.ask()).frames?.destroy();
    };
    try {
      return await Promise.race([answer, silence()]);
    } finally {
      answered.abort();
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
    const attempt = await beginHandshake(this.endpoint, this.#complete(request));
    try {
      const answer = await this.#unlessSilent(attempt.answer());
      if (answer?.frames === undefined) return;
      assert.equal(this.endpoint.refuseWith, "close", `${describe(request)} opened a socket`);
      assert.notEqual(
        await refusalCode(answer),
        undefined,
        `${describe(request)} opened a socket that is not closed at once with a code of a refusal`,
      );
    } finally {
      attempt.destroy();
    }
  }
}

/** The close code of a socket that was accepted and closed at once, if it is the code of a refusal. */
async function refusalCode({ frames }: Answer): Promise<number | undefined> {
  // The pong shows that the server has had its turn. One that checks after it has accepted may send it before the close frame.
  frames?.frame("ping");
  let frame = await frames?.next().catch(() => {});
  if (frame?.kind === "pong") frame = await frames?.next(afterPong).catch(() => {});
  if (frame?.kind !== "close" || frame.code === undefined) return undefined;
  return frame.code === 1008 || frame.code >= 3000 ? frame.code : undefined;
}

function describe({ origin }: HandshakeRequest): string {
  return `The handshake${origin === undefined ? "" : ` with Origin ${JSON.stringify(origin)}`}`;
}
