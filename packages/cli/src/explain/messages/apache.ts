import { type Source, source } from "../source.ts";

export const apacheMessages: readonly Source[] = [
  source("Apache httpd", {
    "proxy-upstream-closed": [
      "ah01102: error reading status line from remote server",
      "ah00898: error reading from remote server returned by",
      "ah01099",
      "ah10404",
    ],
    "proxy-upstream-slow": [
      ["the timeout specified has expired", "ah01102: error reading status line from remote server"],
      ["the timeout specified has expired", "ah00898"],
      "ah01103",
    ],
    "proxy-upstream-unreachable": [
      ["ah00957", "attempt to connect to", "failed"],
      ["ah00939", "attempt to connect to", "failed"],
      "ah01114: http: failed to make connection to backend",
      "ah02452: failed to make connection to backend",
      "ah00958",
      "ah00940",
      "ah00959",
    ],
    "proxy-no-server": ["ah01170", "ah01171", "ah01167", "ah00934"],
    "proxy-module-missing": [["ah01144", "no protocol handler was valid for the url"], "ah01112", "ah01113", "ah02450"],
    "upgrade-stripped": ["ah02900"],
    "proxy-tunnel-cut": ["ah02447", "ah02607", "ah10240"],
    "proxy-denied": ["ah01630: client denied by server configuration", "ah01617", "ah01618", "ah01797"],
    "proxy-serves-files": ["ah00128: file does not exist"],
    "status-too-large": ["size of a request header field exceeds server limit"],
    "proxy-upstream-protocol": ["ah01098", "ah01106", "ah00961"],
    "tls-expected": ["you're speaking plain http to an ssl-enabled server port", "ah02261", "ah01996"],
  }),
];
