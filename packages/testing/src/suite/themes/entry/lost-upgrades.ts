import assert from "node:assert/strict";
import type { EventEmitter } from "node:events";
import type { DenyCode } from "@wsorigin/core";
import { frameBytes } from "../../../client/frame.ts";
import type { HandshakeRequest, HeaderLine } from "../../../client/request.ts";
import { ordinary } from "../../exchange.ts";
import { acceptByHand, Foreign } from "../../foreign.ts";
import type { Kit } from "../../kit.ts";
import { SocketApp } from "../../own-app.ts";
import { apiHost, evilOrigin, pageOrigin, type Row, type StageSetup, type Theme } from "../../stage.ts";

/** A path without a route. */
const ownPath = "/own?ticket=canary";

/** A handshake whose Upgrade and Connection lines are replaced. */
const lines = (...headers: readonly HeaderLine[]): HandshakeRequest => ({ omit: ["upgrade", "connection"], headers });

const upgrade = ["Upgrade", "websocket"] as const;

/** Handshakes that Node delivers as `request`, because Connection does not name Upgrade. */
const lost: readonly (readonly [what: string, request: HandshakeRequest])[] = [
  ["Connection: keep-alive", lines(upgrade, ["Connection", "keep-alive"])],
  ["Connection: close", lines(upgrade, ["Connection", "close"])],
  ["no Connection line", lines(upgrade)],
  ["an empty Connection line", lines(upgrade, ["Connection", ""])],
  ["Connection: Upgraded", lines(upgrade, ["Connection", "Upgraded"])],
  ["Upgrade: WebSocket and no Connection line", lines(["Upgrade", "WebSocket"])],
  ["uPGRADE: WEBSOCKET and Connection: keep-alive", lines(["uPGRADE", "WEBSOCKET"], ["Connection", "keep-alive"])],
];

/** Requests that ask for a WebSocket in a way that no browser does. */
const odd: readonly (readonly [what: string, request: HandshakeRequest])[] = [
  ["Upgrade: websocket, h2c", lines(["Upgrade", "websocket, h2c"], ["Connection", "Upgrade"])],
  ["Upgrade: h2c, websocket", lines(["Upgrade", "h2c, websocket"], ["Connection", "Upgrade"])],
  [
    "Upgrade: h2c,WebSocket and Connection: keep-alive",
    lines(["Upgrade", "h2c,WebSocket"], ["Connection", "keep-alive"]),
  ],
  ["two Upgrade lines", lines(["Upgrade", "h2c"], upgrade, ["Connection", "Upgrade"])],
  ["two Upgrade lines and no Connection line", lines(["Upgrade", "h2c"], upgrade)],
  ["Upgrade: websocket/13", lines(["Upgrade", "websocket/13"], ["Connection", "Upgrade"])],
  ["Upgrade: websocket/13 and no Connection line", lines(["Upgrade", "websocket/13"])],
  ["POST and Connection: keep-alive", { ...lines(upgrade, ["Connection", "keep-alive"]), method: "POST" }],
  ["HTTP/1.0 and no Connection line", { ...lines(upgrade), httpVersion: "1.0" }],
  [
    "no key and Connection: keep-alive",
    { omit: ["connection", "sec-websocket-key"], headers: [["Connection", "keep-alive"]] },
  ],
];

/** What a gate may answer to a page that it does not allow: malformed, or not listed. */
async function refusesEvil(kit: Kit, request: HandshakeRequest): Promise<void> {
  const index = kit.events.length;
  const { status, raw } = await kit.ask({ origin: evilOrigin, ...request });
  assert.ok(status === 400 || status === 403, `answered: ${raw.toString("latin1")}`);
  const { decision } = await kit.event(index);
  assert.ok(!decision.allowed && decision.status === status, `the event is ${decision.code}`);
}

/** A page that is not listed reaches no request handler, which would open the socket by itself. */
function closed(what: string, request: HandshakeRequest, code?: DenyCode): Row {
  return {
    name: `${what}: another page does not reach a request handler that opens sockets`,
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer });
      const asked = { path: ownPath, ...request };
      if (code === undefined) await refusesEvil(kit, asked);
      else await kit.refused({ origin: evilOrigin, ...asked }, 403, code);
      assert.deepEqual(app.seen, [], "the request reached the app");
      await kit.sockets(0);
    },
  };
}

