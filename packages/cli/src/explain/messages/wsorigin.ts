import { type Source, source } from "../source.ts";

export const wsoriginMessages: readonly Source[] = [
  source("wsorigin", {
    "wsorigin-configuration": [
      "policyerror:",
      "gateerror:",
      "jwtverifiererror:",
      "ticketserror:",
      "err_wsorigin_policy",
      "err_wsorigin_gate",
      "err_wsorigin_jwt",
      "err_wsorigin_tickets",
    ],
  }),
];
