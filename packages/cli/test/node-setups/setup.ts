/** The page whose socket is tried. */
export const page = "https://app.example.com";

/** A server for Node.js, and what the doctor says of it. */
export interface Setup {
  readonly name: string;
  /** The rules that fire, the cause first; notes are left out. */
  readonly found: readonly string[];
  /** Starts it: its port. */
  readonly start: () => Promise<number>;
  /** More arguments of the doctor. */
  readonly args?: readonly string[];
  /** Default: `/ws`. */
  readonly path?: string;
}

/** As a visitor who is logged in: an open door is a failure only if it opens for them alone. */
export const asVisitor: readonly string[] = ["--cookie", "sid=1"];
/** It opens without the cookie too, so this is a warning. */
export const openDoor: readonly string[] = ["WSO050"];
