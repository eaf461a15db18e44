import { type Source, source } from "../source.ts";

export const caddyMessages: readonly Source[] = [
  source("Caddy", {
    "proxy-upstream-closed": [
      ["http.log.error", "'msg':'eof'"],
      ["http.log.error", "connection reset by peer"],
    ],
    "proxy-upstream-unreachable": [
      ["http.log.error", "connection refused"],
      ["http.log.error", "dial tcp"],
      ["http.log.error", "no such host"],
    ],
    "proxy-upstream-slow": [
      ["http.log.error", "timeout awaiting response headers"],
      ["http.log.error", "i/o timeout"],
    ],
    "proxy-upstream-protocol": [
      ["http.log.error", "malformed http response"],
      ["http.log.error", "first record does not look like a tls handshake"],
      ["http.log.error", "server gave http response to https client"],
    ],
    "proxy-no-server": ["no upstreams available"],
    "tls-expected": ["client sent an http request to an https server"],
    "proxy-tunnel-cut": [
      ["reverse_proxy", "upgrading connection"],
      "streaming error",
      "aborting with incomplete response",
    ],
  }),
];