/** The listed page reaches the request handler, which opens the socket. */
async function opensInApp(kit: Kit, app: SocketApp, request: HandshakeRequest): Promise<void> {
  const index = kit.events.length;
  const answer = await kit.ask({ path: ownPath, ...request });
  assert.equal(answer.status, 101, `answered: ${answer.raw.toString("latin1")}`);
  assert.equal(answer.header("x-answered-by"), "app");
  answer.frames?.destroy();
  assert.equal((await kit.event(index)).decision.code, "origin-listed");
  assert.equal((await kit.event(index)).route, undefined);
  assert.ok(app.seen.every((path) => path === "/own"));
}

function opened(what: string, request: HandshakeRequest): Row {
  return {
    name: `${what}: the listed page reaches that request handler, with one event`,
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer });
      await opensInApp(kit, app, request);
      await kit.sockets(0);
    },
  };
}

/** On a route's path a handshake whose Connection line was lost is answered in the proxy's name. */
function stripped(what: string, request: HandshakeRequest, setupOf: (app: SocketApp) => StageSetup, name: string): Row {
  return {
    name: `${what} ${name}: 426 upgrade-stripped for every page`,
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start(setupOf(app));
      await kit.refused(request, 426, "upgrade-stripped");
      await kit.refused({ ...request, origin: evilOrigin }, 426, "upgrade-stripped");
      assert.deepEqual(app.seen, []);
      await kit.sockets(0);
    },
  };
}

/** The app handles an event of Node's that carries requests beside `request`. */
function expecting(event: "checkContinue" | "checkExpectation", value: string): readonly Row[] {
  const setupOf = (app: SocketApp): StageSetup => ({ after: (server) => void server.on(event, app.answer) });
  const expect = ["Expect", value] as const;
  const places: readonly (readonly [place: string, setupOf: (app: SocketApp) => StageSetup])[] = [
    ["before the guard", (app) => ({ before: (server) => void server.on(event, app.answer) })],
    ["after the guard", setupOf],
    [
      "after the guard, with prependListener",
      (app) => ({ after: (server) => void server.prependListener(event, app.answer) }),
    ],
  ];
  const asked = lines(upgrade, ["Connection", "keep-alive"], expect);
  return [
    ...places.map(([place, make]): Row => ({
      name: `Expect: ${value}: another page does not reach a ${event} listener added ${place}`,
      async run(stage) {
        const app = new SocketApp();
        const kit = await stage.start(make(app));
        await kit.refused({ path: ownPath, origin: evilOrigin, ...asked }, 403, "origin-not-listed");
        await kit.refused({ path: ownPath, origin: null, ...asked }, 403, "origin-missing");
        await kit.refused({ path: ownPath, hostHeader: "rebind.test", ...asked }, 403, "host-not-listed");
        assert.deepEqual(app.seen, []);
        await kit.works();
      },
    })),
    {
      name: `Expect: ${value}: the listed page reaches the ${event} listener, with one event`,
      async run(stage) {
        const app = new SocketApp();
        const kit = await stage.start(setupOf(app));
        await opensInApp(kit, app, asked);
      },
    },
    {
      name: `Expect: ${value} with Connection: Upgrade: another page does not reach the ${event} listener`,
      async run(stage) {
        const app = new SocketApp();
        const kit = await stage.start({ ...setupOf(app), answer: app.answer });
        for (const path of [ownPath, "/chat/lobby"])
          await kit.refused({ path, origin: evilOrigin, headers: [expect] }, 403, "origin-not-listed");
        assert.deepEqual(app.seen, []);
        await kit.works();
      },
    },
    stripped(`Expect: ${value} on a route's path,`, asked, setupOf, `with a ${event} listener`),
    {
      name: `Expect: ${value} without Upgrade reaches the ${event} listener, without an event`,
      async run(stage) {
        const app = new SocketApp();
        const kit = await stage.start(setupOf(app));
        const answer = await kit.askUnreported({
          path: "/upload",
          ...ordinary,
          headers: [["Connection", "close"], expect],
        });
        answer.frames?.destroy();
        assert.deepEqual(app.seen, ["/upload"]);
      },
    },
  ];
}

/** Takes listeners off, as reloading development servers do, and puts those back without which a server answers nothing. */
const removals: readonly (readonly [how: string, remove: (server: EventEmitter) => void])[] = [
  ["removeAllListeners()", (server) => server.removeAllListeners()],
  [
    'removeAllListeners("removeListener") and removeAllListeners("upgrade")',
    (server) => server.removeAllListeners("removeListener").removeAllListeners("upgrade"),
  ],
  [
    'off("removeListener") for each, then off("upgrade") for each',
    (server) => {
      for (const event of ["removeListener", "upgrade"]) {
        for (const listener of server.rawListeners(event))
          Reflect.apply(Reflect.get(server, "off"), server, [event, listener]);
      }
    },
  ],
  [
    'removeAllListeners("upgrade"), twice',
    (server) => server.removeAllListeners("upgrade").removeAllListeners("upgrade"),
  ],
  [
    'removeAllListeners("newListener") and removeAllListeners()',
    (server) => server.removeAllListeners("newListener").removeAllListeners(),
  ],
];

