import { createPolicy, queryParam } from "@wsorigin/core";
import { createTickets, memoryStore } from "@wsorigin/tickets";

export const page = "https://app.example.com";

// The bundle of the route handler evaluates this module once more.
const name = process.env.SEPARATE_STORES === undefined ? "tickets" : undefined;
export const tickets = createTickets({ store: memoryStore({ name }) });

export const policy = createPolicy({
  origins: [page],
  token: { from: [queryParam("ticket")], verify: tickets.verify },
});
