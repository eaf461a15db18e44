import { createHash, randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Revocation } from "./store.ts";

/** The random bytes of a ticket: 192 bits, which cannot be guessed. */
const size = 24;

export function newTicket(): string {
  return randomBytes(size).toString("base64url");
}

/** Whether a text has the form of a ticket. The store is not asked about others. */
export function isTicket(text: string): boolean {
  return /^[\w-]{32}$/.test(text);
}

/** The key of a ticket in a store. The ticket cannot be derived from it: there is no dictionary of 192 random bits. */
export function hashOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("hex");
}

/** Returns a unique name. */
export function newName(): string {
  return randomBytes(12).toString("base64url");
}

/** What is stored for a ticket. */
export interface TicketRecord<P> {
  readonly version: 1;
  /** The origin of the page that it was issued to. */
  readonly origin: string;
  readonly principal: P;
  readonly expiresAt?: number | undefined;
  readonly id: string;
  readonly subject?: string | undefined;
  readonly session?: string | undefined;
  /** The latest revocation of each of its names when it was issued, in the order of `namesOf`; null if there was none. */
  readonly seen: readonly (string | null)[];
}

/** All names that it can be revoked by. */
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

/** The type of the principal is that of `issue`, which wrote the record. */
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

/** Whether JSON leaves a value unchanged: no Date, no class instance, no undefined property. */
export function survivesJson(value: unknown): boolean {
  try {
    const copy: unknown = JSON.parse(JSON.stringify({ value }));
    return isDeepStrictEqual(value, typeof copy === "object" && copy !== null ? Reflect.get(copy, "value") : undefined);
  } catch {
    return false;
  }
}

/** Whether a text is the origin of a page as a browser writes it: lower case, no default port, no path. `null` is not: any page can have it. */
export function isOrigin(text: unknown): text is string {
  if (typeof text !== "string" || text.length > 512) return false;
  if (/^https?:/.test(text)) return URL.canParse(text) && new URL(text).origin === text;
  return /^[a-z][\da-z+.-]*:\/\/[\w.~+$:-]+$/.test(text);
}
