import { type Source, source } from "../source.ts";

export const nextMessages: readonly Source[] = [
  source("Next.js", {
    "dev-server-socket": ["[hmr] invalid message:"],
    "dev-server-origin": [
      ["blocked cross-origin request", "/_next/"],
      ["cross origin request detected from", "/_next/"],
      "alloweddevorigins",
    ],
    "status-server-error": ["error handling upgrade request"],
    "proxy-upstream-unreachable": [["failed to proxy", "econnrefused"]],
  }),
];
