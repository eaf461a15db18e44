/** A server in a process of its own, seen by one client. */
export interface FuzzTarget {
  readonly port: number;
  readonly tls: boolean;
  /** Whether it may keep connections that a client resets. */
  readonly keepsReset: boolean;
  /** The loopback address that the client connects from: by it the server's events are told apart. */
  readonly from: string;
}

/** Addresses of 127.0.0.0/8, no two alike among 16 million. */
export function addressOf(index: number): string {
  return `127.${1 + ((index >> 16) % 250)}.${(index >> 8) & 255}.${index & 255}`;
}
