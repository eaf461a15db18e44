import { Writable } from "node:stream";
import { inspect } from "node:util";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { describe, expect, test } from "vitest";
import { bearerProtocol, createPolicy, grant, queryParam } from "../src/index.ts";
import { firstMessage, page, start } from "./support.ts";

const policy = createPolicy({
  origins: [page],
  token: { from: [queryParam("ticket"), bearerProtocol()], verify: () => grant({ principal: { name: "Ada" } }) },
});

const requests = [
  ["the query", { path: "?a=1&ticket=secret-token&b=2", headers: [] }],
  ["a subprotocol", { path: "", headers: [["Sec-WebSocket-Protocol", "bearer.secret-token, chat.v1"]] }],
] as const;

/** Everything that a request says of itself. */
function textOf(request: FastifyRequest): string {
  const { url, originalUrl, headers, query, raw } = request;
  const said = { url, originalUrl, headers, query, raw: [raw.url, raw.headers, raw.rawHeaders, raw.headersDistinct] };
  return JSON.stringify(said) + inspect(raw, { depth: 0 });
}

describe.each(requests)("a token in %s", (_where, { path, headers }) => {
  async function see(setup: (app: FastifyInstance, seen: (request: FastifyRequest) => void) => void, at: string) {
    const texts: string[] = [];
    const lines: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
    const { open } = await start((app) => setup(app, (request) => void texts.push(textOf(request))), {
      app: { logger: { level: "trace", stream } },
      gate: { policy, protocols: ["chat.v1"] },
    });
    const answer = await open(`${at}${path}`, { headers });
    return { answer, texts, log: () => lines.join("") };
  }

  test("is in no property of the request that hooks and the handler get, and not in the log", async () => {
    const { answer, texts, log } = await see((app, seen) => {
      app.addHook("onRequest", async (request) => seen(request));
      app.addHook("preHandler", async (request) => seen(request));
      app.get("/chat", { websocket: true }, (socket, request) => {
        seen(request);
        socket.send("open");
      });
    }, "/chat");
    expect(await firstMessage(answer)).toBe("open");
    expect(texts).toHaveLength(3);
    for (const text of [...texts, log()]) expect(text).not.toContain("secret-token");
  });

  test("is in no property of the request that the not-found handler gets", async () => {
    const { answer, texts, log } = await see((app, seen) => {
      app.setNotFoundHandler((request, reply) => {
        seen(request);
        return reply.code(410).send();
      });
    }, "/old");
    expect(answer.status).toBe(410);
    expect(texts).toHaveLength(1);
    for (const text of [...texts, log()]) expect(text).not.toContain("secret-token");
  });
});
