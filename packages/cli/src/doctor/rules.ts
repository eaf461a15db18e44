import type { Rule, Severity } from "../finding.ts";
import { headerOf } from "./exchange.ts";
import { cutBy, gateFix, hostFix, upgradeFix } from "./fixes.ts";
import type { Observations } from "./observe.ts";
import { cspVerdict, isLoopbackName, isMixed, isPrivate, isPublicPage } from "./page.ts";
import { accept, evilOrigin, type ProbeName } from "./plan.ts";
import {
  alike,
  bodyLine,
  closeFrameOf,
  knowsVersion,
  lines,
  opened,
  ownAnswer,
  refused,
  silent,
  textOf,
  wordsOf,
} from "./reply.ts";

/** What a rule has to show for itself. */
interface Evidence {
  readonly seen: readonly string[];
  readonly fix?: readonly string[];
  readonly severity?: Severity;
  /** Who answered, where it is not whom the replies show. */
  readonly who?: string;
}

/**
 * A rule and when it fires. Of the rules of a group that says "first", only the first that fires is told of: what is behind a closed door cannot be
 * seen.
 */
export interface DoctorRule extends Rule {
  readonly group: "page" | "way" | "handshake" | "tunnel" | "door" | "habits";
  readonly when: (seen: Observations) => Evidence | undefined;
}

/** Groups in which one problem hides the others. */
export const firstOnly: ReadonlySet<DoctorRule["group"]> = new Set(["way", "handshake", "tunnel"]);