const withoutWhich = ["connection", "secureConnection", "request", "session", "clientError", "close", "tlsClientError"];

function removed(how: string, remove: (server: EventEmitter) => void): Row {
  return {
    name: `after ${how} the gate still decides on every handshake`,
    async run(stage) {
      let server: EventEmitter | undefined;
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer, after: (guarded) => (server = guarded) });
      assert.ok(server);
      const kept = withoutWhich.map((event) => [event, server?.rawListeners(event) ?? []] as const);
      remove(server);
      for (const [event, listeners] of kept) {
        for (const listener of listeners) {
          if (!server.rawListeners(event).includes(listener))
            Reflect.apply(Reflect.get(server, "on"), server, [event, listener]);
        }
      }
      for (const path of [ownPath, "/chat/lobby"])
        await kit.refused({ path, origin: evilOrigin }, 403, "origin-not-listed");
      await kit.refused({ path: ownPath, origin: evilOrigin, ...lines(upgrade) }, 403, "origin-not-listed");
      await kit.refused(lines(upgrade), 426, "upgrade-stripped");
      assert.deepEqual(app.seen, []);
      await opensInApp(kit, app, {});
      await kit.works();
      const foreign = new Foreign();
      foreign.attach(server);
      await kit.refused({ path: "/foreign", origin: evilOrigin }, 403, "origin-not-listed");
      (await kit.connect({ path: "/foreign" })).destroy();
      assert.deepEqual(foreign.seen, ["/foreign"]);
    },
  };
}

/** A server that never emits `upgrade`: an option of Node 22.23, 24.9 and later, which older versions ignore. */
const neverUpgrades: NonNullable<StageSetup["after"]> = (server) =>
  void Reflect.set(server, "shouldUpgradeCallback", () => false);

