import { type Source, source } from "../source.ts";

export const nginxMessages: readonly Source[] = [
  source("nginx", {
    "nginx-variable-unknown": [["unknown '", "' variable"]],
    "proxy-upstream-closed": [
      "upstream prematurely closed connection",
      "upstream prematurely closed connection while reading response header from upstream",
      ["recv() failed (104", "while reading response header from upstream"],
      ["recv() failed", "connection reset by peer", "while reading response header from upstream"],
    ],
    "proxy-upstream-unreachable": [
      ["connect() failed (111", "while connecting to upstream"],
      ["connect() failed", "while connecting to upstream"],
      ["connect() to unix:", "failed"],
      "host not found in upstream",
      "could not be resolved",
    ],
    "proxy-no-server": ["no live upstreams while connecting to upstream"],
    "proxy-upstream-slow": [
      "upstream timed out (",
      ["upstream timed out", "while reading response header from upstream"],
      ["upstream timed out", "while connecting to upstream"],
    ],
    "proxy-upstream-protocol": [
      ["ssl_do_handshake() failed", "while ssl handshaking to upstream"],
      ["peer closed connection in ssl handshake", "while ssl handshaking to upstream"],
      "upstream sent no valid http/1.0 header",
      "upstream sent invalid header while reading response header from upstream",
      "upstream sent too big header while reading response header from upstream",
      "upstream ssl certificate verify error",
    ],
    "proxy-tunnel-cut": [
      ["upstream timed out", "while proxying upgraded connection"],
      ["recv() failed", "while proxying upgraded connection"],
      ["upstream prematurely closed connection", "while proxying upgraded connection"],
      ["send() failed", "while proxying upgraded connection"],
      ["client timed out", "while proxying upgraded connection"],
    ],
    "proxy-denied": [
      "access forbidden by rule",
      "no user/password was provided for basic authentication",
      ["user '", "was not found in '"],
      "auth request unexpected status",
    ],
    "proxy-limited": [
      ["limiting requests, excess:", "by zone"],
      "limiting connections by zone",
      "worker_connections are not enough",
    ],
    "proxy-serves-files": [
      ["open() '", "failed (2: no such file or directory)"],
      "is not found (2: no such file or directory)",
      ["directory index of '", "is forbidden"],
    ],
    "tls-expected": ["client sent plain http request to https port", "the plain http request was sent to https port"],
    "status-too-large": [
      "client sent too long header line",
      "client sent too long uri",
      "request header or cookie too large",
    ],
    "closed-by-client": [
      "client prematurely closed connection, so upstream connection is closed too",
      "client prematurely closed connection",
    ],
    "tls-failed": [["ssl_do_handshake() failed", "while ssl handshaking"]],
  }),
];
