import { headerOf, type Reply } from "../exchange.ts";
import { gateFix, hostFix, upgradeFix } from "../fixes.ts";
import type { Observations } from "../observe.ts";
import { evilOrigin } from "../plan.ts";
import { alike, bodyLine, knowsVersion, lines, opened, refused, textOf, wordsOf } from "../reply.ts";
import { refusedForOrigin } from "./for-origin.ts";
import { refusesOrigin } from "../words/frameworks.ts";
import { inItsWords } from "../words/index.ts";
import type { DoctorRule } from "./rule.ts";

/** A handshake that is refused for its key, its form, its Origin or its path. */
export const refusalRules: readonly DoctorRule[] = [
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
      const { replies, options, direct, who } = seen;
      const { page, plain, version } = replies;
      if (page === undefined) return undefined;
      const isForOrigin = refusedForOrigin(seen);
      if (!isForOrigin) {
        const own = refusesOrigin(page, textOf(page));
        const isRefusal = refused(page) && (own || page.status === 401 || page.status === 403 || saysNo(page, seen));
        if (!isRefusal) return undefined;
        if (!own && plain !== undefined && alike(page, plain) && !knowsVersion(version)) return undefined;
      }
      return {
        seen: [
          `Origin: ${options.pageOrigin}`,
          ...(refused(page) ? lines(page) : [`the answer: ${wordsOf(page)}`]),
          ...(opened(replies.none) ? ["without an Origin it opens"] : []),
          ...(opened(replies.evil) ? [`from ${evilOrigin} it opens`] : []),
        ],
        fix: [
          `If the page is yours, add ${JSON.stringify(options.pageOrigin)} to the list, exactly so.`,
          ...hintsFor(page, seen),
          ...(inItsWords(who.app, "list", options) ?? []),
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
    when: ({ replies: { page, plain, version }, who, direct }) =>
      refused(page) &&
      page.status === 400 &&
      (who.proxy !== undefined || direct !== undefined) &&
      version !== undefined &&
      alike(page, version) &&
      !knowsVersion(version) &&
      plain !== undefined &&
      plain.status !== 400
        ? { seen: [`handshake: ${page.statusLine}`, `version 99: ${version.statusLine}`, `GET: ${plain.statusLine}`] }
        : undefined,
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
      "Version 99 is refused as only a WebSocket server does it, or the handshake gets 404 where a GET is answered: upgrades get through, and no socket is on this path. A proxy may have cut or added a prefix, or a slash at the end is missing or too much.",
    fix: "Compare the URL's path with the server's, after what the proxy does to it (nginx: a proxy_pass with a path replaces the location's).",
    when: ({ replies: { page, plain, version }, options, who }) =>
      refused(page) &&
      (knowsVersion(version)
        ? [400, 403, 404].includes(page.status ?? 0)
        : page.status === 404 && plain?.status !== undefined && plain.status !== 404)
        ? {
            seen: [
              `${options.url.pathname}: ${wordsOf(page)}`,
              `version 99: ${version?.statusLine ?? ""}`,
              ...bodyLine(page),
            ],
            fix: [
              ...(who.app?.id === "ws"
                ? [`new WebSocketServer({ server, path: ${JSON.stringify(options.url.pathname)} })`]
                : ["Compare the URL's path with the server's, after what the proxy does to it."]),
              ...(page.status === 400
                ? [
                    "If the path is right, the server refuses every Origin that was tried: verifyClient with cb(false, 400).",
                  ]
                : []),
            ],
          }
        : undefined,
  },
];

/** What is known of the server that refuses for the Origin. */
function hintsFor(page: Reply, { options, who, replies }: Observations): readonly string[] {
  if (options.protocols.includes("vite-hmr") || options.protocols.includes("vite-ping"))
    return ["Vite opens its socket only for its own client, which sends ?token=: open the page from the Vite server."];
  if (page.status === 500)
    return ["It answers 500 because a check throws: refuse with 403 before the 101.", ...gateFix(who, options)];
  if (page.status === 403 && replies.none?.status === 403 && replies.plain?.status === 404)
    return [
      `Without an Origin it is refused in the same way, and the GET gets 404: see that a route takes ${options.url.pathname}. Servers of ASGI (uvicorn, Hypercorn, Daphne) refuse with 403 what no route takes.`,
    ];
  if (page.status === 400 || page.status === 426)
    return [
      "If it is on the list, it is refused for something else: the path, a session, a token. Let the listener answer 404, 401 or 403, so that they can be told apart.",
    ];
  if (page.status === undefined)
    return [
      "It ends the connection without an answer: refuse with 403, so that the page's console and your logs show it.",
    ];
  return [];
}

/** Whether an `upgrade` listener refuses with a status that has other meanings too, before anything looked at the version. */
function saysNo(page: Reply, { replies: { plain, version }, who }: Observations): boolean {
  if (forbiddenByEngine(page)) return true;
  const isSuch = page.status === 400 || (page.status === 426 && headerOf(page, "sec-websocket-version") === undefined);
  const isSame = version?.status === page.status && !knowsVersion(version);
  return isSuch && isSame && who.proxy === undefined && plain?.status !== undefined && plain.status !== page.status;
}

/** Engine.IO's answer where `allowRequest` says no without a text of its own. */
function forbiddenByEngine(page: Reply): boolean {
  return page.status === 400 && textOf(page) === "Forbidden";
}
