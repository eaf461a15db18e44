import type { IncomingMessage } from "node:http";
import type { AdapterServer, AdapterSetup } from "../../suite/adapter.ts";
import type { FuzzSettings } from "../settings.ts";

/** A decision, as the gate reports it. */
export interface DecisionRecord {
  readonly ip: string;
  readonly code: string;
}

/** A request or handshake that reached the app. */
export interface ReachRecord {
  readonly ip: string;
  /** Whether it came as a WebSocket handshake. */
  readonly handshake: boolean;
}

/** What a server has to tell since it was last asked. */
export interface ServerReport {
  readonly decisions: readonly DecisionRecord[];
  readonly reached: readonly ReachRecord[];
  /** What `onError` was called with. */
  readonly errors: readonly string[];
  /** The addresses of the clients whose connections are open. */
  readonly open: readonly string[];
  /** Connections, as the server counts them. */
  readonly connections: number;
  /** Bytes in use after a collection. */
  readonly heap: number;
  /** The longest time that the event loop stood still, in milliseconds: a machine that is too busy. */
  readonly stall: number;
}

/** What a server is asked for. `heap` runs a collection first. */
export interface ServerQuestion {
  readonly heap: boolean;
}

/** What a server says once it listens. */
export interface ServerReady {
  readonly port: number;
  readonly tls: boolean;
  readonly keepsReset: boolean;
  /** The major version of its Node.js. */
  readonly node: number;
  readonly speaks: readonly FuzzProtocol[];
  /** The settings that were asked for, with what the program sets itself. */
  readonly settings: FuzzSettings;
}

export type FuzzProtocol = "http1" | "http2";

/** What the fuzzer passes to the `start` of a server under test. */
export interface FuzzSetup extends AdapterSetup {
  /**
   * Middleware that the gate runs after the policy has allowed a handshake. Returns the status to refuse it with, or `undefined` to let it pass; it may throw.
   * `undefined`: there is none.
   */
  readonly middleware?: (request: IncomingMessage) => number | undefined | Promise<number | undefined>;
  /** Guards ordinary requests with `requestGuard()`. `undefined`: they are not guarded. */
  readonly requests?: FuzzRequests;
}

/** What guards ordinary requests. */
export interface FuzzRequests {
  /** For `requestGuard()`, as they are. */
  readonly options: Pick<AdapterSetup["options"], "deadline" | "onDecision" | "onError" | "log">;
  /** Call it with each request that the app behind the guard receives. */
  readonly reached: (request: IncomingMessage) => void;
}

/** Starts a server under test. An `AdapterStart` fits. */
export type FuzzStart = (setup: FuzzSetup) => Promise<AdapterServer>;

/** What the module of a server under test exports. */
export interface FuzzProgram {
  readonly start: FuzzStart;
  /** What of its setup `start` uses besides that of `describeAdapter`. Default: nothing. */
  readonly uses?: readonly ("middleware" | "requests")[];
  /** Default: HTTP/1.1 only. */
  readonly speaks?: readonly FuzzProtocol[];
  /** What cannot vary on this server. */
  readonly settings?: Partial<FuzzSettings>;
  /** Set it where the server keeps connections that a client resets also without a gate. */
  readonly keepsReset?: boolean;
}

/** What a server is started with. */
export interface ServerOrder {
  /** The path of a module that exports a `FuzzProgram`. */
  readonly program: string;
  readonly settings: FuzzSettings;
}
