import { headerOf, type Reply } from "../exchange.ts";
import { gateFix, hostFix } from "../fixes.ts";
import { bodyLine, dropped, lines, opened, refused, textOf, wordsOf } from "../reply.ts";
import { limitedByNginx, nginxLimits } from "./limits.ts";
import type { DoctorRule } from "./rule.ts";

/** An answer other than the upgrade, from the server or from what stands in front of it. */
export const answerRules: readonly DoctorRule[] = [
  {
    id: "WSO018",
    name: "plain-on-tls-port",
    group: "handshake",
    severity: "failure",
    title: "ws: on a port that speaks TLS",
    cause: "The server says that a plain request came to its https port.",
    fix: "Use wss:.",
    when: ({ replies: { page }, options: { url } }) =>
      refused(page) &&
      /plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL|HTTP request to an HTTPS server/.test(
        textOf(page),
      )
        ? { seen: lines(page), fix: [`wss://${url.host}${url.pathname}`] }
        : undefined,
  },
  {
    id: "WSO021",
    name: "redirect",
    group: "handshake",
    severity: "failure",
    title: "The handshake is answered with a redirect",
    cause:
      "Browsers follow no redirect on a handshake (but Safari): to https, to a path with a slash at the end, or to a login.",
    fix: "Use the final URL, and answer the socket's path without a redirect.",
    when: ({ replies: { page } }) => {
      if (!refused(page) || page.status === undefined || page.status < 300 || page.status > 399) return undefined;
      const location = headerOf(page, "location") ?? "";
      return {
        seen: [page.statusLine, `Location: ${redacted(location)}`],
        fix: [`Open ${redacted(location).replace(/^http/, "ws")} itself; or take the redirect off this path.`],
      };
    },
  },
  {
    id: "WSO022",
    name: "login-in-front",
    group: "handshake",
    severity: "failure",
    title: "Something in front asks for a login",
    cause: "The server wants HTTP authentication on this path, and browsers have no way to give it on a handshake.",
    fix: "Take the authentication off the socket's path, and authenticate the socket by a ticket (@wsorigin/tickets), a cookie or its first message.",
    when: ({ replies: { page, plain }, who, options }) => {
      if (!refused(page) || page.status !== 401) return undefined;
      const scheme = headerOf(page, "www-authenticate") ?? "none";
      if (plain?.status !== 401 && !/^(?:basic|digest|negotiate|ntlm)/i.test(scheme)) return undefined;
      const fix =
        who.proxy?.id === "nginx" ? { fix: [`location ${options.url.pathname} { auth_basic off; ... }`] } : {};
      return { seen: [...lines(page), `WWW-Authenticate: ${scheme}`], ...fix };
    },
  },
  {
    id: "WSO047",
    name: "token-asked-for",
    group: "handshake",
    severity: "failure",
    title: "The socket asks for a token",
    cause:
      "The upgrade gets through and the page's origin is allowed; who the visitor is has to be said too, before the socket opens: by a ticket in the URL, a subprotocol, a cookie or a header.",
    fix: "Send one as the page does: --token with --token-query ticket or --token-protocol, or --cookie.",
    when: ({ replies: { page, plain }, options: { token } }) =>
      refused(page) &&
      page.status === 401 &&
      plain?.status !== 401 &&
      /^bearer/i.test(headerOf(page, "www-authenticate") ?? "")
        ? {
            seen: [
              page.statusLine,
              token === undefined ? "no token was sent" : "the token that was sent was not taken",
            ],
          }
        : undefined,
  },
  {
    id: "WSO026",
    name: "backend-down",
    group: "handshake",
    severity: "failure",
    title: "The proxy cannot reach the backend",
    cause:
      "The proxy answers, and what should be behind it does not: it is down, listens elsewhere, speaks TLS where plain http is expected or the other way round, or closes at once.",
    fix: "Start the backend; compare its address, port and scheme with the proxy's configuration.",
    when: ({ replies: { page, plain }, who }) => {
      if (refused(page) && (gatewayStatuses.has(page.status ?? 0) || failedToProxy(page))) return { seen: lines(page) };
      const isUnavailable = refused(page) && page.status === 503 && !limitedByNginx(page);
      if (isUnavailable && (who.proxy !== undefined || plain?.status === 503)) return { seen: lines(page) };
      // The program that proxies answers the GET by itself, and closes a handshake without a word: Varnish's pipe, http-proxy-middleware, Vite.
      const isGone = plain?.status !== undefined && goneBehind(plain);
      return dropped(page) && isGone
        ? { seen: [`handshake: ${wordsOf(page)}`, `GET: ${plain.statusLine}`, ...bodyLine(plain)] }
        : undefined;
    },
  },
  {
    id: "WSO049",
    name: "unavailable",
    group: "handshake",
    severity: "failure",
    title: "The server takes no handshakes for now",
    cause:
      "It answers 503 by itself, and not because a backend is down: it is at a limit of requests or open sockets, it is under maintenance or shuts down, or what it asks before it opens a socket (a session store, a database) is away.",
    fix: "Look into the server's log for this request.",
    when: ({ replies: { page, plain } }) =>
      refused(page) && page.status === 503
        ? {
            seen: [...lines(page), `GET: ${plain === undefined ? "not asked" : wordsOf(plain)}`],
            ...(limitedByNginx(page) && { fix: nginxLimits }),
          }
        : undefined,
  },
  {
    id: "WSO027",
    name: "backend-slow",
    group: "handshake",
    severity: "failure",
    title: "The backend does not answer the proxy in time",
    cause:
      "The request reaches it and no answer comes: an upgrade that nobody handles, a worker that is busy, a decision that hangs.",
    fix: "Look into the backend's log for this request; a server with an `upgrade` listener must answer every upgrade.",
    when: ({ replies: { page } }) =>
      refused(page) && (page.status === 504 || page.status === 524) ? { seen: [wordsOf(page)] } : undefined,
  },
  {
    id: "WSO024",
    name: "changed-on-the-way",
    group: "handshake",
    severity: "failure",
    title: "The backend takes the handshake, but not as the proxy passes it on",
    cause:
      "Host, Origin or the scheme is another one behind the proxy: nginx, Apache and h2o put the upstream's name into Host unless they are told not to, and a check of the Origin against Host then fails.",
    fix: "Let the proxy pass Host and Origin through, and set X-Forwarded-Proto.",
    when: ({ replies: { page }, direct, who }) =>
      refused(page) &&
      opened(direct?.replies.page) &&
      page.status !== undefined &&
      [400, 401, 403].includes(page.status)
        ? {
            seen: [`through the proxy: ${wordsOf(page)}`, `to the backend: ${wordsOf(direct?.replies.page ?? page)}`],
            fix: hostFix(who),
          }
        : undefined,
  },
  {
    id: "WSO034",
    name: "handler-failed",
    group: "handshake",
    severity: "failure",
    title: "The server fails while it handles the handshake",
    cause:
      "An exception on the way: CORS middleware whose origin callback throws (it met a handshake, which has no CORS), an unrouted path in Django Channels, a bug.",
    fix: "Look into the server's log. Keep CORS middleware off the socket's path: Origin is checked by a gate, not by cors().",
    when: ({ replies: { page }, who, options }) => {
      if (!refused(page) || page.status !== 500) return undefined;
      const cors = /cors/i.test(textOf(page));
      if (cors) return { seen: lines(page), fix: gateFix(who, options) };
      return who.app?.id === "channels"
        ? {
            seen: lines(page),
            fix: ['Route the path in URLRouter, and give ProtocolTypeRouter a "websocket" key.'],
          }
        : { seen: lines(page) };
    },
  },
];

/** A URL without what may be secret in it. */
function redacted(url: string): string {
  return url.replace(/\?.*$/, "?[redacted]");
}

/** What proxies answer where the backend cannot be reached. */
const gatewayStatuses: ReadonlySet<number> = new Set([502, 520, 521, 522, 523, 525, 526, 530]);

/** The answers to a GET whose target is away: http-proxy-middleware says 504, Vite 500 without a body. */
function goneBehind(plain: Reply): boolean {
  const { status = 0 } = plain;
  return gatewayStatuses.has(status) || status === 503 || status === 504 || (status === 500 && plain.body.length === 0);
}

/** http-proxy-middleware says 504 where the connection to the backend fails, not only where it is slow. */
function failedToProxy(page: Reply): boolean {
  return textOf(page).startsWith("Error occurred while trying to proxy");
}
