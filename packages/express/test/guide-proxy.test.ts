import { createServer, type Server } from "node:http";
import { beginHandshake, type Frames, handshake, until } from "@wsorigin/testing";
import express from "express";
import { createProxyMiddleware, type Options } from "http-proxy-middleware";
import { describe, expect, test } from "vitest";
import { describeGuide, evil, openAs, page, started } from "../../testing/test/guides.ts";
import { running } from "../../testing/test/program.ts";
import * as after from "../docs/http-proxy-middleware/after.ts";
import { target } from "../docs/http-proxy-middleware/backend.ts";
import * as before from "../docs/http-proxy-middleware/before.ts";
import {
  createPolicy,
  type DecisionEvent,
  explain,
  type ExpressGuardOptions,
  grant,
  guard,
  identityOf,
  queryParam,
  refuse,
} from "../src/index.ts";

const path = "/live";
const request = { path, headers: [["Cookie", "user=ann"]] } as const;

/** What the server behind the proxy sees of the handshake. */
async function seen(frames: Frames): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse((await frames.next()).text);
}

async function uses(frames: Frames): Promise<void> {
  expect(await seen(frames)).toMatchObject({ url: path, cookie: "user=ann" });
  frames.send("over");
  expect((await frames.next()).text).toBe("over");
}

/** The first request is what makes the program before listen to upgrades. */
const first = async ({ port }: { readonly port: number }): Promise<typeof request> => {
  expect(await (await fetch(`http://127.0.0.1:${port}${path}`)).text()).toBe(`HTTP ${path}`);
  return request;
};

const guide = {
  file: new URL("../docs/http-proxy-middleware.md", import.meta.url),
  before,
  after,
  request: first,
  use: uses,
};

describeGuide("http-proxy-middleware without a gate", guide, (before, after) => {
  test("before: a page of any site, with its Origin, is what the server behind sees", async () => {
    const headers = await seen(await openAs(evil, before(), await first(before())));
    expect(headers).toMatchObject({ host: new URL(target).host, origin: evil });
  });

  test("after: the server behind sees its own name as Host, the page's Origin, and where the client came from", async () => {
    const headers = await seen(await openAs(page, after(), { path, headers: [["X-Forwarded-For", "192.0.2.1"]] }));
    expect(headers).toMatchObject({
      host: new URL(target).host,
      origin: page,
      "x-forwarded-for": "192.0.2.1,127.0.0.1",
      "x-forwarded-proto": "ws",
    });
    expect(headers).not.toHaveProperty("x-forwarded-host");
  });

  test("after: ordinary requests are proxied as before", async () => {
    expect(await (await fetch(`http://127.0.0.1:${after().port}${path}`)).text()).toBe(`HTTP ${path}`);
  });
});

describe("http-proxy-middleware, as the guide says", () => {
  interface Setup {
    readonly proxy?: Options;
    readonly gate?: Partial<ExpressGuardOptions<string | undefined>>;
    readonly late?: boolean;
  }

  async function serving({ proxy: options, gate, late = false }: Setup) {
    const app = express();
    const proxy = createProxyMiddleware({ target, pathFilter: path, ...options });
    app.use(proxy);
    const server: Server = createServer(app);
    const events: DecisionEvent[] = [];
    const guarding = guard<string | undefined>(server, {
      app,
      policy: createPolicy({ origins: [page] }),
      log: false,
      onDecision: (event) => void events.push(event),
      ...gate,
    });
    if (!late) server.on("upgrade", proxy.upgrade);
    return { server, gate: guarding, events, target: await started(running(server.listen(0, "127.0.0.1"))) };
  }

  test("with ws: true alone, the first handshake makes it listen, and gets no answer of its own", async () => {
    const setup = { proxy: { ws: true }, late: true };
    const { server, target } = await serving(setup);
    expect((await handshake(target, { path, origin: evil })).status).toBe(403);
    const before = server.listenerCount("upgrade");
    const attempt = await beginHandshake(target, { path, origin: page });
    await until(() => server.listenerCount("upgrade") > before, "the proxy listens to upgrades");
    attempt.destroy();
    await uses(await openAs(page, target, request));
    expect((await handshake(target, { path, origin: evil })).status).toBe(403);
    const impatient = await serving({ ...setup, gate: { grace: 60 } });
    expect((await handshake(impatient.target, { path, origin: page })).status).toBe(404);
  });

  test("a path that the filter does not match gets 404 after the grace", async () => {
    const { target, events } = await serving({ gate: { grace: 60 } });
    expect((await handshake(target, { path: "/other", origin: page })).status).toBe(404);
    expect(events).toHaveLength(1);
  });

  test("a token is removed before the proxy sees the URL, and a header tells the server behind who it is", async () => {
    const policy = createPolicy({
      origins: [page],
      token: {
        from: [queryParam("ticket")],
        verify: (token) => (token === "good" ? grant({ principal: "ann" }) : refuse("invalid")),
      },
    });
    const { gate, target } = await serving({
      gate: { policy },
      proxy: {
        on: {
          proxyReqWs(proxyRequest, incoming) {
            proxyRequest.setHeader("X-User", String(identityOf(incoming)?.principal));
          },
        },
      },
    });
    const forged = [["X-User", "root"]] as const;
    expect((await handshake(target, { path, origin: page, headers: forged })).status).toBe(401);
    const frames = await openAs(page, target, { path: `${path}?room=1&ticket=good`, headers: forged });
    expect(await seen(frames)).toMatchObject({ url: `${path}?room=1`, "x-user": "ann" });
    expect(gate.disconnect(({ principal }) => principal === "ann", 4401)).toBe(1);
    expect(await frames.next()).toMatchObject({ kind: "close", code: 4401 });
  });

  test("a server behind that does not answer within the grace: 404, unless the grace is longer", async () => {
    const slow = createServer();
    slow.on("upgrade", (_incoming, socket) => {
      setTimeout(() => socket.end("HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n"), 300);
    });
    const { port } = await started(running(slow.listen(0, "127.0.0.1")));
    const proxy = { target: `http://127.0.0.1:${port}` };
    const impatient = await serving({ proxy, gate: { grace: 50 } });
    const patient = await serving({ proxy, gate: { grace: 30_000 } });
    const answers = await Promise.all(
      [impatient, patient].map((each) => handshake(each.target, { path, origin: page })),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 418]);
    expect(impatient.events.map(({ decision }) => explain(decision))).toEqual([
      expect.stringMatching(/^.*route-not-found[^]*No listener answered within 50 ms[^]*raise `grace`/),
    ]);
  });
});
