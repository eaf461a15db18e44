import { type Source, source } from "../source.ts";

export const firefoxMessages: readonly Source[] = [
  source("Firefox", {
    "firefox-cannot-connect": [
      "can't establish a connection to the server at",
      "kann keine verbindung zu dem server unter",
      "ne peut établir de connexion avec le serveur à l'adresse",
    ],
    "firefox-interrupted": [
      "was interrupted while the page was loading",
      "a été interrompue pendant le chargement",
      "wurde unterbrochen, während die seite geladen wurde",
    ],
    "local-network-blocked": ["local network access detected", "local network access permission required"],
    "csp-blocked": [
      ["content-security-policy: the page's settings blocked", "connect-src"],
      ["content security policy: the page's settings blocked", "connect-src"],
      "ns_error_content_blocked",
    ],
    "csp-report-only": [
      ["content-security-policy: (report-only policy) the page's settings would block", "connect-src"],
    ],
    "csp-upgrade": [["upgrading insecure request", "to use 'wss'"]],
    "cors-on-http": ["cross-origin request blocked"],
    "constructor-syntax": ["an invalid or illegal string was specified"],
  }),
];
