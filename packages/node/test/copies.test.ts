import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Target } from "@wsorigin/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { afterwards } from "../../testing/test/afterwards.ts";
import * as sources from "../src/index.ts";
import { type Compiled, compile } from "./compiled.ts";
import { evil, open, page, statusOf } from "./support.ts";

let compiled: Compiled;
/** Two copies of this package, each with its own copy of the core. */
let copies: Readonly<Record<"sources" | "compiled", typeof sources>>;

beforeAll(async () => {
  compiled = await compile();
  copies = { sources, compiled: (await import(pathToFileURL(compiled.entry).href)) as typeof sources };
});
afterAll(() => compiled.remove());

/** Listens until the test is over. */
async function listen(server: Server): Promise<Target> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  afterwards(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0 };
}

describe.each([
  ["sources", "compiled"],
  ["compiled", "sources"],
] as const)("the gate of the copy %s, with a policy of the copy %s", (mine, other) => {
  /** Serves `/chat` by a route and `/ws` by a listener of `ws`. Both send whom the other copy's `verify` recognised. */
  async function start(source: sources.TokenSource): Promise<Target> {
    const { createPolicy, grant, identityOf } = copies[other];
    expect(copies[mine].grant).not.toBe(grant);
    const policy = createPolicy({
      origins: [page],
      token: { from: [source], verify: (token) => copies[mine].grant({ principal: token }) },
    });
    const server = createServer();
    new WebSocketServer({ server, path: "/ws" }).on("connection", (socket, request) =>
      socket.send(String(identityOf(request)?.principal)),
    );
    const gate = copies[mine].guard(server, { policy, log: false });
    gate.route("/chat", (socket, { principal }) => socket.send(principal));
    const target = await listen(server);
    afterwards(() => gate.close());
    return target;
  }

  test.each(["/chat", "/ws"])("opens %s for its page, with the user, and refuses others", async (path) => {
    const target = await start(copies[other].queryParam("ticket"));
    const frames = await open(target, { path: `${path}?ticket=ada`, origin: page });
    expect((await frames.next()).text).toBe("ada");
    expect(await statusOf(target, { path: `${path}?ticket=ada`, origin: evil })).toBe(403);
  });

  test("waits for the token in the first message", async () => {
    const frames = await open(await start(copies[other].firstMessage()), { path: "/chat", origin: page });
    frames.send("ada");
    expect((await frames.next()).text).toBe("ada");
  });

  test("is not put on a server that the other copy guards, and the error names that copy", () => {
    const server = createServer();
    const policy = copies[mine].createPolicy({ origins: [page] });
    const gate = copies[other].guard(server, { policy, log: false });
    afterwards(() => gate.close());
    const second = (): unknown => copies[mine].guard(server, { policy });
    expect(second).toThrow(/^This server is already guarded by another copy of @wsorigin\/node \(/);
    expect(second).toThrow('"npm ls @wsorigin/node"');
    const file =
      other === "compiled" ? pathToFileURL(join(dirname(compiled.entry), "guard.js")).href : "node/src/guard.ts";
    expect(second).toThrow(`${file};`);
  });

  test("a request that passed both copies' requestGuard() redeems its ticket once", async () => {
    let verified = 0;
    const { createPolicy, queryParam, grant } = copies[other];
    const policy = createPolicy({
      origins: [page],
      token: {
        from: [queryParam("ticket")],
        verify: () => {
          verified++;
          return grant({ principal: "ada" });
        },
      },
    });
    const answer = (request: IncomingMessage): string => String(copies[other].identityOf(request)?.principal);
    const inner = copies[other].requestGuard(policy, { log: false });
    const outer = copies[mine].requestGuard(policy, { log: false });
    const server = createServer(outer(inner((request, response) => response.end(answer(request)))));
    const { port } = await listen(server);
    const response = await fetch(`http://127.0.0.1:${port}/?ticket=1`, { headers: { origin: page } });
    expect(await response.text()).toBe("ada");
    expect(verified).toBe(1);
  });
});

test("a second guard() of the same copy says to use the first one's gate", () => {
  const server = createServer();
  const policy = sources.createPolicy({ origins: [page] });
  const gate = sources.guard(server, { policy, log: false });
  afterwards(() => gate.close());
  expect(() => sources.guard(server, { policy })).toThrow(
    "This server is already guarded. Add routes to the existing gate: gate.route(path, { policy }, handler).",
  );
});
