import { type Source, source } from "../source.ts";

export const wsoriginMessages: readonly Source[] = [
  source("wsorigin", {
    "wsorigin-log": [
      "[wsorigin]",
      ["no socket opens at '", "write a path, or a url that begins with"],
      "retry: write 0 < min <= max <= 2147483647",
      "token: name a subprotocol in 'protocols' too",
      "ticket, token: write one of them. a gate refuses two",
      "did not answer { 'ticket':",
    ],
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
