import type { IncomingMessage, OutgoingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { DenyStatus } from "@wsorigin/core";
import type { WebSocket } from "ws";
import type { Acceptor } from "./acceptor.ts";
import { CloseListeners } from "./close-listeners.ts";
import { FollowedStream, type Wire } from "./followed-stream.ts";
import { refuseSocket } from "./refusal.ts";
import { rewriteRequest } from "./request.ts";
import type { Delegates, Rewrite, Transport } from "./transport.ts";

/** The `upgrade` listeners beside the gate. */
export interface UpgradeDelegates extends Pick<Delegates, "exist"> {
  deliver(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** An opening handshake over HTTP/1.1 that Node delivers with `upgrade`: its parser has left the connection. */
export class Http1Upgrade implements Transport {
  readonly unserved = "route-not-found";
  readonly protocol = undefined;
  readonly upgradable = true;
  readonly request: IncomingMessage;
  readonly stream: Duplex;
  readonly delegates: UpgradeDelegates;
  readonly #head: Buffer;
  #written: number | undefined;
  #closing: CloseListeners | undefined;
  #isDelegated = false;
  #followed: FollowedStream | undefined;

  constructor(request: IncomingMessage, stream: Duplex, head: Buffer, delegates: UpgradeDelegates) {
    this.request = request;
    this.stream = stream;
    this.delegates = delegates;
    this.#head = head;
  }

  ready(): Promise<void> | undefined {
    return this.#pendingResponse() === undefined ? undefined : this.#drained();
  }

  refuse(status: DenyStatus): void {
    // A refusal written into the middle of an earlier response would be taken for a part of it. A framework's own response has not begun.
    if (this.#isDelegated || this.#pendingResponse() === undefined) refuseSocket(this.stream, status);
    else this.stream.destroy();
  }

  accept(acceptor: Acceptor): WebSocket | string | undefined {
    return acceptor.accept(this.request, this.stream, this.#head);
  }

  giveTo(take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void {
    this.#written = bytesWritten(this.stream);
    this.#isDelegated = true;
    take(this.request, this.stream, this.#head);
  }

  deliver(): void {
    this.#written = bytesWritten(this.stream);
    this.#isDelegated = true;
    this.delegates.deliver(this.request, this.stream, this.#head);
  }

  follow(answered: (opened: boolean) => void): Wire {
    this.#followed = new FollowedStream(this.stream, answered);
    return this.#followed;
  }

  missed(): void {
    if (!this.stream.destroyed && !this.stream.writableEnded) this.#followed?.missed();
  }

  rewrite(changes: Rewrite): void {
    rewriteRequest(this.request, changes);
  }

  answered(): boolean {
    const { stream } = this;
    if (stream.destroyed || stream.writableEnded) return true;
    const written = bytesWritten(stream);
    // A stream that does not count its bytes cannot be told from an answered one, and is left alone.
    return written === undefined || written !== this.#written;
  }

  onClose(listener: () => void): void {
    this.#closing ??= new CloseListeners((closed) => this.#whenClosed(closed));
    this.#closing.add(listener);
  }

  #whenClosed(listener: () => void): void {
    if (this.stream.closed) setImmediate(listener);
    else this.stream.once("close", listener);
  }

  destroy(): void {
    this.stream.destroy();
  }

  /**
   * The response that Node is writing on the connection, to a request that was pipelined before the handshake. Node 26 delivers a handshake with a body on a
   * stream of its own, which does not know it.
   */
  #pendingResponse(): OutgoingMessage | undefined {
    return responseOn(this.stream) ?? responseOn(this.request.socket);
  }

  /** Waits for the responses to earlier requests: they come first on the wire, and their bytes are not an answer to this one. */
  async #drained(): Promise<void> {
    for (let response = this.#pendingResponse(); response !== undefined; response = this.#pendingResponse())
      await new Promise((resolve) => void response?.once("close", resolve));
  }
}

function isResponse(value: unknown): value is OutgoingMessage {
  return typeof value === "object" && value !== null && "once" in value && "writableFinished" in value;
}

function bytesWritten(stream: Duplex): number | undefined {
  return "bytesWritten" in stream && typeof stream.bytesWritten === "number" ? stream.bytesWritten : undefined;
}

function responseOn(stream: Duplex): OutgoingMessage | undefined {
  const response: unknown = Reflect.get(stream, "_httpMessage");
  return isResponse(response) ? response : undefined;
}
