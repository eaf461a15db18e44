import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { DenyStatus } from "@wsorigin/core";
import { CloseListeners } from "./close-listeners.ts";
import { FollowedStream, type Wire } from "./followed-stream.ts";
import { refuseResponse } from "./refusal.ts";
import { rewriteRequest } from "./request.ts";
import type { Delegates, Rewrite, Transport } from "./transport.ts";

/**
 * An opening handshake over HTTP/1.1 that Node delivers as an ordinary request: its Connection field does not name Upgrade, or nothing on the server
 * listens for `upgrade`. A request handler can still answer it with 101, so the policy decides here too.
 */
export class Http1Request implements Transport {
  readonly unserved = "route-not-found";
  readonly protocol = undefined;
  readonly upgradable = false;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly delegates: Delegates;
  #written: number | undefined;
  #closing: CloseListeners | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, delegates: Delegates) {
    this.request = request;
    this.response = response;
    this.delegates = delegates;
  }

  get stream(): Socket {
    return this.request.socket;
  }

  /** Node gives the connection to a response when the earlier ones are complete. The app may write to it past the response. */
  ready(): Promise<void> | undefined {
    const { response } = this;
    return response.socket === null
      ? new Promise((resolve) => void response.once("socket", () => resolve()))
      : undefined;
  }

  refuse(status: DenyStatus): void {
    refuseResponse(this.request, this.response, status);
  }

  accept(): undefined {}

  giveTo(): void {}

  deliver(): void {
    this.#written = this.stream.bytesWritten;
    this.delegates.deliver();
  }

  follow(answered: (opened: boolean) => void): Wire {
    return new FollowedStream(this.stream, answered);
  }

  /** A response may have begun and written nothing yet. */
  missed(): void {}

  rewrite(changes: Rewrite): void {
    rewriteRequest(this.request, changes);
  }

  answered(): boolean {
    const { response, stream } = this;
    // The app may respond, or write its own 101 to the socket.
    const written = this.#written !== undefined && stream.bytesWritten !== this.#written;
    return response.headersSent || response.writableEnded || stream.destroyed || written;
  }

  onClose(listener: () => void): void {
    this.#closing ??= new CloseListeners((closed) => this.#whenClosed(closed));
    this.#closing.add(listener);
  }

  #whenClosed(listener: () => void): void {
    const { response, stream } = this;
    const once = (): void => {
      response.off("close", once);
      stream.off("close", once);
      listener();
    };
    response.once("close", once);
    // A response that waits for an earlier one emits nothing when the connection closes.
    stream.once("close", once);
  }

  destroy(): void {
    this.stream.destroy();
  }
}
