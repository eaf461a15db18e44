import dns from "node:dns";
import { handshake, type HandshakeRequest, selfSigned } from "@wsorigin/testing";
import Fastify from "fastify";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { wsorigin } from "../src/index.ts";
import { closeLater, evil, firstMessage, openSockets, page, recording } from "./support.ts";

const hosts = ["127.0.0.1", "127.0.0.2"] as const;

type Done = (error: null, ...found: readonly unknown[]) => void;

// Has "localhost" stand for two addresses, as it does where there is IPv6: Fastify listens on both.
beforeEach(() => {
  const { lookup } = dns;
  const both = hosts.map((address) => ({ address, family: 4 }));
  const resolve = (name: string, ...rest: readonly [Done] | readonly [{ readonly all?: boolean }, Done]): unknown => {
    if (name !== "localhost") return Reflect.apply(lookup, dns, [name, ...rest]);
    const [options, done] = rest.length === 1 ? [{}, rest[0]] : rest;
    return options.all === true ? done(null, both) : done(null, hosts[0], 4);
  };
  vi.spyOn(dns, "lookup").mockImplementation(resolve as unknown as typeof lookup);
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function listenOnBoth(options: object = {}) {
  const app = Fastify({ forceCloseConnections: true, ...options });
  closeLater(app);
  const { events, errors: _errors, ...told } = recording();
  await app.register(wsorigin, told);
  const seen: unknown[] = [];
  app.get("/chat", { websocket: true }, (socket) => socket.send("open"));
  app.get("/plain", ({ headers }) => {
    seen.push(headers.upgrade);
    return "plain";
  });
  await app.listen({ port: 0 });
  const addresses = app.addresses().filter((address) => typeof address === "object");
  expect(addresses.map(({ address }) => address).toSorted()).toEqual(hosts);
  const ask = (host: string, request: HandshakeRequest, tls = false) =>
    handshake(
      { host, port: addresses[0]?.port ?? 0, tls },
      { path: "/chat", origin: page, hostHeader: "localhost", ...request },
    );
  return { app, ask, seen, codes: () => events.map(({ decision }) => decision.code) };
}

describe.each(hosts)("an app that listens on localhost, asked at %s", (host) => {
  /** An Upgrade field without the Connection field that goes with it: Node delivers an ordinary request. */
  const lost = { omit: ["connection"], headers: [["Connection", "close"]] } as const;

  test("decides on handshakes", async () => {
    const { ask, codes } = await listenOnBoth();
    expect((await ask(host, { origin: evil })).status).toBe(403);
    expect(await firstMessage(await ask(host, {}))).toBe("open");
    expect(codes()).toEqual(["origin-not-listed", "origin-listed"]);
  });

  test("decides on handshakes that arrive as ordinary requests", async () => {
    const { ask, seen, codes } = await listenOnBoth();
    expect((await ask(host, { path: "/plain", origin: evil, ...lost })).status).toBe(403);
    expect(seen).toEqual([]);
    expect((await ask(host, { path: "/plain", ...lost })).body).toBe("plain");
    expect((await ask(host, { path: "/chat", ...lost })).status).toBe(426);
    expect(codes()).toEqual(["origin-not-listed", "origin-listed", "upgrade-stripped"]);
  });

  test("answers upgrades to other protocols as ordinary requests", async () => {
    const { ask, seen, codes } = await listenOnBoth();
    const omit = ["upgrade", "connection", "sec-websocket-key", "sec-websocket-version"];
    const headers = [
      ["Connection", "Upgrade, close"],
      ["Upgrade", "h2c"],
    ] as const;
    expect(await ask(host, { path: "/plain", omit, headers })).toMatchObject({ status: 200, body: "plain" });
    expect([seen, codes()]).toEqual([["h2c"], []]);
  });

  test("over TLS too, and closes its sockets", async () => {
    const { app, ask, codes } = await listenOnBoth({ https: { key: selfSigned.key, cert: selfSigned.cert } });
    expect((await ask(host, { path: "/plain", origin: evil, ...lost }, true)).status).toBe(403);
    const { frames } = await ask(host, {}, true);
    expect((await frames?.next())?.text).toBe("open");
    const closing = app.close();
    expect((await frames?.close())?.code).toBe(1001);
    await closing;
    expect(await openSockets(app).catch(() => 0)).toBe(0);
    expect(codes()).toEqual(["origin-not-listed", "origin-listed"]);
  });
});
