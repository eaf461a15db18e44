import { type Source, source } from "../source.ts";

export const haproxyMessages: readonly Source[] = [
  source("HAProxy", {
    "proxy-no-server": [
      "no server is available to handle this request",
      "has no server available!",
      ["server", "is down, reason: layer"],
    ],
    "proxy-upstream-slow": ["the server didn't respond in time"],
    "proxy-upstream-closed": ["the server returned an invalid or incomplete response"],
    "proxy-denied": ["request forbidden by administrative rules"],
    "status-bad-request": ["your browser sent an invalid request"],
  }),
];
