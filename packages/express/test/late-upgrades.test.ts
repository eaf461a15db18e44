import type { Server } from "node:http";
import { handshake } from "@wsorigin/testing";
import { describe, expect, test } from "vitest";
import { majors } from "./majors.ts";
import { page, startApp } from "./support.ts";

const evil = "https://evil.test";

describe.each(majors)("$name: an app without an upgrade listener", ({ express }) => {
  test("a middleware that adds one at its first request, as http-proxy-middleware does, gets later handshakes", async () => {
    const app = express();
    const seen: string[] = [];
    let subscribed = false;
    app.use((request, response) => {
      // What http-proxy-middleware does without server.on("upgrade", proxy.upgrade).
      if (!subscribed && "server" in request.socket) {
        subscribed = true;
        const { server } = request.socket as unknown as { readonly server: Server };
        server.on("upgrade", (upgrade, socket) => {
          seen.push(String(upgrade.url));
          socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
        });
      }
      response.set("Connection", "close").status(502).send("not proxied");
    });
    const { port, events } = await startApp(app);
    expect((await handshake({ port }, { path: "/proxied", origin: evil })).status).toBe(403);
    expect(subscribed).toBe(false);
    const first = await handshake({ port }, { path: "/proxied", origin: page });
    expect([first.status, first.body]).toEqual([502, "not proxied"]);
    const second = await handshake({ port }, { path: "/proxied", origin: page });
    second.frames?.destroy();
    expect(second.status).toBe(101);
    expect((await handshake({ port }, { path: "/proxied", origin: evil })).status).toBe(403);
    expect(seen).toEqual(["/proxied"]);
    expect(events).toHaveLength(4);
  });

  test("its 404 answers an allowed handshake on an unknown path", async () => {
    const { port, events } = await startApp(express());
    const answer = await handshake({ port }, { path: "/nowhere", origin: page });
    expect([answer.status, answer.body.includes("Cannot GET /nowhere")]).toEqual([404, true]);
    expect(events).toHaveLength(1);
  });
});