export const doctorRules: readonly DoctorRule[] = [
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
  way(
    "WSO010",
    "name-unknown",
    "The name has no address",
    "DNS does not know it, or cannot be asked.",
    "Correct the name, or its DNS records.",
    ({ reach: { failed } }) => failed?.at === "dns",
  ),
  way(
    "WSO011",
    "connection-refused",
    "Nobody listens there",
    "The host answers, and no program listens on the port.",
    "Start the server, or correct the port; a firewall may refuse too.",
    ({ reach: { failed } }) => failed?.at === "tcp" && failed.code === "ECONNREFUSED",
  ),
  way(
    "WSO012",
    "connection-failed",
    "There is no connection to the host",
    "Packets go nowhere: a firewall drops them, the host is down, or there is no route.",
    "Open the port in the firewall or security group; see that the host is up.",
    ({ reach: { failed } }) => failed?.at === "tcp",
  ),
  {
    ...way(
      "WSO016",
      "http2-only",
      "The server speaks HTTP/2 and nothing else",
      "Browsers ask for a socket over HTTP/1.1 unless the server offers RFC 8441, and this one offers no HTTP/1.1 in ALPN.",
      "Let it offer http/1.1 too (nginx: http2 on beside the usual; Node.js: allowHTTP1: true), or serve RFC 8441.",
      () => false,
    ),
    when: (seen) =>
      seen.http2Only
        ? { seen: [`ALPN: h2 is accepted, http/1.1 is not: ${seen.reach.failed?.message ?? ""}`] }
        : undefined,
  },
  way(
    "WSO017",
    "tls-on-plain-port",
    "wss: on a port that does not speak TLS",
    "What came back to the TLS greeting is no TLS: the port serves plain http.",
    "Use the port that speaks TLS (443), or ws: where there is none.",
    ({ reach: { failed } }) =>
      failed?.at === "tls" &&
      /WRONG_VERSION_NUMBER|PACKET_LENGTH|unknown protocol|wrong version/i.test(`${failed.code} ${failed.message}`),
  ),
  way(
    "WSO019",
    "tls-failed",
    "TLS cannot be agreed on",
    "Server and client find no common protocol or cipher, or the server ends the greeting: a wrong name (SNI), a client certificate it wants, a port that is no web server's.",
    "Look at the server's TLS settings and log.",
    ({ reach: { failed } }) => failed?.at === "tls",
  ),
  certificate(
    "WSO013",
    "certificate-expired",
    "The certificate has expired",
    "Browsers offer no way round for sockets: the handshake fails without a question.",
    "Renew the certificate, and see that renewal runs by itself.",
    /EXPIRED|NOT_YET_VALID/,
  ),
  certificate(
    "WSO014",
    "certificate-name",
    "The certificate is for another name",
    "Browsers compare the name in the URL with the certificate's, and refuse without a question.",
    "Use a name that the certificate has, or get one for this name.",
    /ALTNAME|HOSTNAME/,
  ),
  certificate(
    "WSO015",
    "certificate-untrusted",
    "The certificate is not trusted",
    "It is self-signed, or the chain to a known authority is not complete (an intermediate is missing). For a socket no browser asks the visitor.",
    "Install a certificate of a public authority with its whole chain; for development let the browser trust your own authority.",
    /./,
  ),

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
    id: "WSO031",
    name: "too-large",
    group: "handshake",
    severity: "failure",
    title: "The request's header is too large",
    cause:
      "Cookies or a token in the URL are longer than the server takes: 8 KiB in nginx, 16 KiB in Node.js and most others.",
    fix: "Send a short ticket instead of a long token; remove old cookies; or raise the limit (nginx: large_client_header_buffers).",
    when: ({ replies: { page } }) =>
      refused(page) &&
      (page.status === 431 ||
        page.status === 414 ||
        /Request Header Or Cookie Too Large|header field exceeds server limit/i.test(textOf(page)))
        ? { seen: lines(page) }
        : undefined,
  },
  {
    id: "WSO032",
    name: "rate-limited",
    group: "handshake",
    severity: "failure",
    title: "There were too many handshakes",
    cause: "A limit per address has been reached: here, or for everybody behind the same proxy.",
    fix: "Wait, and look at why clients come back so often; a limit should count failures, and the client's own address.",
    when: ({ replies: { page } }) =>
      refused(page) && page.status === 429
        ? { seen: [...lines(page), `Retry-After: ${headerOf(page, "retry-after") ?? "none"}`] }
        : undefined,
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
    when: ({ replies: { page, plain } }) => {
      if (
        refused(page) &&
        page.status !== undefined &&
        [502, 503, 520, 521, 522, 523, 525, 526, 530].includes(page.status)
      )
        return { seen: lines(page) };
      // Varnish's pipe says nothing at all.
      return silent(page) && page.end !== "timeout" && plain?.status === 503
        ? { seen: [`handshake: ${wordsOf(page)}`, `GET: ${plain.statusLine}`] }
        : undefined;
    },
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
      return who.app?.id === "daphne"
        ? {
            seen: lines(page),
            fix: ['Daphne: route the path in URLRouter, and give ProtocolTypeRouter a "websocket" key.'],
          }
        : { seen: lines(page) };
    },
  },
  {
    id: "WSO038",
    name: "key-lost",
    group: "handshake",
    severity: "failure",
    title: "The Sec-WebSocket fields are lost on the way",
    cause: "The server misses Sec-WebSocket-Key or -Version, which were sent.",
    fix: "Let the proxy pass all Sec-WebSocket fields through. CloudFront: origin request policy AllViewer.",
    when: ({ replies: { page } }) =>
      refused(page) && /Missing or invalid Sec-WebSocket-(?:Key|Version)|missing Sec-WebSocket-Key/i.test(textOf(page))
        ? { seen: lines(page) }
        : undefined,
  },
  {
    id: "WSO046",
    name: "malformed-on-the-way",
    group: "handshake",
    severity: "failure",
    title: "The upgrade arrives, but not as a handshake of HTTP/1.1",
    cause:
      "Handshakes get another answer than an ordinary GET, whatever their version: what arrives is an upgrade, and not a right one. nginx before 1.29.7 speaks HTTP/1.0 to its backend unless it is told not to, and strict servers refuse that.",
    fix: "nginx: proxy_http_version 1.1. Otherwise see what the proxy makes of Connection and the Sec-WebSocket fields.",
    when: ({ replies: { page, plain, version } }) =>
      refused(page) &&
      page.status === 400 &&
      version !== undefined &&
      alike(page, version) &&
      !knowsVersion(version) &&
      plain !== undefined &&
      plain.status !== 400
        ? { seen: [`handshake: ${page.statusLine}`, `version 99: ${version.statusLine}`, `GET: ${plain.statusLine}`] }
        : undefined,
  },
  {
    id: "WSO023",
    name: "origin-refused",
    group: "handshake",
    severity: "failure",
    title: "The server refuses this page",
    cause:
      "The upgrade gets through, and the server says no: the page's origin is not on its list, byte for byte (scheme, www, port), or it compares it with a Host that a proxy has replaced; or what stands for the visitor is missing.",
    fix: "Add the page's origin to the server's list, exactly as the browser sends it.",
    when: (seen) => {
      const {
        replies: { page, plain, none, version },
        options,
        direct,
        who,
      } = seen;
      if (!refused(page) || ![401, 403].includes(page.status ?? 0)) return undefined;
      if (plain !== undefined && alike(page, plain) && !knowsVersion(version)) return undefined;
      const others = [
        opened(none) ? "without an Origin it opens" : "",
        opened(seen.replies.evil) ? `and from ${evilOrigin} too` : "",
      ].filter((text) => text !== "");
      return {
        seen: [`Origin: ${options.pageOrigin}`, ...lines(page), ...others],
        fix: [
          `If the page is yours, add ${JSON.stringify(options.pageOrigin)} to the list, exactly so.`,
          ...(direct === undefined && who.proxy !== undefined
            ? [
                "If it is on the list: the proxy may have replaced Host. Run it again with --direct <backend>.",
                ...hostFix(who),
              ]
            : []),
        ],
      };
    },
  },
  {
    id: "WSO033",
    name: "forbidden-for-all",
    group: "handshake",
    severity: "failure",
    title: "A rule in front forbids the path",
    cause:
      "The handshake and an ordinary GET get the same 403: an access list, a firewall for web applications, or a proxy that forbids upgrades (Envoy without upgrade_configs). It is not about the Origin.",
    fix: "Find the rule in the proxy or firewall that answered.",
    when: ({ replies: { page, plain, evil }, who, options }) =>
      refused(page) && page.status === 403 && (plain?.status === 403 || evil?.status === 403)
        ? {
            seen: [`handshake: ${page.statusLine}`, `GET: ${plain?.statusLine ?? ""}`, ...bodyLine(page)],
            ...(who.proxy?.id === "envoy" && { fix: upgradeFix(who, options) }),
          }
        : undefined,
  },
  {
    id: "WSO025",
    name: "path-mismatch",
    group: "handshake",
    severity: "failure",
    title: "A WebSocket server answers, but not on this path",
    cause:
      "Version 99 is refused as only a WebSocket server does it, so upgrades get through; the path is none of its own. A proxy may have cut or added a prefix, or a slash at the end is missing or too much.",
    fix: "Compare the URL's path with the server's, after what the proxy does to it (nginx: a proxy_pass with a path replaces the location's).",
    when: ({ replies: { page, version }, options, who }) =>
      refused(page) && knowsVersion(version) && [400, 403, 404].includes(page.status ?? 0)
        ? {
            seen: [
              `${options.url.pathname}: ${wordsOf(page)}`,
              `version 99: ${version?.statusLine ?? ""}`,
              ...bodyLine(page),
            ],
            ...(who.app?.id === "ws" && {
              fix: [`new WebSocketServer({ server, path: ${JSON.stringify(options.url.pathname)} })`],
            }),
          }
        : undefined,
  },
  {
    id: "WSO029",
    name: "other-path-of-engine",
    group: "handshake",
    severity: "failure",
    title: "Socket.IO (or another engine.io) ended the upgrade after a second",
    cause:
      "engine.io ends upgrades on paths that are not its own, without a word, 1000 ms later. Its own path is /socket.io/.",
    fix: "Use Socket.IO's client, or its path; or create the server with destroyUpgrade: false, so that others may answer their paths.",
    when: ({ replies: { page, plain } }) =>
      silent(page) && page.end === "fin" && page.ms > 700 && page.ms < 1600 && plain?.status !== undefined
        ? { seen: [wordsOf(page)] }
        : undefined,
  },
  {
    id: "WSO028",
    name: "upgrade-hangs",
    group: "handshake",
    severity: "failure",
    title: "The handshake is never answered",
    cause:
      "The server has an `upgrade` listener that leaves this path alone, or a development proxy passes no upgrades (ws: true is missing): nobody answers, and nobody closes.",
    fix: 'Let whoever listens for `upgrade` answer every one, if only with 404 (@wsorigin/node does); http-proxy-middleware: ws: true and server.on("upgrade", proxy.upgrade); Vite: server.proxy with ws: true.',
    when: ({ replies: { page, plain } }) =>
      silent(page) && page.end === "timeout" && page.error === undefined && plain?.status !== undefined
        ? { seen: [`handshake: ${wordsOf(page)}`, `GET: ${plain.statusLine}`] }
        : undefined,
  },
  {
    id: "WSO039",
    name: "no-answer",
    group: "handshake",
    severity: "failure",
    title: "The connection ends, or hangs, without an answer",
    cause:
      "Nothing is said, neither to the handshake nor to a GET: a server of another protocol, a proxy whose backend is gone (Varnish's pipe), one that is told to drop (nginx 444, HAProxy reject), ws: on a TLS port (HAProxy), or all workers busy.",
    fix: "Look into the log of what listens there.",
    when: ({ replies: { page, plain } }) =>
      silent(page)
        ? {
            seen: [
              `handshake: ${wordsOf(page)}`,
              `GET: ${plain === undefined ? "not asked" : wordsOf(plain)}`,
              ...bodyLine(page),
            ],
          }
        : undefined,
  },
  {
    id: "WSO020",
    name: "upgrade-stripped",
    group: "handshake",
    severity: "failure",
    title: "A proxy removed the upgrade",
    cause:
      "The server answers the handshake as it answers an ordinary GET: Upgrade and Connection did not arrive. They belong to one hop, so every proxy drops them unless it is told to pass them on. It is no CORS problem.",
    fix: "Let the proxy set Upgrade and Connection anew.",
    when: ({ replies: { page, plain, version }, direct, who, options }) => {
      if (!refused(page) || plain === undefined) return undefined;
      const reaches = direct !== undefined && (opened(direct.replies.page) || knowsVersion(direct.replies.version));
      const proxied = who.proxy !== undefined && !ownAnswer(page);
      // 426 asks for an upgrade, which was sent.
      const same = alike(page, plain) && !knowsVersion(version) && (reaches || proxied);
      if (page.status !== 426 && !same) return undefined;
      const cors = headerOf(page, "access-control-allow-origin");
      return {
        seen: [
          `handshake: ${page.statusLine}`,
          `GET: ${plain.statusLine}`,
          ...bodyLine(page),
          ...(cors === undefined
            ? []
            : [`Access-Control-Allow-Origin: ${cors} (CORS answered, so it came as an ordinary request)`]),
          ...(reaches ? [`to the backend: ${wordsOf(direct?.replies.page ?? page)}`] : []),
        ],
        fix: upgradeFix(who, options),
      };
    },
  },
  {
    id: "WSO035",
    name: "no-socket-here",
    group: "handshake",
    severity: "failure",
    title: "There is no WebSocket on this path",
    cause:
      "The handshake gets the answer of an ordinary GET: the path belongs to pages or files, no route of the proxy leads to the backend, or no WebSocket server is attached to the app. A proxy that hides itself may also have removed the upgrade.",
    fix: "Compare the path with the server's. If there is a proxy, run it again with --direct <backend>.",
    when: ({ replies: { page, plain } }) =>
      refused(page) && plain !== undefined && alike(page, plain)
        ? { seen: [`handshake: ${page.statusLine}`, `GET: ${plain.statusLine}`, ...bodyLine(page)] }
        : undefined,
  },
  {
    id: "WSO037",
    name: "unexpected-answer",
    group: "handshake",
    severity: "failure",
    title: "The handshake is answered with something else than 101",
    cause: "The answer is none that this program knows in this place.",
    fix: "The body and the server's log say more.",
    when: ({ replies: { page } }) => (refused(page) ? { seen: lines(page) } : undefined),
  },

  {
    id: "WSO041",
    name: "two-answers",
    group: "tunnel",
    severity: "failure",
    title: "A second HTTP answer came inside the open socket",
    cause:
      "Two `upgrade` listeners answer the same handshake: the first opens it, the second writes its refusal into the open socket. Clients say: Invalid frame header, RSV1 must be clear.",
    fix: "Let one listener take all upgrades and hand them on: WebSocketServer with noServer: true; or a gate of @wsorigin/node.",
    when: ({ replies: { page } }) =>
      page?.status === 101 && page.body.includes("HTTP/1.")
        ? { seen: [page.statusLine, ...bodyLine(page)] }
        : undefined,
  },
  {
    id: "WSO036",
    name: "accept-wrong",
    group: "tunnel",
    severity: "failure",
    title: "Sec-WebSocket-Accept does not fit the key",
    cause: "The 101 was made for another key: a proxy lost or replaced Sec-WebSocket-Key, or answered from its cache.",
    fix: "Let the proxy pass Sec-WebSocket-Key through, and cache nothing on this path.",
    when: ({ replies: { page } }) => {
      if (page?.status !== 101) return undefined;
      const got = headerOf(page, "sec-websocket-accept");
      return got === accept ? undefined : { seen: [`Sec-WebSocket-Accept: ${got ?? "none"}`, `expected: ${accept}`] };
    },
  },
  {
    id: "WSO042",
    name: "token-sent-back",
    group: "tunnel",
    severity: "failure",
    title: "The server sends the token back in Sec-WebSocket-Protocol",
    cause:
      "It chooses the first subprotocol that is offered, and that is the token: it is now in the logs of everything between.",
    fix: 'Choose among the subprotocols that are spoken. ws: handleProtocols: (offered) => offered.has("chat.v1") ? "chat.v1" : false.',
    when: ({ replies: { page }, options: { token } }) =>
      page?.status === 101 &&
      token?.place === "protocol" &&
      headerOf(page, "sec-websocket-protocol")?.includes(token.value) === true
        ? { seen: ["Sec-WebSocket-Protocol: bearer.[redacted]"] }
        : undefined,
  },
  {
    id: "WSO044",
    name: "subprotocol-not-chosen",
    group: "tunnel",
    severity: "failure",
    title: "None of the offered subprotocols was chosen",
    cause:
      "Chromium closes a socket that offered subprotocols and got none back, while Firefox and Safari open it. The server does not speak them, or a proxy removed the field.",
    fix: "Let the server choose one of those that are offered.",
    when: ({ replies: { page }, options: { protocols } }) => {
      if (page?.status !== 101 || protocols.length === 0) return undefined;
      const chosen = headerOf(page, "sec-websocket-protocol");
      return chosen !== undefined && protocols.includes(chosen)
        ? undefined
        : {
            seen: [
              `offered: ${protocols.join(", ")}`,
              `Sec-WebSocket-Protocol: ${chosen === undefined ? "none" : "another"}`,
            ],
          };
    },
  },
  {
    id: "WSO043",
    name: "closed-at-once",
    group: "tunnel",
    severity: "failure",
    title: "The socket opens and is closed at once",
    cause:
      "Something behind the 101 refuses: middleware of express-ws that does not go on (1005), a Fastify route without a websocket handler (1005), a token or session that is missed (1008, 4401, 4403), or an exception (1011).",
    fix: "Decide before the 101, so that nothing opens that is not meant to; look into the server's log.",
    when: ({ replies: { page } }) => {
      if (page?.status !== 101) return undefined;
      const frame = closeFrameOf(page);
      if (frame === undefined && page.end === "open") return undefined;
      return {
        seen: [
          frame === undefined
            ? "101, then the end of the connection without a close frame (page code sees 1006)"
            : `101, then close ${frame.code ?? "without a code (1005)"} ${JSON.stringify(frame.reason)}`,
        ],
      };
    },
  },
  {
    id: "WSO045",
    name: "http10-answer",
    group: "tunnel",
    severity: "warning",
    title: "The 101 is of HTTP/1.0",
    cause: "A proxy speaks HTTP/1.0. Chromium takes such an answer, Firefox and Safari do not.",
    fix: "nginx: proxy_http_version 1.1.",
    when: ({ replies: { page } }) =>
      page?.status === 101 && page.statusLine.startsWith("HTTP/1.0") ? { seen: [page.statusLine] } : undefined,
  },

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
      opened(replies.page) && opened(replies.null) && !opened(replies.evil)
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
      if (!opened(replies.page) || opened(replies.evil)) return undefined;
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
      opened(replies.page) && opened(replies.subdomain) && !opened(replies.evil)
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
    when: ({ replies, options: { url } }) =>
      opened(replies.page) && opened(replies.host) && !opened(replies.evil)
        ? {
            seen: ["Host: evil.invalid, Origin of the same: 101"],
            severity: url.protocol === "wss:" ? "note" : "warning",
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
      "Something on the way ends connections on which nothing has been sent for a while, without a close frame: page code sees 1006.",
    fix: "Send a ping from the server every 25 to 30 seconds, and give the proxy a longer limit.",
    when: ({ idle }) => {
      if (idle?.cutAfter === undefined) return undefined;
      const known = cutBy(idle.cutAfter);
      const how = idle.code === undefined ? "without a close frame" : `with close ${idle.code}`;
      return {
        seen: [`cut after ${idle.cutAfter.toFixed(1)} seconds, ${how}`],
        ...(known !== undefined && {
          who: known.who,
          fix: [known.fix, "A ping from the server every 25 to 30 seconds mends it everywhere."],
        }),
      };
    },
  },
];

