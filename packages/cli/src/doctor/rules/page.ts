import { cspVerdict, isMixed, isPrivate, isPublicPage } from "../page.ts";
import type { DoctorRule } from "./rule.ts";

/** What a browser decides by itself, before it sends anything. */
export const pageRules: readonly DoctorRule[] = [
  {
    id: "WSO001",
    name: "mixed-content",
    group: "page",
    severity: "failure",
    title: "A page over https may not open a ws: socket",
    cause:
      "Browsers block it before anything is sent (mixed content): no server is asked, and no setting of one helps.",
    fix: "Use wss:. In the page: new WebSocket(`wss://${location.host}/ws`).",
    when: ({ options: { page, url } }) => {
      const mixed = page === undefined ? "no" : isMixed(page, url);
      if (page === undefined || mixed === "no") return undefined;
      const seen = [`page ${page.origin}, socket ${url.origin}`];
      const secure = new URL(url);
      secure.protocol = "wss:";
      return mixed === "webkit-only"
        ? {
            seen: [...seen, "Chromium and Firefox allow this for the own machine, Safari does not."],
            severity: "warning",
          }
        : { seen, fix: [`new WebSocket("${secure.origin}${secure.pathname}")`] };
    },
  },
  {
    id: "WSO002",
    name: "csp-blocks",
    group: "page",
    severity: "failure",
    title: "The page's Content-Security-Policy does not allow the socket",
    cause:
      "connect-src names what a page may connect to, sockets included. https: names are no ws: names, and 'self' is the page's own host and port.",
    fix: "Add the socket's origin to connect-src.",
    when: ({ options: { csp, page, url, pageOrigin } }) => {
      if (csp === undefined) return undefined;
      const verdict = cspVerdict(csp, page ?? new URL(pageOrigin), url);
      if (verdict === undefined || verdict.allowed) return undefined;
      const [name = "connect-src", ...sources] = verdict.directive.split(" ");
      const kept = name === "connect-src" ? sources.filter((source) => source !== "'none'") : ["'self'"];
      return { seen: [verdict.directive], fix: [`connect-src ${[...kept, url.origin].join(" ")}`] };
    },
  },
  {
    id: "WSO003",
    name: "local-network",
    group: "page",
    severity: "warning",
    title: "A public page opens a socket on a private address",
    cause:
      'Chromium asks the visitor first (local network access): a page over http gets nothing, a frame needs allow="local-network".',
    fix: "Serve the page over https and expect the prompt; or give the socket a public name.",
    when: ({ options: { page }, reach: { addresses } }) => {
      const inside = addresses.find(isPrivate);
      return page === undefined || inside === undefined || !isPublicPage(page)
        ? undefined
        : { seen: [`page ${page.origin}, address ${inside}`] };
    },
  },
];
