import { type Source, source } from "../source.ts";

export const serversMessages: readonly Source[] = [
  source("Phoenix", {
    "origin-refused": ["could not check origin for phoenix.socket transport"],
  }),
  source("Rails Action Cable", {
    "origin-refused": ["request origin not allowed"],
  }),
  source("an Origin callback of the `cors` package", {
    "origin-refused": ["not allowed by cors"],
  }),
  source("Kubernetes, code-server and others", {
    "origin-refused": ["origin not allowed", "invalid origin"],
  }),
  source("Spring, Tomcat", {
    "upgrade-stripped": ["can 'upgrade' only to 'websocket'", "'connection' must be 'upgrade'"],
  }),
];
