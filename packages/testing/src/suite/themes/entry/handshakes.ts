import assert from "node:assert/strict";
import type { HandshakeRequest, HeaderLine } from "../../../client/request.ts";
import type { Kit } from "../../kit.ts";
import { SocketApp } from "../../own-app.ts";
import { evilOrigin, type Row, type StageSetup } from "../../stage.ts";

/** A path without a route. */
export const ownPath = "/own?ticket=canary";

/** A handshake whose Upgrade and Connection lines are replaced. */
export const lines = (...headers: readonly HeaderLine[]): HandshakeRequest => ({
  omit: ["upgrade", "connection"],
  headers,
});

export const upgrade = ["Upgrade", "websocket"] as const;

/** The listed page reaches the request handler, which opens the socket. */
export async function opensInApp(kit: Kit, app: SocketApp, request: HandshakeRequest): Promise<void> {
  const index = kit.events.length;
  const answer = await kit.ask({ path: ownPath, ...request });
  assert.equal(answer.status, 101, `answered: ${answer.raw.toString("latin1")}`);
  assert.equal(answer.header("x-answered-by"), "app");
  answer.frames?.destroy();
  assert.equal((await kit.event(index)).decision.code, "origin-listed");
  assert.equal((await kit.event(index)).route, undefined);
  assert.ok(app.seen.every((path) => path === "/own"));
}

/** On a route's path a handshake whose Connection line was lost is answered in the proxy's name. */
export function stripped(
  what: string,
  request: HandshakeRequest,
  setupOf: (app: SocketApp) => StageSetup,
  name: string,
): Row {
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
