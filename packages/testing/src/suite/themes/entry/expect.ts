import assert from "node:assert/strict";
import { ordinary } from "../../exchange.ts";
import { SocketApp } from "../../own-app.ts";
import { apiHost, evilOrigin, type Row, type StageSetup, type Theme } from "../../stage.ts";
import { lines, opensInApp, ownPath, stripped, upgrade } from "./handshakes.ts";

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

const rows: readonly Row[] = [
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
];

export const expectTheme: Theme = { name: "Handshakes with Expect", rows };
