import assert from "node:assert/strict";
import type { EventEmitter } from "node:events";
import { grant, bearerProtocol, queryParam } from "@wsorigin/core";
import { frameBytes } from "../../../client/frame.ts";
import { ordinary } from "../../exchange.ts";
import { Foreign } from "../../foreign.ts";
import { SocketApp } from "../../own-app.ts";
import { evilOrigin, pageOrigin, type Row, type StageSetup, type Theme } from "../../stage.ts";
import { pipelinedRows } from "./pipelined.ts";

const tokenSetup: StageSetup = {
  policy: {
    origins: [pageOrigin],
    token: {
      from: [bearerProtocol(), queryParam("ticket")],
      required: true,
      verify: () => grant({ principal: "ada" }),
    },
  },
  options: { protocols: ["chat.v1"] },
};

/** Everything that a request says of itself. */
function textOf(request: {
  readonly url?: string | undefined;
  readonly headers: object;
  readonly rawHeaders: readonly string[];
  readonly headersDistinct: object;
}): string {
  const { url, headers, rawHeaders, headersDistinct } = request;
  return JSON.stringify({ url, headers, rawHeaders, headersDistinct });
}

const inQuery = { path: "/foreign?a=1&ticket=secret-token&b=2" };
const inProtocol = { path: "/foreign", headers: [["Sec-WebSocket-Protocol", "bearer.secret-token, chat.v1"]] } as const;

const rows: readonly Row[] = [
  {
    name: "a server without an upgrade listener: the request listener gets an allowed handshake and opens the socket",
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer });
      await kit.refused({ path: "/own", origin: evilOrigin }, 403, "origin-not-listed");
      assert.deepEqual(app.seen, []);
      const answer = await kit.ask({ path: "/own" });
      assert.equal(answer.status, 101, answer.raw.toString("latin1"));
      // Echoed as they are, masks and all: `acceptByHand` reads no frames.
      const bytes = frameBytes("text", "hello");
      answer.frames?.write(bytes);
      assert.equal((await answer.frames?.next())?.text, "hello");
      answer.frames?.write(bytes);
      assert.equal((await answer.frames?.next())?.text, "hello");
      answer.frames?.destroy();
      assert.deepEqual(app.seen, ["/own"]);
      const { decision, route } = await kit.event(1);
      assert.deepEqual([decision.code, route], ["origin-listed", undefined]);
      await kit.sockets(0);
    },
  },
  {
    name: "a server without an upgrade listener: a request listener may answer an allowed handshake with a response",
    async run(stage) {
      const app = new SocketApp(false);
      const kit = await stage.start({
        answer(request, response) {
          app.answer(request);
          response.writeHead(418, { "Content-Length": 3, Connection: "close" }).end("tea");
          return true;
        },
      });
      const answer = await kit.ask({ path: "/own" });
      assert.deepEqual([answer.status, answer.body], [418, "tea"]);
      assert.deepEqual(app.seen, ["/own"]);
      await kit.event(0);
      await kit.sockets(0);
    },
  },
  {
    name: "a server without an upgrade listener: an allowed handshake that the app never answers is closed with 404 after grace",
    async run(stage) {
      const seen: string[] = [];
      const kit = await stage.start({
        options: { grace: 100, maxConnections: 1 },
        answer: (request) => seen.push(String(request.url)) > 0,
      });
      const answer = await kit.ask({ path: "/own" });
      assert.ok(answer.status === 404 || answer.status === undefined, `status ${answer.status}`);
      assert.equal((await kit.event(0)).decision.code, "route-not-found");
      assert.deepEqual(seen, ["/own"]);
      await kit.sockets(0);
      // Its place is free again.
      await kit.works();
    },
  },
  {
    name: "an upgrade listener that the first request adds gets the next handshake",
    async run(stage) {
      const foreign = new Foreign();
      let server: EventEmitter | undefined;
      const kit = await stage.start({
        after: (guarded) => (server = guarded),
        answer(_request, response) {
          if (server?.listeners("upgrade").includes(foreign.listen) === false) foreign.attach(server);
          response.end("subscribed");
          return true;
        },
      });
      const connection = await kit.kept();
      connection.send({ ...ordinary, path: "/page" });
      assert.equal((await connection.response())?.status, 200);
      await kit.refused({ path: "/foreign", origin: evilOrigin }, 403, "origin-not-listed");
      (await kit.connect({ path: "/foreign" })).destroy();
      assert.deepEqual(foreign.seen, ["/foreign"]);
    },
  },
  {
    name: "an upgrade listener that the first handshake adds, in the request listener, gets the next handshake",
    async run(stage) {
      const foreign = new Foreign();
      const app = new SocketApp(false);
      let server: EventEmitter | undefined;
      const kit = await stage.start({
        after: (guarded) => (server = guarded),
        answer(request, response) {
          app.answer(request);
          if (server !== undefined) foreign.attach(server);
          response.writeHead(426, { "Content-Length": 0, Connection: "close" }).end();
          return true;
        },
      });
      assert.equal((await kit.ask({ path: "/foreign" })).status, 426);
      assert.deepEqual([app.seen, foreign.seen], [["/foreign"], []]);
      (await kit.connect({ path: "/foreign" })).destroy();
      assert.deepEqual([app.seen, foreign.seen], [["/foreign"], ["/foreign"]]);
    },
  },
  {
    name: "where an upgrade listener exists, the request listeners get no handshake",
    async run(stage) {
      const app = new SocketApp();
      const foreign = new Foreign(false);
      const kit = await stage.start({ answer: app.answer, after: foreign.attach, options: { grace: 100 } });
      await kit.refused({ path: "/foreign" }, 404, "route-not-found");
      assert.deepEqual([app.seen, foreign.seen], [[], ["/foreign"]]);
      await kit.sockets(0);
    },
  },
  ...pipelinedRows,
  ...(
    [
      ["the query", inQuery],
      ["a subprotocol", inProtocol],
    ] as const
  ).flatMap(([where, request]): readonly Row[] => [
    {
      name: `a token in ${where} is removed from the request that an upgrade listener gets`,
      async run(stage) {
        const foreign = new Foreign();
        const kit = await stage.start({ ...tokenSetup, after: foreign.attach });
        (await kit.connect(request)).destroy();
        const [got] = foreign.requests;
        assert.ok(got);
        assert.ok(!textOf(got).includes("secret-token"), textOf(got));
        assert.equal(got.url, where === "the query" ? "/foreign?a=1&b=2" : "/foreign");
      },
    },
    {
      name: `a token in ${where} is removed from the request that a request listener gets`,
      async run(stage) {
        const app = new SocketApp();
        const kit = await stage.start({ ...tokenSetup, answer: app.answer });
        (await kit.connect(request)).destroy();
        const [got] = app.requests;
        assert.ok(got);
        assert.ok(!textOf(got).includes("secret-token"), textOf(got));
      },
    },
  ]),
];

export const delegationTheme: Theme = { name: "Allowed handshakes without a route", rows };
