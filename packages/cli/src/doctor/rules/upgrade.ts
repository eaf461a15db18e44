import { headerOf } from "../exchange.ts";
import { upgradeFix } from "../fixes.ts";
import {
  alike,
  bodyLine,
  dropped,
  knowsVersion,
  lines,
  opened,
  ownAnswer,
  refused,
  silent,
  wordsOf,
} from "../reply.ts";
import type { DoctorRule } from "./rule.ts";

/** An upgrade that does not take place. */
export const upgradeRules: readonly DoctorRule[] = [
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
    id: "WSO048",
    name: "dropped",
    group: "handshake",
    severity: "failure",
    title: "The server ends the connection instead of answering the handshake",
    cause:
      "An ordinary GET is answered, so the server runs. Its `upgrade` listener calls socket.destroy() or socket.end(): for a path that it does not know, for an origin that is not on its list, or for a visitor without a session. Page code sees 1006.",
    fix: "Compare the path and the origin with those that the listener takes, and let it answer with a status (404, 403, 401) before it ends the connection.",
    when: ({ replies: { page, plain, version, none, evil }, options }) =>
      dropped(page) && plain?.status !== undefined
        ? {
            seen: [
              `handshake: ${wordsOf(page)}`,
              `GET: ${plain.statusLine}`,
              ...(version === undefined ? [] : [`version 99: ${wordsOf(version)}`]),
              ...(dropped(none) && dropped(evil) ? ["the same without an Origin, and with others"] : []),
            ],
            fix: [
              ...(plain.status === 404
                ? [`The GET gets 404: see that the server has a socket on ${options.url.pathname}.`]
                : []),
              `See that the listener takes Origin: ${options.pageOrigin}, and what else it asks for (--cookie, --token).`,
              'Refuse with an answer: socket.end("HTTP/1.1 403 Forbidden\\r\\nConnection: close\\r\\n\\r\\n").',
            ],
          }
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
      // 426 asks for an upgrade, which was sent. A listener's own 426 was handled before.
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
      "The handshake gets the answer of an ordinary GET, or 404 as the GET does: the path belongs to pages or files, no route of the proxy leads to the backend, or no WebSocket server is attached to the app. A proxy that hides itself may also have removed the upgrade.",
    fix: "Compare the path with the server's. If there is a proxy, run it again with --direct <backend>.",
    when: ({ replies: { page, plain } }) =>
      refused(page) && plain !== undefined && (alike(page, plain) || (page.status === 404 && plain.status === 404))
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
];
