import Koa from "koa";
import websocket from "koa-easy-ws";
import type { WebSocket } from "ws";
import { describe, expect, test } from "vitest";
import { evil, startApp } from "./support.ts";

/** An app that opens sockets with koa-easy-ws: in its middleware, from the request, without an upgrade listener. */
function easyApp(): { readonly app: Koa; readonly seen: string[] } {
  const app = new Koa();
  const seen: string[] = [];
  app.use(websocket());
  app.use(async (ctx) => {
    const open: unknown = Reflect.get(ctx, "ws");
    if (typeof open === "function") {
      seen.push(ctx.path);
      const socket = (await Reflect.apply(open, undefined, [])) as WebSocket;
      socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
      socket.send("open");
    } else {
      ctx.body = "page";
    }
  });
  return { app, seen };
}

describe("koa-easy-ws", () => {
  test("the listed page opens a socket, another page does not reach the app", async () => {
    const { app, seen } = easyApp();
    const { open, events } = await startApp(app);
    const refused = await open("/own", { origin: evil });
    expect([refused.status, refused.closed]).toEqual([403, "fin"]);
    expect(seen).toEqual([]);
    const { frames, status } = await open("/own");
    expect(status).toBe(101);
    expect((await frames?.next())?.text).toBe("open");
    frames?.send("hello");
    expect((await frames?.next())?.text).toBe("hello");
    frames?.destroy();
    expect(seen).toEqual(["/own"]);
    expect(events.map(({ decision }) => decision.code)).toEqual(["origin-not-listed", "origin-listed"]);
  });

  test.each([
    ["keep-alive", [["Connection", "keep-alive"]]],
    ["close", [["Connection", "close"]]],
    ["missing", []],
  ] as const)(
    "Connection %s, as behind nginx without its line: another page does not reach the app",
    async (_name, headers) => {
      const { app, seen } = easyApp();
      const { open, events } = await startApp(app);
      const refused = await open("/own", { origin: evil, omit: ["connection"], headers });
      refused.frames?.destroy();
      expect([refused.status, refused.closed]).toEqual([403, "fin"]);
      expect(seen).toEqual([]);
      expect(events.map(({ decision }) => decision.code)).toEqual(["origin-not-listed"]);
    },
  );
});
