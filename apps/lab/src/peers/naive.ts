import { joined, type Peer } from "./peer.ts";

/** `app.example.com` of `https://app.example.com`, and `.example.com` of `https://*.example.com`: what people compare with. */
function hostOf(entry: string): string {
  return entry.replace(/^[a-z][a-z0-9+\-.]*:\/\//i, "").replace(/^\*+/, "");
}

/** A text that is asked of each entry. No Origin is none, and refused. */
function byHost(ask: (origin: string, host: string) => boolean): Peer["compile"] {
  return (entries) => {
    const hosts = entries.map(hostOf);
    return (sent) => {
      const origin = joined(sent);
      return origin !== undefined && hosts.some((host) => ask(origin, host));
    };
  };
}

export const includes: Peer = {
  name: "includes",
  about: "origin.includes(host): the host may stand anywhere, in a longer name, a path or a query.",
  compile: byHost((origin, host) => origin.includes(host)),
};

export const endsWith: Peer = {
  name: "endsWith",
  about: "origin.endsWith(host): any name that ends so, evil-app.example.com as well, over any scheme.",
  compile: byHost((origin, host) => origin.endsWith(host)),
};

export const unanchored: Peer = {
  name: "regex",
  about:
    'new RegExp(entry.replace("*", ".*")).test(origin): no anchors, so that anything may follow, and a dot is any character.',
  compile(entries) {
    const patterns = entries.flatMap((entry) => {
      try {
        return [new RegExp(entry.replace("*", ".*"))];
      } catch {
        return [];
      }
    });
    return (sent) => {
      const origin = joined(sent);
      return origin !== undefined && patterns.some((pattern) => pattern.test(origin));
    };
  },
};
