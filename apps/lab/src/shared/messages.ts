import type { PolicyIssue } from "@wsorigin/core";
import type { Draft } from "./draft.ts";
import type { Station } from "./stations.ts";

/** One decision of the gate, as the page is told of it. */
export interface Told {
  /** Counts from 1. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly allowed: boolean;
  readonly code: string;
  /** What the client was answered. */
  readonly status: number;
  readonly station: Station;
  /** As it came; `null` where none came. Never to be put in as markup. */
  readonly origin: string | null;
  /** The entry that allowed it. */
  readonly matched: string | null;
  readonly route: string | null;
  /** How long the decision took, in milliseconds. */
  readonly ms: number;
  /** What `explain()` says to the operator. */
  readonly text: string;
}

/** Where the pages of the lab are. */
export interface Places {
  /** `http://localhost:3001`: the app that the policy protects. */
  readonly app: string;
  /** The port of everybody else. */
  readonly hostilePort: number;
}

/** What the server tells the lab's page. */
export type FromServer =
  | { readonly type: "hello"; readonly places: Places; readonly draft: Draft; readonly past: readonly Told[] }
  | { readonly type: "told"; readonly told: Told }
  /** The app is guarded by this now. */
  | { readonly type: "applied"; readonly draft: Draft }
  | { readonly type: "refused"; readonly issues: readonly PolicyIssue[] };

/** What the lab's page asks for. */
export interface FromPage {
  readonly type: "apply";
  readonly draft: Draft;
}
