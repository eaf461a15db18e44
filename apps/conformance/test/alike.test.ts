import { createPolicy, type PolicyOptions } from "@wsorigin/core";
import {
  type AdapterEvent,
  type AdapterOptions,
  type AdapterServer,
  type AdapterStart,
  handshake,
  type HandshakeRequest,
  hostCaseOrigin,
  hostCases,
  originCases,
  policyOptionsOf,
  until,
} from "@wsorigin/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { others, reference } from "./adapters.ts";

const page = "https://app.example";
const evil = "https://evil.test";
const usual: PolicyOptions = { origins: [page], hosts: ["api.example"] };

/** A server, and what its gate tells. */
interface Running extends AdapterServer {
  readonly events: readonly AdapterEvent[];
}

/** Everything that one handshake comes to. */
interface Outcome {
  readonly events: readonly unknown[];
  readonly statusLine: string;
  readonly headers: readonly unknown[];
  /** Every byte of the answer; of a socket that opened, its first frame too. */
  readonly bytes: string;
  readonly first: unknown;
  readonly closed: string;
}

const oddOnes: readonly HandshakeRequest[] = [
  {},
  { origin: evil },
  { origin: null },
  { origin: "null" },
  { origin: "" },
  { origin: [page, evil] },
  { origin: [page, page] },
  { hostHeader: "evil.test" },
  { hostHeader: "evil.test", origin: evil },
  { path: "/nowhere" },
  { path: "/nowhere", origin: evil },
  { path: "/other/../chat/lobby" },
  { path: "/chat/%E0%A4%A" },
  { path: "//chat/lobby" },
  { path: "/chat/lobby?a=1&a=2&b=%20" },
  { path: "http://evil.test/chat/lobby" },
  { httpVersion: "1.0" },
  { method: "POST" },
  { omit: ["sec-websocket-key"] },
  { omit: ["sec-websocket-key"], headers: [["Sec-WebSocket-Key", "short"]] },
  { omit: ["sec-websocket-version"] },
  { omit: ["sec-websocket-version"], headers: [["Sec-WebSocket-Version", "8"]] },
  { omit: ["upgrade"], headers: [["Upgrade", "h2c"]] },
  { headers: [["Sec-WebSocket-Protocol", "chat.v2, chat.v1"]] },
  { headers: [["Sec-WebSocket-Protocol", "chat.v2"]] },
  { headers: [["Sec-WebSocket-Protocol", "a b"]] },
  { headers: [["Sec-WebSocket-Extensions", "permessage-deflate"]] },
  { headers: [["Content-Length", "5"]], extra: Buffer.from("hello") },
  { omit: ["upgrade", "connection"] },
  { headers: [["X-Forwarded-Host", "evil.test"]] },
];

describe.each(others)("%s", (_name, start) => {
  test.each<[string, PolicyOptions, Partial<AdapterOptions>]>([
    ["as usual", usual, { protocols: ["chat.v1"] }],
    ["without protocols", usual, {}],
    ["with refusals that close", usual, { refuseWith: "close" }],
    ["with unrouted refused", usual, { unrouted: "refuse" }],
    ["in mode report", { ...usual, mode: "report" }, {}],
    ["with a directory", { directory: { has: async (origin) => origin === page } }, {}],
    ["with sameHost", { sameHost: true, hosts: ["api.example"], dangerouslyAllowInsecureOrigins: true }, {}],
  ])("answers as node does, %s", async (_what, policy, options) => {
    expect(await expectAlike(start, policy, options, oddOnes)).toBeGreaterThan(20);
  });

  test("answers every case of the corpus as node does", { timeout: 60_000 }, async () => {
    let compared = 0;
    for (const [policy, requests] of corpus()) compared += await expectAlike(start, policy, {}, requests);
    expect(compared).toBeGreaterThan(400);
  });
});

/** The corpus, by policy; without policies that are no policies. */
function corpus(): Map<PolicyOptions, HandshakeRequest[]> {
  const groups = new Map<string, [PolicyOptions, HandshakeRequest[]]>();
  const add = (policy: PolicyOptions, request: HandshakeRequest): void => {
    const key = JSON.stringify(policy);
    const group = groups.get(key) ?? [policy, []];
    group[1].push(request);
    groups.set(key, group);
  };
  for (const row of originCases)
    add(policyOptionsOf(row), { origin: row.origin, hostHeader: row.policy.host ?? "api.example" });
  for (const row of hostCases) add(policyOptionsOf(row), { origin: hostCaseOrigin, hostHeader: row.host });
  return new Map([...groups.values()].filter(([policy]) => isPolicy(policy)));
}

function isPolicy(options: PolicyOptions): boolean {
  try {
    createPolicy(options);
    return true;
  } catch {
    return false;
  }
}

/** Sends each request to both servers, one by one. Gives how many the gate decided on. */
async function expectAlike(
  start: AdapterStart,
  policy: PolicyOptions,
  options: Partial<AdapterOptions>,
  requests: readonly HandshakeRequest[],
): Promise<number> {
  const [expected, got] = [await run(reference, policy, options), await run(start, policy, options)];
  for (const request of requests) {
    const what = JSON.stringify(request).slice(0, 200);
    expect({ what, ...(await ask(got, request)) }).toEqual({ what, ...(await ask(expected, request)) });
  }
  return expected.events.length;
}

async function run(start: AdapterStart, policy: PolicyOptions, options: Partial<AdapterOptions>): Promise<Running> {
  const events: AdapterEvent[] = [];
  const errors: unknown[] = [];
  const server = await start({
    policy,
    options: {
      log: false,
      ...options,
      onDecision: (event) => events.push(event),
      onError: (error) => errors.push(error),
    },
    routes: [
      {
        path: "/chat/:room",
        handler(socket, { params, query, origin, ip, protocol }) {
          socket.send(JSON.stringify({ params, query: [...query], origin, ip, protocol }), { binary: false });
        },
      },
    ],
    before: () => {},
    after: () => {},
    // What the gate gives to the app is the framework's to answer: one response for all, without fields of its own.
    answer(_request, response) {
      response.sendDate = false;
      response.removeHeader("X-Powered-By");
      response.writeHead(200, { "Content-Length": 4, Connection: "close" }).end("page");
      return true;
    },
  });
  onTestFinished(async () => {
    await server.closeGate({ timeout: 500 });
    await server.close();
    expect(errors).toEqual([]);
  });
  return { ...server, events };
}

async function ask({ port, events }: Running, request: HandshakeRequest): Promise<Outcome> {
  const before = events.length;
  const given = { path: "/chat/lobby", origin: page, hostHeader: "api.example", ...request };
  const { status, statusLine, headers, raw, closed, frames } = await handshake({ port }, given);
  const first = await frames?.next();
  frames?.destroy();
  if (status === 101 || status === 403) await until(() => events.length > before, "the gate has told");
  const told = events
    .slice(before)
    .map(({ decision, route, ip, mode }) => ({ decision: { ...decision }, route, ip, mode }));
  // What Node's parser refuses never comes to a gate, and every framework words it as it likes.
  if (told.length === 0) return { events: told, statusLine, headers: [], bytes: "", first, closed };
  const bytes = status === 101 ? raw.subarray(0, raw.indexOf("\r\n\r\n") + 4) : raw;
  return { events: told, statusLine, headers, bytes: bytes.toString("latin1"), first, closed };
}
