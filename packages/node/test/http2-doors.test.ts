import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { frameBytes, until } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { bearerProtocol, createPolicy, grant, queryParam } from "../src/index.ts";
import {
  type AnyHttp2Server,
  ask,
  kinds,
  onEveryStream,
  openStream,
  ownListener,
  places,
  send,
  session,
  startHttp2,
} from "./http2-support.ts";
import { echo, evil, page, SlowDirectory, startServer } from "./support.ts";

const tokens = createPolicy({
  origins: [page],
  token: { from: [queryParam("ticket"), bearerProtocol()], verify: () => grant({ principal: undefined }) },
});

const withTokens = [
  ["the query", { path: "/own?a=1&ticket=secret-token&b=2" }],
  ["a subprotocol", { path: "/own", headers: { "sec-websocket-protocol": "bearer.secret-token, chat.v1" } }],
] as const;

describe.each(kinds)("streams $name", ({ make }) => {
  describe.each(places)("an app's listener on $place", ({ attach }) => {
    test.each(withTokens)("gets no token of %s", async (_where, request) => {
      const seen: string[] = [];
      const listen = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ...more: readonly unknown[]): void => {
        seen.push(JSON.stringify([headers, ...more, stream.sentHeaders]));
        stream.respond({ ":status": 200 });
      };
      const { target } = await startServer(
        { server: make(), before: (server: AnyHttp2Server) => attach(server, listen) },
        { policy: tokens, protocols: ["chat.v1"] },
      );
      expect((await ask(target, request)).status).toBe(200);
      expect(seen).toHaveLength(1);
      expect(seen[0]).toContain("/own");
      expect(seen[0]).not.toContain("secret-token");
    });
  });

  test.each(withTokens)("a connect listener gets no token of %s", async (_where, request) => {
    const seen: string[] = [];
    const { target } = await startServer(
      {
        server: make(),
        before: (server: AnyHttp2Server) =>
          void server
            .on("request", () => {})
            .on("connect", (got, response) => {
              seen.push(JSON.stringify([got.url, got.headers, got.rawHeaders]));
              response.writeHead(200);
              response.write("open");
            }),
      },
      { policy: tokens, protocols: ["chat.v1"] },
    );
    expect((await ask(target, request)).status).toBe(200);
    expect(seen).toHaveLength(1);
    expect(seen[0]).not.toContain("secret-token");
  });

  test.each(["//169.254.169.254/x", "//", "///own", "/\\evil.test", "/own\\x", "/own?to=\\x"])(
    "the :path %j: 400, and no listener is reached",
    async (path) => {
      const seen: string[] = [];
      const { gate, target, event, events } = await startServer({
        server: make(),
        before: (server: AnyHttp2Server) => void server.on("stream", ownListener(seen)),
      });
      gate.route("/chat", echo);
      expect((await ask(target, { path })).status).toBe(400);
      expect((await event(0)).decision.code).toBe("handshake-malformed");
      expect(events).toHaveLength(1);
      expect(seen).toEqual([]);
    },
  );

  test("after every listener is removed, another page is still refused", async () => {
    const { gate, server, target } = await startHttp2(make);
    gate.route("/chat", echo);
    const seen: string[] = [];
    const kept = server.rawListeners("connection");
    const secure = server.rawListeners("secureConnection");
    const sessions = server.rawListeners("session");
    server.removeAllListeners();
    for (const [event, listeners] of [
      ["connection", kept],
      ["secureConnection", secure],
      ["session", sessions],
    ] as const)
      for (const listener of listeners) Reflect.apply(Reflect.get(server, "on"), server, [event, listener]);
    server.on("stream", ownListener(seen));
    expect((await ask(target, { path: "/own", origin: evil })).status).toBe(403);
    expect(seen).toEqual([]);
    expect((await ask(target, { path: "/own" })).status).toBe(200);
    (await openStream(target, { path: "/chat" })).destroy();
  });
});

test.each(kinds)(
  "streams $name: one that ends while its decision is pending is not destroyed inside its own end event",
  async ({ make }) => {
    // Node 20 corrupts its heap there.
    const directory = new SlowDirectory();
    let ending = false;
    const destroyed: boolean[] = [];
    const { gate, target, event } = await startServer(
      {
        server: make(),
        before: (server: AnyHttp2Server) =>
          onEveryStream(server, (stream) => {
            const emit = stream.emit.bind(stream);
            const destroy = stream.destroy.bind(stream);
            stream.emit = (name: string, ...args: unknown[]) => {
              const outer = ending;
              ending ||= name === "end";
              try {
                return emit(name, ...args);
              } finally {
                ending = outer;
              }
            };
            stream.destroy = (error) => {
              destroyed.push(ending);
              return destroy(error);
            };
          }),
      },
      { policy: createPolicy({ directory }) },
    );
    gate.route("/chat", echo);
    const stream = send(await session(target));
    await directory.asked();
    stream.end();
    expect((await event(0)).decision.code).toBe("client-gone");
    await until(() => destroyed.length > 0, "the stream is destroyed");
    expect(destroyed).not.toContain(true);
  },
);

/** The ways in which an open stream ends. */
const endings: readonly (readonly [name: string, end: (stream: ReturnType<typeof send>) => void])[] = [
  ["END_STREAM", (stream) => void stream.end()],
  ["RST_STREAM(NO_ERROR)", (stream) => stream.close(constants.NGHTTP2_NO_ERROR)],
  ["RST_STREAM(CANCEL)", (stream) => stream.close(constants.NGHTTP2_CANCEL)],
  [
    "RST_STREAM(NO_ERROR) after DATA",
    (stream) => {
      stream.write(frameBytes("binary", Buffer.alloc(50_000)));
      stream.close(constants.NGHTTP2_NO_ERROR);
    },
  ],
  ["END_STREAM after DATA", (stream) => void stream.end(frameBytes("binary", Buffer.alloc(50_000)))],
  ["the end of its session", (stream) => stream.session?.destroy()],
];

describe.each(kinds)("streams $name: the place of maxConnections is free again", ({ make }) => {
  describe.each(["on a route", "on a listener of the app", "where nothing answers"] as const)("%s", (where) => {
    test.each(endings)("after %s", async (_name, end) => {
      const seen: string[] = [];
      const { gate, target, events, errors } = await startServer(
        { server: make(), before: (server: AnyHttp2Server) => void server.on("stream", ownListener(seen)) },
        { maxConnections: 1, grace: 200 },
      );
      gate.route("/chat", echo);
      const paths = { "on a route": "/chat", "on a listener of the app": "/own", "where nothing answers": "/else" };
      const client = await session(target);
      const stream = send(client, paths[where]);
      let status: number | undefined;
      stream.once("response", (headers) => (status = headers[":status"]));
      await until(() => status === 200 || seen.length === 1, "it has arrived");
      end(stream);
      // Twice: once the stream's place is free, and once that of the first to get it.
      for (let count = 0; count < 2; count++) await until(() => isFree(target), "the place is free again");
      expect(errors).toEqual([]);
      expect(events.length).toBeGreaterThanOrEqual(3);
    });
  });
});

/** Whether there is a place of maxConnections. */
async function isFree(target: Parameters<typeof ask>[0]): Promise<boolean> {
  const answer = await ask(target, { path: "/chat" });
  answer.close();
  return answer.status === 200;
}
