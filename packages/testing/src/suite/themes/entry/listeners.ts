import assert from "node:assert/strict";
import type { EventEmitter } from "node:events";
import { ordinary } from "../../exchange.ts";
import { acceptByHand, Foreign } from "../../foreign.ts";
import { SocketApp } from "../../own-app.ts";
import { apiHost, evilOrigin, pageOrigin, type Row, type StageSetup, type Theme } from "../../stage.ts";
import { lines, opensInApp, ownPath, upgrade } from "./handshakes.ts";

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

/** Has a server never emit `upgrade`: an option of Node 22.23, 24.9 and later. Older versions ignore it, and have no such property. */
const neverUpgrades: NonNullable<StageSetup["after"]> = (server) => {
  if (typeof Reflect.get(server, "shouldUpgradeCallback") === "function")
    Reflect.set(server, "shouldUpgradeCallback", () => false);
};

const rows: readonly Row[] = [
  ...(["before", "after"] as const).flatMap((when): readonly Row[] => [
    {
      name: `shouldUpgradeCallback: () => false, set ${when} the guard: another page reaches no listener, on any path`,
      async run(stage) {
        const app = new SocketApp();
        const foreign = new Foreign();
        const kit = await stage.start({
          answer: app.answer,
          [when](server: EventEmitter) {
            neverUpgrades(server);
            foreign.attach(server);
          },
        });
        for (const path of [ownPath, "/chat/lobby", "/foreign"])
          await kit.refused({ path, origin: evilOrigin }, 403, "origin-not-listed");
        assert.deepEqual([app.seen, foreign.seen], [[], []]);
      },
    },
    {
      name: `shouldUpgradeCallback: () => false, set ${when} the guard: the listed page reaches the route, and elsewhere the request handler`,
      async run(stage) {
        const app = new SocketApp();
        const kit = await stage.start({ answer: app.answer, [when]: neverUpgrades });
        await kit.works();
        assert.equal((await kit.event(0)).decision.code, "origin-listed");
        assert.deepEqual(app.seen, []);
        await opensInApp(kit, app, {});
      },
    },
  ]),
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
];

export const listenersTheme: Theme = { name: "Changes to the server after it is guarded", rows };
