import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { DecisionEvent } from "@wsorigin/express";
import { type Answer, closeBytes, handshake, type HandshakeRequest } from "@wsorigin/testing";
import { WebSocketServer } from "ws";
import type { Row } from "./table.ts";

/** What is needed of a running chat, whatever framework it is built with. */
export interface Subject {
  readonly chatUrl: string;
  readonly hostileUrl: string;
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/** Starts a chat on a server that may have `upgrade` listeners already. */
export type StartSubject = (options: {
  readonly server: Server;
  readonly onDecision: (event: DecisionEvent) => void;
}) => Promise<Subject>;

/** Every usual line of a handshake: without them it is an ordinary request. */
const handshakeLines = ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"];

const earlyPath = "/foreign/early";
const latePath = "/foreign/late";

/** Puts a chat to the test over sockets of its own, and closes it. A row that fails says what came instead; none throws. */
export async function check(start: StartSubject): Promise<readonly Row[]> {
  const server = createServer();
  const reached = new Set<string>();
  attachForeign(server, earlyPath, reached);
  const codes: string[] = [];
  const subject = await start({ server, onDecision: ({ decision }) => codes.push(decision.code) });
  attachForeign(server, latePath, reached);
  const probe = new Probe(subject, codes, reached);
  const rows: Row[] = [];
  const row = async (name: string, expected: string, ask: () => Promise<string>): Promise<void> => {
    const got = await ask().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    rows.push({ name, expected, got, ok: got === expected });
  };
  const visitor = await probe.visit();
  for (const { name, request, expected } of handshakes(subject)) await row(name, expected, () => probe.knock(request));
  await row("the name on the socket is the session's", visitor, () => probe.nameOnSocket());
  for (const { name, path, origin, expected } of foreign(subject))
    await row(name, expected, () => probe.knockForeign(path, origin));
  for (const { name, method, origin, expected } of http(subject))
    await row(name, expected, () => probe.callApi(method, origin));

  const open = await probe.handshake({ origin: subject.chatUrl }).catch(() => undefined);
  const closed = subject.close();
  await row("a handshake while the gate closes", "503 draining", () => probe.knock({ origin: subject.chatUrl }));
  await row(
    "a socket that is open meanwhile",
    "close 1001",
    async () => `close ${(await open?.frames?.nextClose())?.code ?? "without a code"}`,
  );
  open?.frames?.write(closeBytes(1001));
  await row("the servers after that", "closed", () =>
    Promise.race([closed.then(() => "closed"), delay(10_000, "still open", { ref: false })]),
  );
  open?.frames?.destroy();
  return rows;
}

interface HandshakeCase {
  readonly name: string;
  readonly request: HandshakeRequest;
  readonly expected: string;
}

function handshakes({ chatUrl, hostileUrl, address: { port } }: Subject): readonly HandshakeCase[] {
  return [
    { name: "the chat's own page", request: { origin: chatUrl }, expected: "101 origin-listed" },
    {
      name: "its page without a session",
      request: { origin: chatUrl, headers: [] },
      expected: "403 middleware-refused",
    },
    { name: "a page of another site", request: { origin: "https://evil.test" }, expected: "403 origin-not-listed" },
    {
      name: "the hostile page (the cookie rides along)",
      request: { origin: hostileUrl },
      expected: "403 origin-not-listed",
    },
    { name: "Origin: null (a sandboxed frame)", request: { origin: "null" }, expected: "403 origin-opaque" },
    { name: "no Origin (no browser)", request: { origin: null }, expected: "403 origin-missing" },
    {
      name: "look-alike: a longer name",
      request: { origin: `http://localhost.evil.test:${port}` },
      expected: "403 origin-not-listed",
    },
    {
      name: "look-alike: a name in front",
      request: { origin: `http://evillocalhost:${port}` },
      expected: "403 origin-not-listed",
    },
    {
      name: "look-alike: a subdomain",
      request: { origin: `http://evil.localhost:${port}` },
      expected: "403 origin-not-listed",
    },
    { name: "look-alike: no port", request: { origin: "http://localhost" }, expected: "403 origin-not-listed" },
    { name: "look-alike: https", request: { origin: `https://localhost:${port}` }, expected: "403 origin-not-listed" },
    { name: "look-alike: a user name", request: { origin: `${chatUrl}@evil.test` }, expected: "400 origin-malformed" },
    {
      name: "look-alike: another case",
      request: { origin: `http://LOCALHOST:${port}` },
      expected: "400 origin-malformed",
    },
    { name: "two Origin lines", request: { origin: [chatUrl, "https://evil.test"] }, expected: "400 origin-repeated" },
    {
      name: "a rebound name as Host and Origin",
      request: rebound(port, `http://evil.test:${port}`),
      expected: "403 host-not-listed",
    },
    { name: "a rebound name as Host alone", request: rebound(port, chatUrl), expected: "403 host-not-listed" },
    {
      name: "a proxy stripped the upgrade",
      request: { origin: chatUrl, omit: ["upgrade", "connection"] },
      expected: "426 upgrade-stripped",
    },
  ];
}

/** A name of the attacker's that has come to point at this server. */
function rebound(port: number, origin: string): HandshakeRequest {
  return { origin, hostHeader: `evil.test:${port}` };
}

function foreign({
  chatUrl,
}: Subject): readonly {
  readonly name: string;
  readonly path: string;
  readonly origin: string;
  readonly expected: string;
}[] {
  return [
    {
      name: "an older listener's path, evil page",
      path: earlyPath,
      origin: "https://evil.test",
      expected: "403 origin-not-listed, not reached",
    },
    {
      name: "an older listener's path, own page",
      path: earlyPath,
      origin: chatUrl,
      expected: "101 origin-listed, reached",
    },
    {
      name: "a later listener's path, evil page",
      path: latePath,
      origin: "https://evil.test",
      expected: "403 origin-not-listed, not reached",
    },
    {
      name: "a later listener's path, own page",
      path: latePath,
      origin: chatUrl,
      expected: "101 origin-listed, reached",
    },
  ];
}

function http({
  chatUrl,
  hostileUrl,
}: Subject): readonly {
  readonly name: string;
  readonly method: string;
  readonly origin: string;
  readonly expected: string;
}[] {
  return [
    {
      name: "CORS preflight of the chat's own page",
      method: "OPTIONS",
      origin: chatUrl,
      expected: `204 for ${chatUrl}`,
    },
    { name: "CORS preflight of the hostile page", method: "OPTIONS", origin: hostileUrl, expected: "204 for nobody" },
    { name: "the API, asked by the chat's own page", method: "GET", origin: chatUrl, expected: `200 for ${chatUrl}` },
    { name: "the API, asked by the hostile page", method: "GET", origin: hostileUrl, expected: "200 for nobody" },
  ];
}

/** Another user of the server's upgrades, as an app may well have one. */
function attachForeign(server: Server, path: string, reached: Set<string>): void {
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, duplex, head) => {
    if (request.url !== path) return;
    reached.add(path);
    sockets.handleUpgrade(request, duplex, head, (socket) => socket.on("error", () => socket.terminate()));
  });
}