function way(
  id: string,
  name: string,
  title: string,
  cause: string,
  fix: string,
  fires: (seen: Observations) => boolean,
): DoctorRule {
  return {
    id,
    name,
    title,
    cause,
    fix,
    group: "way",
    severity: "failure",
    when: (seen) =>
      fires(seen)
        ? { seen: [`${seen.reach.failed?.code ?? ""} ${seen.reach.failed?.message ?? ""}`.trim()] }
        : undefined,
  };
}

function certificate(id: string, name: string, title: string, cause: string, fix: string, form: RegExp): DoctorRule {
  return {
    ...way(id, name, title, cause, fix, () => false),
    when: ({ reach: { certificate } }) =>
      certificate?.problem === undefined || !form.test(certificate.problem)
        ? undefined
        : {
            seen: [
              `${certificate.problem}: ${certificate.subject}, for ${certificate.names || "no names"}, by ${certificate.issuer}, until ${certificate.validTo}`,
            ],
          },
  };
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

const secretNames = new Set([
  "token",
  "access_token",
  "accesstoken",
  "auth",
  "authorization",
  "jwt",
  "api_key",
  "apikey",
  "key",
  "session",
  "sid",
  "password",
  "secret",
]);

/** A URL without what may be secret in it. */
function redacted(url: string): string {
  return url.replace(/\?.*$/, "?[redacted]");
}
