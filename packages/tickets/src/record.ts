import { createHash, randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Revocation } from "./store.ts";

/** How many random bytes a ticket is: 192 bits, which nobody guesses. */
const size = 24;

export function newTicket(): string {
  return randomBytes(size).toString("base64url");
}

/** Whether a text looks like a ticket. What does not is no business of the store's. */
export function isTicket(text: string): boolean {
  return /^[\w-]{32}$/.test(text);
}

/** What a store knows a ticket by. Whoever reads the store learns no ticket from it: 192 random bits have no dictionary. */
export function hashOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("hex");
}

/** A name that nothing else has. */
export function newName(): string {
  return randomBytes(12).toString("base64url");
}

/** What is kept for a ticket. */
export interface TicketRecord<P> {
  readonly version: 1;
  /** The page's origin that it was issued to. */
  readonly origin: string;
  readonly principal: P;
  readonly expiresAt?: number | undefined;
  readonly id: string;
  readonly subject?: string | undefined;
  readonly session?: string | undefined;
  /** The latest revocation of each of its names when it was issued, in the order of `namesOf`; null where there was none. */
  readonly seen: readonly (string | null)[];
}

/** All that it may be revoked by. */
export function namesOf({
  id,
  subject,
  session,
}: Pick<TicketRecord<unknown>, "id" | "subject" | "session">): readonly Revocation[] {
  return [{ id }, ...(subject === undefined ? [] : [{ subject }]), ...(session === undefined ? [] : [{ session }])];
}

export function readRecord<P>(text: string): TicketRecord<P> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord<P>(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What a principal is is its writer's word: `issue` had a P. */
function isRecord<P>(value: unknown): value is TicketRecord<P> {
  return (
    typeof value === "object" &&
    value !== null &&
    "version" in value &&
    value.version === 1 &&
    "origin" in value &&
    typeof value.origin === "string" &&
    "id" in value &&
    typeof value.id === "string" &&
    "seen" in value &&
    Array.isArray(value.seen)
  );
}

/** Whether a value comes out of JSON as it went in: no Date, no class of its own, no property that is undefined. */
export function survivesJson(value: unknown): boolean {
  try {
    const copy: unknown = JSON.parse(JSON.stringify({ value }));
    return isDeepStrictEqual(value, typeof copy === "object" && copy !== null ? Reflect.get(copy, "value") : undefined);
  } catch {
    return false;
  }
}

/** Whether a text is the origin of a page as a browser writes it: lower case, no default port, no path. `null` is that of any page. */
export function isOrigin(text: unknown): text is string {
  if (typeof text !== "string" || text.length > 512) return false;
  if (/^https?:/.test(text)) return URL.canParse(text) && new URL(text).origin === text;
  return /^[a-z][\da-z+.-]*:\/\/[\w.~+$:-]+$/.test(text);
}