/** Knocks at one chat, with a visitor's cookie, and puts what comes into words. */
class Probe {
  readonly #subject: Subject;
  readonly #codes: string[];
  readonly #reached: Set<string>;
  #cookie = "";

  constructor(subject: Subject, codes: string[], reached: Set<string>) {
    this.#subject = subject;
    this.#codes = codes;
    this.#reached = reached;
  }

  /** Opens the page, as a browser does first of all. Gives the visitor's name. */
  async visit(): Promise<string> {
    const page = await this.handshake({ path: "/", omit: handshakeLines, headers: [["Connection", "close"]] });
    this.#cookie = page.header("set-cookie")?.split(";", 1)[0] ?? "";
    const me = await this.handshake({
      path: "/api/me",
      omit: handshakeLines,
      headers: [["Connection", "close"], ...this.#cookies()],
    });
    return field(me.body, "name");
  }

  handshake(request: HandshakeRequest): Promise<Answer> {
    const { address, chatUrl } = this.#subject;
    const usual: HandshakeRequest = {
      path: "/chat/lobby",
      hostHeader: new URL(chatUrl).host,
      headers: this.#cookies(),
    };
    return handshake({ host: address.address, port: address.port }, { ...usual, ...request });
  }

  /** The status, and every decision that was told of meanwhile. */
  async knock(request: HandshakeRequest): Promise<string> {
    this.#codes.length = 0;
    const { status, frames } = await this.handshake(request);
    frames?.destroy();
    return `${status ?? "no answer"} ${this.#codes.join(" and ") || "nobody-asked"}`;
  }

  async knockForeign(path: string, origin: string): Promise<string> {
    this.#reached.delete(path);
    const got = await this.knock({ path, origin });
    return `${got}, ${this.#reached.has(path) ? "reached" : "not reached"}`;
  }

  async nameOnSocket(): Promise<string> {
    const { frames } = await this.handshake({ origin: this.#subject.chatUrl });
    const welcome = await frames?.next();
    frames?.destroy();
    return field(welcome?.text ?? "", "you");
  }

  /** The status, and whose page may read the answer. */
  async callApi(method: string, origin: string): Promise<string> {
    const asks = method === "OPTIONS" ? [["Access-Control-Request-Method", "POST"] as const] : [];
    const answer = await this.handshake({
      method,
      path: "/api/me",
      origin,
      omit: handshakeLines,
      headers: [["Connection", "close"], ...asks, ...this.#cookies()],
    });
    return `${answer.status ?? "no answer"} for ${answer.header("access-control-allow-origin") ?? "nobody"}`;
  }

  #cookies(): readonly (readonly [string, string])[] {
    return [["Cookie", this.#cookie]];
  }
}

function field(json: string, name: string): string {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? String(Reflect.get(value, name)) : "nothing";
  } catch {
    return "nothing";
  }
}
