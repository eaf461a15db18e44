import type { RouteOptions } from "../options.ts";
import type { Wire } from "../transport/followed-stream.ts";
import { GateConnection } from "./connection.ts";

/** A connection that another listener answers: Socket.IO, graphql-ws, your own `ws`. */
export class DelegatedConnection<P = unknown, R = unknown> extends GateConnection<P, R> {
  readonly route = undefined;
  #wire: Wire | undefined;

  get options(): RouteOptions<P> {
    return {};
  }

  /** The listener has opened the socket. */
  open(wire: Wire): void {
    this.#wire = wire;
    this.begin();
  }

  shut(code: number, reason: string): void {
    this.#wire?.close(code, reason);
  }

  /** The gate has no socket to give to `onExpiring`. */
  warn(): void {}

  terminate(): void {
    this.#wire?.destroy();
  }

  onClose(listener: () => void): void {
    this.#wire?.onClose(listener);
  }
}
