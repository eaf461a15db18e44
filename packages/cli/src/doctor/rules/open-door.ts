import type { Severity } from "../../finding.ts";
import type { Replies } from "../ask.ts";
import { headerOf } from "../exchange.ts";
import { gateFix } from "../fixes.ts";
import type { Observations } from "../observe.ts";
import { evilOrigin, type ProbeName } from "../plan.ts";
import { opened } from "../reply.ts";
import { inItsWords } from "../words/index.ts";
import type { DoctorRule } from "./rule.ts";

/** Sockets that open for pages which should be refused. */
export const openDoorRules: readonly DoctorRule[] = [
  {
    id: "WSO050",
    name: "open-door",
    group: "door",
    severity: "failure",
    title: "Any page may open this socket",
    cause:
      "A handshake has no CORS: the browser lets every page send it, and the visitor's cookies go along. A server that does not check Origin lets any site act as its visitor (cross-site WebSocket hijacking).",
    fix: "Check Origin against a list before the 101.",
    when: (seen) => {
      const { replies, options, who } = seen;
      if (!opened(replies.page) || !opened(replies.evil)) return undefined;
      const { severity, how } = reachOfDoor(seen);
      return {
        seen: [`Origin: ${evilOrigin}: ${replies.evil?.statusLine ?? ""}`, how],
        severity,
        fix: gateFix(who, options),
      };
    },
  },
  {
    id: "WSO051",
    name: "opaque-accepted",
    group: "door",
    severity: "failure",
    title: "Origin: null is let in",
    cause: "Any site can make a sandboxed frame whose pages send it: to allow null is to allow everybody.",
    fix: "Take null off the list.",
    when: ({ replies, who, options }) =>
      opened(replies.page) && opened(replies.null) && refusesEvil(replies)
        ? { seen: [`Origin: null: ${replies.null?.statusLine ?? ""}`], fix: gateFix(who, options) }
        : undefined,
  },
  {
    id: "WSO052",
    name: "look-alike-accepted",
    group: "door",
    severity: "failure",
    title: "An origin that only looks like the page's is let in",
    cause:
      "The check compares a part of the text: includes, startsWith, endsWith, or a pattern that is not anchored. Whoever registers a name that fits opens the socket.",
    fix: "Compare whole origins, byte for byte.",
    when: ({ replies, options, who }) => {
      if (!opened(replies.page) || !refusesEvil(replies)) return undefined;
      const page = new URL(options.pageOrigin);
      const named: readonly (readonly [ProbeName, string])[] = [
        ["suffix", `${page.protocol}//${page.hostname}.evil.invalid`],
        ["prefix", `${page.protocol}//evil${page.hostname}`],
        ["scheme", `http://${page.host}`],
      ];
      const accepted = named.filter(([name]) => opened(replies[name]));
      return accepted.length === 0
        ? undefined
        : { seen: accepted.map(([, origin]) => `Origin: ${origin}: 101`), fix: gateFix(who, options) };
    },
  },
  {
    id: "WSO053",
    name: "sibling-accepted",
    group: "door",
    severity: "warning",
    title: "Any name below the page's is let in",
    cause:
      "The list has a wildcard, or the check allows subdomains. One forgotten or hijacked name among them opens the socket as every visitor.",
    fix: "If it is not meant, list the names one by one.",
    when: ({ replies, options }) =>
      opened(replies.page) && opened(replies.subdomain) && refusesEvil(replies)
        ? {
            seen: [
              `Origin: ${new URL(options.pageOrigin).protocol}//wsorigin-probe.${new URL(options.pageOrigin).host}: 101`,
            ],
          }
        : undefined,
  },
  {
    id: "WSO054",
    name: "rebinding",
    group: "door",
    severity: "warning",
    title: "A page that points its own name at this server is let in",
    cause:
      "The Origin is compared with Host, and both are the attacker's to choose (DNS rebinding): without a list of the server's own names a same-host check proves nothing. Over TLS the certificate stands in the way.",
    fix: "List the Hosts that the server answers to: createPolicy({ sameHost: true, hosts: [...] }); Django: ALLOWED_HOSTS.",
    when: ({ replies, options, who }) =>
      opened(replies.page) && opened(replies.host) && refusesEvil(replies)
        ? {
            seen: ["Host: evil.invalid, Origin of the same: 101"],
            severity: options.url.protocol === "wss:" ? "note" : "warning",
            fix: inItsWords(who.app, "hosts", options) ?? [],
          }
        : undefined,
  },
  {
    id: "WSO055",
    name: "token-not-needed",
    group: "door",
    severity: "warning",
    title: "The socket opens without the token",
    cause: "The token was sent and is not asked for: at most its first messages are.",
    fix: "Ask for it before the 101, or see that the first message is awaited before anything is sent.",
    when: ({ replies, options }) =>
      options.token !== undefined && opened(replies.page) && opened(replies.bare)
        ? { seen: [`without it: ${replies.bare?.statusLine ?? ""}`] }
        : undefined,
  },
];

/** Whether a page of another site was tried, and refused. If it was not tried in time, a narrower opening may be a part of a wider one. */
function refusesEvil({ evil }: Replies): boolean {
  return evil !== undefined && !opened(evil);
}

/** How far an open door matters: whether there is anything in the room that is the visitor's. */
function reachOfDoor({ replies, options }: Observations): { readonly severity: Severity; readonly how: string } {
  if (options.cookie !== undefined) {
    return opened(replies["evil-without-cookie"])
      ? {
          severity: "warning",
          how: "It opens without the cookie too: what it gives to those who are logged in decides how bad this is.",
        }
      : {
          severity: "failure",
          how: "With the visitor's cookie it opens, without it does not: that page acts as the visitor.",
        };
  }
  if (options.token !== undefined && !opened(replies.bare))
    return {
      severity: "note",
      how: "A token is needed, which no other page has: it is a second lock that is missing, not the first.",
    };
  const cookies = [replies.plain, replies.page].some(
    (reply) => reply !== undefined && headerOf(reply, "set-cookie") !== undefined,
  );
  return cookies
    ? {
        severity: "warning",
        how: "The server sets cookies. If one of them says who the visitor is, any page acts as them: try it with --cookie.",
      }
    : {
        severity: "note",
        how: "No cookie was seen. A public feed may be open to all; if visitors log in by cookie, try it with --cookie.",
      };
}
