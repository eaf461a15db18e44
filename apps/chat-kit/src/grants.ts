import type { Session, Visitor } from "./visitors.ts";

/** How long a ticket lets a socket stay, in milliseconds; then the page has to bring another. */
export const usualStay = 120_000;

/** How long before the end a page is told, in milliseconds: a minute, or half of a stay that is shorter than two. */
export function warnBefore(stay: number): number {
  return Math.min(60_000, stay / 2);
}

/** What a ticket says of who asked for it: for `tickets.issue()`. */
interface TicketContents {
  readonly principal: Visitor;
  readonly origin: string;
  readonly subject: string;
  readonly session: string;
  readonly expiresAt: number;
}

/**
 * What a ticket for this session says.
 *
 * @param origin the Origin of the page that asks, which alone may use it
 * @param stay milliseconds
 */
export function ticketFor({ id, visitor }: Session, origin: string, stay: number): TicketContents {
  return {
    principal: { name: visitor.name },
    origin,
    subject: visitor.name,
    session: id,
    expiresAt: Date.now() + stay,
  };
}

/** What is revoked when somebody logs out: this session, or all of theirs. */
export function revocationOf(
  { id, visitor }: Session,
  everywhere: boolean,
): { readonly subject: string } | { readonly session: string } {
  return everywhere ? { subject: visitor.name } : { session: id };
}
