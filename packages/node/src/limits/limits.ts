import { deny, type Deny } from "@wsorigin/core";
import { networkOf } from "./network.ts";

/** Something whose address is read only if it is needed. */
export interface Addressed {
  readonly ip: string;
}

/** A place among the open connections. */
export interface Slot {
  /** The network that it counts for; `undefined` if addresses do not count. */
  readonly network: string | undefined;
}

const uncountedSlot: Slot = Object.freeze({ network: undefined });

export interface LimitOptions {
  readonly maxPending: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  readonly maxUnauthenticated: number;
}

/** Counts what one server holds, and for which addresses. */
export class Limits {
  readonly #options: LimitOptions;
  readonly #perNetwork = new Map<string, number>();
  #connections = 0;
  #unauthenticated = 0;

  constructor(options: LimitOptions) {
    this.#options = options;
  }

  /** Whether one more handshake, in addition to `pending` others, is too much for the server or from its address, which is read only if it counts. */
  refusal(pending: number, from: Addressed, origin: string | undefined): Deny | undefined {
    const { maxPending, maxConnections, maxConnectionsPerIp } = this.#options;
    if (pending >= maxPending) return deny("too-many-pending", origin, { note: `${pending} handshakes are waiting.` });
    if (this.#connections >= maxConnections)
      return deny("too-many-connections", origin, { note: `${this.#connections} sockets are open.` });
    if (maxConnectionsPerIp === Infinity) return undefined;
    const network = networkOf(from.ip);
    const open = this.#perNetwork.get(network) ?? 0;
    return open >= maxConnectionsPerIp
      ? deny("too-many-connections", origin, { note: `${open} sockets are open from ${network}.` })
      : undefined;
  }

  /** Whether one more open socket may owe its first message. */
  unauthenticatedRefusal(origin: string | undefined): Deny | undefined {
    return this.#unauthenticated >= this.#options.maxUnauthenticated
      ? deny("too-many-pending", origin, { note: `${this.#unauthenticated} open sockets owe their first message.` })
      : undefined;
  }

  /** Counts an open socket that owes its first message, until `authenticated` is called. */
  awaitAuthentication(): void {
    this.#unauthenticated++;
  }

  authenticated(): void {
    this.#unauthenticated--;
  }

  /** Takes a slot for one connection, until it is released. The address is read only if it counts. */
  acquire(from: Addressed): Slot {
    this.#connections++;
    if (this.#options.maxConnectionsPerIp === Infinity) return uncountedSlot;
    const network = networkOf(from.ip);
    this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1);
    return { network };
  }

  release({ network }: Slot): void {
    this.#connections--;
    if (network === undefined) return;
    const left = (this.#perNetwork.get(network) ?? 1) - 1;
    if (left > 0) this.#perNetwork.set(network, left);
    else this.#perNetwork.delete(network);
  }
}
