import { channel } from "node:diagnostics_channel";
import {
  bearerHeader,
  bearerProtocol,
  cookie,
  explain,
  firstMessage,
  grant,
  type PolicyOptions,
  queryParam,
  refuse,
  type TokenSource,
} from "@wsorigin/core";
import { type AdapterEvent, type AdapterStart, handshake, type HandshakeRequest } from "@wsorigin/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { others, reference } from "./adapters.ts";

const page = "https://app.example";

/** Each is of its own, and no part of anything else. */
const canaries = {
  header: "Qv7hKx1mWz9pLr4T",
  protocol: "Jt3yBn6cXd8gFs2V",
  query: "Zk5wRq1jHm7vNp9D",
  cookie: "Gb4xCf8tYl2sMw6K",
  message: "Pd9nVj3zTh5rQk1X",
  refresh: "Wm6gLs8bZc2fJy4R",
};

const places: readonly (readonly [name: string, source: TokenSource, request: HandshakeRequest])[] = [
  ["Authorization", bearerHeader(), { headers: [["Authorization", `Bearer ${canaries.header}`]] }],
  [
    "a subprotocol",
    bearerProtocol(),
    { headers: [["Sec-WebSocket-Protocol", `chat.v1, bearer.${canaries.protocol}`]] },
  ],
  ["the query", queryParam("ticket"), { path: `/chat?ticket=${canaries.query}` }],
  ["a cookie", cookie("sid"), { headers: [["Cookie", `sid=${canaries.cookie}`]] }],
  ["the first message", firstMessage(), {}],
];

/** What may become of a token. */
const fates = {
  granted: () => grant({ principal: "Ada", subject: "ada" }),
  refused: (token: string) => refuse("invalid", `${token} is not known.`),
  thrown: (token: string) => {
    throw new Error(`SELECT * FROM sessions WHERE token = '${token}'`);
  },
  rejected: (token: string) => Promise.reject(new TypeError(`Unexpected token in ${token.slice(0, 10)}`)),
};

describe.each([["node", reference] as const, ...others])("%s", (_name, start) => {
  test.each(Object.entries(fates))(
    "a token that is %s is in nothing that is logged, emitted or sent",
    async (_fate, verify) => {
      const told: string[] = [];
      const stderr = vi.spyOn(process.stderr, "write").mockImplementation((chunk) => told.push(String(chunk)) > 0);
      const stdout = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => told.push(String(chunk)) > 0);
      const decisions = channel("wsorigin:decision");
      const listen = (event: unknown): void => void told.push(JSON.stringify(event));
      decisions.subscribe(listen);
      try {
        for (const [, source, request] of places)
          told.push(...(await outputs(start, { origins: [page], token: { from: [source], verify } }, request)));
      } finally {
        decisions.unsubscribe(listen);
        stderr.mockRestore();
        stdout.mockRestore();
      }
      const all = told.join("\n");
      // Something was told, or nothing is proven.
      expect(told.length).toBeGreaterThan(2 * places.length);
      expect(all).toMatch(/token-invalid|verifier-failed|origin-listed/);
      for (const canary of Object.values(canaries)) {
        for (let at = 0; at + 6 <= canary.length; at++) expect(all).not.toContain(canary.slice(at, at + 6));
      }
    },
  );
});

/** Everything that an adapter says of one handshake, and of a renewal: events, their explanations, the log, errors, and every byte it sends. */
async function outputs(
  start: AdapterStart,
  policy: PolicyOptions<unknown>,
  request: HandshakeRequest,
): Promise<readonly string[]> {
  const told: string[] = [];
  const tell = (event: AdapterEvent): void => void told.push(JSON.stringify(event), explain(event.decision));
  const renewals: Promise<unknown>[] = [];
  const server = await start({
    policy,
    options: {
      protocols: ["chat.v1"],
      log: (text) => told.push(text),
      onDecision: tell,
      onError: (error) => told.push(String(error instanceof Error ? error.stack : error)),
    },
    routes: [
      {
        path: "/chat",
        handler(_socket, context) {
          const renewal = context.refresh(canaries.refresh);
          renewals.push(renewal.then((decision) => told.push(JSON.stringify(decision), explain(decision))));
        },
      },
    ],
    before: () => {},
    after: () => {},
  });
  onTestFinished(() => server.close());
  const { raw, frames } = await handshake({ port: server.port }, { path: "/chat", origin: page, ...request });
  told.push(raw.toString("latin1"));
  frames?.send(canaries.message);
  await Promise.all(renewals);
  const closing = server.closeGate({ timeout: 1000 });
  const close = await frames?.nextClose();
  told.push(`${close?.code} ${close?.text}`);
  frames?.destroy();
  await closing;
  return told;
}
