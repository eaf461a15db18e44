import { createPolicy, type Policy, queryParam } from "@wsorigin/core";
import { createTickets, type Tickets } from "@wsorigin/tickets";

export const page = "https://app.example.com";

export const tickets: Tickets<string> = createTickets<string>();

/** What the three apps share: sockets for one page, and tickets for those that have a user. */
export const policy: Policy<string | undefined> = createPolicy({
  origins: [page],
  token: { from: [queryParam("ticket")], verify: tickets.verify, required: false },
});

export interface Running {
  readonly port: number;
  close(): Promise<void>;
}
