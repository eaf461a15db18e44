import { headerOf } from "../exchange.ts";
import { cutBy } from "../fixes.ts";
import { isLoopbackName, isPrivate } from "../page.ts";
import { secretNames } from "../secrets.ts";
import type { DoctorRule, Evidence } from "./rule.ts";

/** What works, and is better done otherwise. */
export const habitRules: readonly DoctorRule[] = [
  {
    id: "WSO056",
    name: "token-in-url",
    group: "habits",
    severity: "warning",
    title: "A token is in the URL",
    cause:
      "Access logs of every server and proxy on the way keep the query, and whoever reads one can use the token until it ends.",
    fix: "Use a ticket that is redeemed once (@wsorigin/tickets), a subprotocol, or the first message.",
    when: ({ options: { url, token } }) => {
      const names = [...url.searchParams.keys(), ...(token?.place === "query" ? [token.name] : [])].filter((name) =>
        secretNames.has(name.toLowerCase()),
      );
      return names.length === 0 ? undefined : { seen: names.map((name) => `?${name}=[redacted]`) };
    },
  },
  {
    id: "WSO057",
    name: "not-encrypted",
    group: "habits",
    severity: "warning",
    title: "The socket is not encrypted",
    cause:
      "ws: over the network can be read and changed on the way, cookies included; and pages over https cannot open it.",
    fix: "Serve it over TLS, and use wss:.",
    when: ({ options: { url }, reach: { addresses } }) =>
      url.protocol === "ws:" && !isLoopbackName(url.hostname) && addresses.some((address) => !isPrivate(address))
        ? { seen: [`${url.protocol}//${url.host}`] }
        : undefined,
  },
  {
    id: "WSO058",
    name: "cors-on-handshake",
    group: "habits",
    severity: "note",
    title: "The handshake is answered with CORS headers",
    cause:
      "No browser reads them on a handshake: they neither allow a page nor refuse one. CORS middleware has met the upgrade, or believes it guards it.",
    fix: "Keep CORS middleware off the socket's path, and check Origin there.",
    when: ({ replies: { page } }) => {
      const header = page?.status === 101 ? headerOf(page, "access-control-allow-origin") : undefined;
      return header === undefined ? undefined : { seen: [`Access-Control-Allow-Origin: ${header}`] };
    },
  },
  {
    id: "WSO060",
    name: "idle-cut",
    group: "habits",
    severity: "failure",
    title: "An idle socket is cut",
    cause:
      "Something on the way ends connections on which nothing has been sent for a while, without a close frame: page code sees 1006. With a close frame it is the server itself that ends them.",
    fix: "Send a ping from the server every 25 to 30 seconds, and give the proxy a longer limit.",
    when: ({ idle }) => {
      if (idle?.cutAfter === undefined || idle.byEngine) return undefined;
      if (idle.code !== undefined) return closedByServer(idle.cutAfter, idle.code);
      const known = cutBy(idle.cutAfter);
      return {
        seen: [`cut after ${idle.cutAfter.toFixed(1)} seconds, without a close frame`],
        ...(known !== undefined && {
          who: known.who,
          fix: [known.fix, "A ping from the server every 25 to 30 seconds mends it everywhere."],
        }),
      };
    },
  },
];

/** A proxy ends a connection without a close frame, so this is the server's own decision: it waits for a first message, or limits idle sockets. */
function closedByServer(seconds: number, code: number): Evidence {
  return {
    seen: [`closed by the server after ${seconds.toFixed(1)} seconds, with close ${code}`],
    severity: "warning",
    fix: [
      "If the server waits for a first message or a login, this is right: the doctor sends none.",
      "Otherwise raise the server's own limit for idle sockets, or let the page send something more often.",
    ],
  };
}
