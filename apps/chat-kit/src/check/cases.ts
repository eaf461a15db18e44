import type { HandshakeRequest } from "@wsorigin/testing";
import { LoungeProbe, type Poll, websocket } from "./lounge-probe.ts";
import { type Probe, type Subject, visitorName } from "./probe.ts";

export interface Case {
  readonly name: string;
  readonly expected: string;
  readonly ask: (probe: Probe) => Promise<string>;
}

/** Paths of listeners that are no part of the chat: one attached before the guard, one after. */
export const earlyPath = "/foreign/early";
export const latePath = "/foreign/late";

/** What is tried while the chat runs. */
export function cases(subject: Subject, probe: Probe): readonly Case[] {
  return [...chatCases(subject), ...loungeCases(subject, new LoungeProbe(subject, probe))];
}

/** The chat itself, and listeners beside it. */
function chatCases({ chatUrl, hostileUrl, address: { port } }: Subject): readonly Case[] {
  const evil = "https://evil.test";
  const rebound = `evil.test:${port}`;
  return [
    ask("the chat's own page, with a ticket", "101 origin-listed", async (probe) =>
      probe.knock({ origin: chatUrl, path: await probe.ticketPath() }),
    ),
    ask("the same ticket a second time", "401 token-invalid", (probe) => probe.knockTwice()),
    knock("no ticket (the cookie rides along)", { origin: chatUrl }, "401 token-missing"),
    knock("a made-up ticket", { origin: chatUrl, path: "/chat/lobby?ticket=made-up" }, "401 token-malformed"),
    ask("the name on the socket is the ticket's", visitorName, (probe) => probe.nameOnSocket()),

    knock("a page of another site", { origin: evil }, "403 origin-not-listed"),
    knock("the hostile page (the cookie rides along)", { origin: hostileUrl }, "403 origin-not-listed"),
    ask("the hostile page, with a stolen ticket", "403 origin-not-listed", async (probe) =>
      probe.knock({ origin: hostileUrl, path: await probe.ticketPath() }),
    ),
    ask("the hostile page asks for a ticket", "403 for nobody", (probe) => probe.askTicket(hostileUrl)),
    knock("Origin: null (a sandboxed frame)", { origin: "null" }, "403 origin-opaque"),
    knock("no Origin (no browser)", { origin: null }, "403 origin-missing"),
    knock("two Origin lines", { origin: [chatUrl, evil] }, "400 origin-repeated"),

    knock("look-alike: suffix", { origin: `http://localhost.evil.test:${port}` }, "403 origin-not-listed"),
    knock("look-alike: prefix", { origin: `http://evillocalhost:${port}` }, "403 origin-not-listed"),
    knock("look-alike: subdomain", { origin: `http://evil.localhost:${port}` }, "403 origin-not-listed"),
    knock("look-alike: default port", { origin: "http://localhost" }, "403 origin-not-listed"),
    knock("look-alike: scheme", { origin: `https://localhost:${port}` }, "403 origin-not-listed"),
    knock("look-alike: user name", { origin: `${chatUrl}@evil.test` }, "400 origin-malformed"),
    knock("look-alike: case", { origin: `http://LOCALHOST:${port}` }, "400 origin-malformed"),

    knock(
      "DNS rebinding: Host and Origin",
      { origin: `http://${rebound}`, hostHeader: rebound },
      "403 host-not-listed",
    ),
    knock("DNS rebinding: Host alone", { origin: chatUrl, hostHeader: rebound }, "403 host-not-listed"),
    knock("a proxy stripped the upgrade", { origin: chatUrl, omit: ["upgrade", "connection"] }, "426 upgrade-stripped"),

    knockForeign("older listener, evil page", earlyPath, evil, "403 origin-not-listed, not reached"),
    knockForeign("older listener, own page", earlyPath, chatUrl, "101 origin-listed, reached"),
    knockForeign("later listener, evil page", latePath, evil, "403 origin-not-listed, not reached"),
    knockForeign("later listener, own page", latePath, chatUrl, "101 origin-listed, reached"),

    preflight("CORS preflight, own page", chatUrl, "may post"),
    preflight("CORS preflight, hostile page", hostileUrl, "may not post"),
    callApi("GET /api/me, own page", chatUrl, `200 for ${chatUrl}`),
    callApi("GET /api/me, hostile page", hostileUrl, "200 for nobody"),

    ask("log out everywhere: an open socket", "4401 Token revoked", async (probe) =>
      probe.logoutEverywhere(await probe.enter()),
    ),
  ];
}

/** The same for the room that Socket.IO carries, over both of its transports. */
function loungeCases({ chatUrl, hostileUrl, address: { port } }: Subject, lounge: LoungeProbe): readonly Case[] {
  const poll = (name: string, request: Poll, expected: string): Case => ({
    name: `Socket.IO, polling: ${name}`,
    expected,
    ask: () => lounge.poll(request),
  });
  return [
    poll("own page", {}, "200 origin-absent"),
    poll("no ticket", { ticket: false }, "401 token-missing"),
    poll("the hostile page", { origin: hostileUrl }, "403 origin-not-listed"),
    poll("DNS rebinding", { hostHeader: `evil.test:${port}` }, "403 host-not-listed"),
    ask("Socket.IO, polling: hostile page, stolen session", "403 origin-not-listed", () => lounge.goOn(hostileUrl)),
    ask("Socket.IO, websocket: own page", "101 origin-listed", async (probe) =>
      probe.knock({ origin: chatUrl, path: await probe.ticketPath(websocket) }),
    ),
    knock("Socket.IO, websocket: no ticket", { origin: chatUrl, path: websocket }, "401 token-missing"),
    ask("Socket.IO, websocket: the hostile page", "403 origin-not-listed", async (probe) =>
      probe.knock({ origin: hostileUrl, path: await probe.ticketPath(websocket) }),
    ),
    ask("the name in the Socket.IO room is the ticket's", visitorName, () => lounge.nameInRoom()),
    ask("log out everywhere: Socket.IO, websocket", "4401 Token revoked", () => lounge.logoutOverWebSocket()),
    ask("log out everywhere: Socket.IO, polling", "ended, 401 token-revoked", () => lounge.logoutOverPolling()),
  ];
}

function ask(name: string, expected: string, ask: Case["ask"]): Case {
  return { name, expected, ask };
}

function knock(name: string, request: HandshakeRequest, expected: string): Case {
  return { name, expected, ask: (probe) => probe.knock(request) };
}

function knockForeign(name: string, path: string, origin: string, expected: string): Case {
  return { name, expected, ask: (probe) => probe.knockForeign(path, origin) };
}

function preflight(name: string, origin: string, expected: string): Case {
  return { name, expected, ask: (probe) => probe.preflight(origin) };
}

function callApi(name: string, origin: string, expected: string): Case {
  return { name, expected, ask: (probe) => probe.callApi(origin) };
}
