import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Deny, DenyStatus } from "@wsorigin/core";
import type { WebSocket } from "ws";
import type { Acceptor } from "./acceptor.ts";
import { formProblem, originForm } from "./form.ts";
import { refuseSocket } from "./refusal.ts";
import type { Takers, Transport } from "./transport.ts";

/** An opening handshake over HTTP/1.1: what comes with `upgrade`. */
export class Upgrade implements Transport {
  readonly unserved = "route-not-found";
  readonly request: IncomingMessage;
  readonly duplex: Duplex;
  readonly target: string | undefined;
  readonly #head: Buffer;
  readonly #takers: Takers;
  readonly #written: number | undefined;

  constructor(request: IncomingMessage, socket: Duplex, head: Buffer, takers: Takers) {
    this.request = request;
    this.duplex = socket;
    this.target = originForm(request.url ?? "", request.headers.host);
    this.#head = head;
    this.#takers = takers;
    this.#written = bytesWritten(socket);
    // First of all: Node took its own listener off, and a reset without one ends the process. Stays until the socket is gone.
    socket.on("error", ignore);
  }

  problem(): Deny | undefined {
    return formProblem(this.request);
  }

  refuse(status: DenyStatus): void {
    refuseSocket(this.duplex, status);
  }

  accept(acceptor: Acceptor): WebSocket | string | undefined {
    return acceptor.accept(this.request, this.duplex, this.#head);
  }

  giveTo(take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void {
    take(this.request, this.duplex, this.#head);
  }

  hasTakers(): boolean {
    return this.#takers.hasTakers();
  }

  handOn(): void {
    this.#takers.handOn();
  }

  answered(): boolean {
    const { duplex } = this;
    if (duplex.destroyed || duplex.writableEnded) return true;
    const written = bytesWritten(duplex);
    // A stream that does not count cannot be told from an answered one: it is left alone.
    return written === undefined || written !== this.#written;
  }
}

function ignore(): void {}

function bytesWritten(duplex: Duplex): number | undefined {
  return "bytesWritten" in duplex && typeof duplex.bytesWritten === "number" ? duplex.bytesWritten : undefined;
}