const rows: readonly Row[] = [
  ...lost.flatMap(([what, request]) => [closed(what, request, "origin-not-listed"), opened(what, request)]),
  ...lost.map(([what, request]) =>
    stripped(
      `${what} on a route's path,`,
      request,
      ({ answer }) => ({ answer }),
      "with a request handler that opens sockets",
    ),
  ),
  ...odd.map(([what, request]) => closed(what, request)),
  {
    name: "a lost Connection line: Host, Origin and the form of the handshake are checked as for other handshakes",
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer });
      const asked = { path: ownPath, ...lines(upgrade, ["Connection", "keep-alive"]) };
      await kit.refused({ ...asked, hostHeader: "rebind.test" }, 403, "host-not-listed");
      await kit.refused({ ...asked, origin: null }, 403, "origin-missing");
      await kit.refused({ ...asked, origin: "null" }, 403, "origin-opaque");
      await kit.refused({ ...asked, origin: [pageOrigin, evilOrigin] }, 400, "origin-repeated");
      await kit.refused({ ...asked, omit: [...(asked.omit ?? []), "sec-websocket-key"] }, 400, "handshake-malformed");
      await kit.refused({ ...asked, path: "//evil.test/own" }, 400, "handshake-malformed");
      assert.deepEqual(app.seen, []);
    },
  },
  {
    name: 'a lost Connection line and unrouted "refuse": 404 route-not-found, and the request handler is not reached',
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer, options: { unrouted: "refuse" } });
      await kit.refused({ path: ownPath, ...lines(upgrade) }, 404, "route-not-found");
      assert.deepEqual(app.seen, []);
    },
  },
  {
    name: "a lost Connection line on a connection that was used before: refused, and the connection is closed",
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({
        answer: (request) => request.headers.upgrade !== undefined && app.answer(request),
      });
      const connection = await kit.kept();
      connection.send({ path: "/page", ...ordinary });
      assert.ok(await connection.response());
      connection.send({ path: ownPath, origin: evilOrigin, hostHeader: apiHost, ...lines(upgrade) });
      kit.expect(1);
      assert.equal((await connection.response())?.status, 403);
      await connection.closed();
      assert.deepEqual(app.seen, []);
    },
  },
  ...expecting("checkContinue", "100-continue"),
  ...expecting("checkExpectation", "junk"),
  {
    name: "Expect: 100-continue without a listener for it: another page does not reach the request handler",
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer });
      const connection = await kit.kept();
      connection.send({
        path: ownPath,
        origin: evilOrigin,
        hostHeader: apiHost,
        ...lines(upgrade, ["Connection", "keep-alive"], ["Expect", "100-continue"]),
      });
      kit.expect(1);
      assert.equal((await connection.response())?.status, 403);
      assert.equal((await kit.event(0)).decision.code, "origin-not-listed");
      assert.deepEqual(app.seen, []);
    },
  },
  {
    name: "shouldUpgradeCallback: () => false: another page reaches no request handler, on any path",
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer, after: neverUpgrades });
      for (const path of [ownPath, "/chat/lobby"])
        await kit.refused({ path, origin: evilOrigin }, 403, "origin-not-listed");
      assert.deepEqual(app.seen, []);
    },
  },
  {
    name: "shouldUpgradeCallback: () => false: the listed page reaches the route, and elsewhere the request handler",
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer, after: neverUpgrades });
      await kit.works();
      assert.equal((await kit.event(0)).decision.code, "origin-listed");
      assert.deepEqual(app.seen, []);
      await opensInApp(kit, app, {});
    },
  },
  {
    name: "shouldUpgradeCallback: () => false: an upgrade listener gets what the policy allows",
    async run(stage) {
      const foreign = new Foreign();
      const kit = await stage.start({
        after(server) {
          neverUpgrades(server);
          foreign.attach(server);
        },
      });
      await kit.refused({ path: "/foreign", origin: evilOrigin }, 403, "origin-not-listed");
      (await kit.connect({ path: "/foreign" })).destroy();
      assert.deepEqual(foreign.seen, ["/foreign"]);
    },
  },
  ...removals.map(([how, remove]) => removed(how, remove)),
  {
    name: "a handshake on a connection that was open when every listener was removed: refused",
    async run(stage) {
      let server: EventEmitter | undefined;
      const app = new SocketApp();
      const kit = await stage.start({ after: (guarded) => (server = guarded) });
      const connection = await kit.kept();
      connection.send({ path: "/page", ...ordinary });
      assert.ok(await connection.response());
      server?.removeAllListeners();
      server?.on("request", app.answer);
      connection.send({ path: ownPath, origin: evilOrigin, hostHeader: apiHost });
      kit.expect(1);
      assert.equal((await connection.response())?.status, 403);
      assert.deepEqual(app.seen, []);
      assert.equal((await kit.event(0)).decision.code, "origin-not-listed");
    },
  },
  ...([pageOrigin, evilOrigin] as const).flatMap((origin) =>
    (["api.example", "db.example:5432"] as const).map((path): Row => ({
      name: `CONNECT ${path} with Upgrade: websocket and Origin ${origin}: 400, and no connect listener is reached`,
      async run(stage) {
        const seen: string[] = [];
        const kit = await stage.start({
          after: (server) =>
            void server.on("connect", (request, socket) => {
              seen.push(String(request.url));
              acceptByHand(request, socket, "connect");
            }),
        });
        await kit.refused({ method: "CONNECT", path, origin }, 400, "handshake-malformed");
        assert.deepEqual(seen, []);
        await kit.sockets(0);
      },
    })),
  ),
  {
    name: "CONNECT without Upgrade reaches the connect listener, without an event",
    async run(stage) {
      const seen: string[] = [];
      const kit = await stage.start({
        after: (server) =>
          void server.on("connect", (request, socket) => {
            seen.push(String(request.url));
            socket.end("HTTP/1.1 204 Connected\r\n\r\n");
          }),
      });
      const answer = await kit.askUnreported({
        method: "CONNECT",
        path: "db.example:5432",
        ...ordinary,
      });
      assert.equal(answer.status, 204);
      assert.deepEqual(seen, ["db.example:5432"]);
    },
  },
  {
    name: "frames behind a handshake with a lost Connection line reach nothing",
    async run(stage) {
      const app = new SocketApp();
      const kit = await stage.start({ answer: app.answer });
      await kit.refused(
        { path: ownPath, origin: evilOrigin, ...lines(upgrade), extra: frameBytes("text", "early") },
        403,
        "origin-not-listed",
      );
      assert.deepEqual(app.seen, []);
      await kit.sockets(0);
    },
  },
];

export const lostUpgradesTheme: Theme = { name: "Every entry path", rows };
