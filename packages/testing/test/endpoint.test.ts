import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createPolicy } from "@wsorigin/core";
import { describe, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { describeEndpoint, type Endpoint } from "../src/index.ts";
import { failuresOf } from "./collect.ts";

const origin = "https://app.example.com";

/** A `ws` server as its README shows it, with a check written by hand. */
async function serve(
  check: (request: IncomingMessage) => boolean,
  more: Partial<Endpoint> = {},
  listener: RequestListener = (_request, response) => void response.end("page"),
  opened: (socket: WebSocket, request: IncomingMessage) => void = () => {},
): Promise<Endpoint> {
  const server = createServer(listener);
  const sockets = new WebSocketServer({
    server,
    path: "/chat",
    verifyClient: ({ req }: { readonly req: IncomingMessage }) => check(req),
  });
  sockets.on("connection", (socket, request) => {
    socket.on("error", () => {});
    opened(socket, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    path: "/chat?name=a",
    origin,
    ...more,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The names of the rows that a server fails. */
async function failedBy(
  check: (request: IncomingMessage) => boolean,
  more?: Partial<Endpoint>,
  listener?: RequestListener,
): Promise<readonly string[]> {
  const { failures } = await failuresOf((runner) => describeEndpoint("x", () => serve(check, more, listener), runner));
  return [...failures.keys()].map((name) => name.replace("x > ", ""));
}

/** The names of the rows that a server fails which accepts every handshake. Only pages that send nothing themselves are tested. */
async function failedWhereItCloses(
  opened: (socket: WebSocket, request: IncomingMessage) => void,
): Promise<readonly string[]> {
  const endpoint = { hostHeader: "api.example.com", refuseWith: "close" } as const;
  const { failures } = await failuresOf(
    (runner) => describeEndpoint("x", () => serve(() => true, endpoint, undefined, opened), runner),
    (name) => /opens (?:a|no) socket$|look-alike|two Origin lines/.test(name),
  );
  return [...failures.keys()].map((name) => name.replace("x > ", ""));
}

describe("a server that asks a policy", () => {
  const policy = createPolicy({ origins: [origin], hosts: ["api.example.com"] });

  test("passes", async () => {
    const { names, failures } = await failuresOf((runner) =>
      describeEndpoint(
        "x",
        () => serve((request) => policy.check(request).allowed, { hostHeader: "api.example.com" }),
        runner,
      ),
    );
    expect([...failures]).toEqual([]);
    expect(names.length).toBeGreaterThan(60);
    expect(new Set(names).size).toBe(names.length);
  });

  test("passes over any Host, and with clients that have no Origin, where that is meant", async () => {
    const loose = createPolicy({ origins: [origin], missingOrigin: "allow" });
    expect(await failedBy((request) => loose.check(request).allowed, { missingOrigin: "allow" })).toEqual([]);
    expect(await failedBy((request) => loose.check(request).allowed)).toEqual([
      "a client without an Origin is treated as missingOrigin says",
    ]);
  });

  test("passes where requests that are not handshakes are never answered", async () => {
    expect(
      await failedBy(
        (request) => policy.check(request).allowed,
        { hostHeader: "api.example.com" },
        () => {},
      ),
    ).toEqual([]);
  });

  test.each([
    ["at once", (socket: WebSocket) => socket.close(1008)],
    ["after its pong", (socket: WebSocket) => socket.once("ping", () => setImmediate(() => socket.close(4403)))],
  ])("passes where a refusal is a close frame: %s", async (_when, refuse) => {
    const refused = await failedWhereItCloses((socket, request) => {
      if (!policy.check(request).allowed) refuse(socket);
    });
    expect(refused).toEqual([]);
  });

  test("passes with an origin of an IP address with a port", async () => {
    const local = createPolicy({ origins: ["http://127.0.0.1:3000"] });
    expect(await failedBy((request) => local.check(request).allowed, { origin: "http://127.0.0.1:3000" })).toEqual([]);
  });
});

describe("caught", () => {
  test("a server that allows every page", async () => {
    const { names, failures } = await failuresOf((runner) =>
      describeEndpoint("x", () => serve(() => true, { hostHeader: "api.example.com" }), runner),
    );
    // The rest are the listed page, and handshakes that ws itself refuses.
    expect(names.filter((name) => !failures.has(name))).toMatchInlineSnapshot(`
      [
        "x > the listed page opens a socket",
        "x > the connection of a refused handshake is closed",
        "x > another site: a slash after the path",
        "x > another site: two slashes before the path",
        "x > another site: the path in upper case",
        "x > another site: the whole URL as the path",
        "x > another site: Upgrade: h2c, websocket",
        "x > another site: POST",
        "x > another site: a target that begins with another host",
        "x > another site: a target that begins with a backslash",
        "x > another site: a target on another host",
        "x > another site: Upgrade and no Connection line",
        "x > another site: Upgrade and Connection: keep-alive",
        "x > another site: Upgrade and Connection: close",
        "x > another site: Connection and no Upgrade line",
        "x > another site: Expect: 100-continue and Connection: keep-alive",
        "x > httpPath, if set: answers a GET that offers an upgrade to HTTP/2 like any other",
        "x > a client that resets its connection does not disturb others",
      ]
    `);
    expect(failures.get("x > a page on another site opens no socket")).toContain(
      'The handshake with Origin "https://evil.test" opened a socket',
    );
  });

  test("a server that allows no page", async () => {
    expect(await failedBy(() => false)).toContain("the listed page opens a socket");
    expect(await failedWhereItCloses((socket) => socket.close(1008))).toEqual(["the listed page opens a socket"]);
  });

  test("a server that closes no socket, or with a code that is not a refusal's, where a refusal is a close frame", async () => {
    const every = await failedWhereItCloses(() => {});
    expect(every.length).toBeGreaterThan(25);
    expect(every).not.toContain("the listed page opens a socket");
    expect(await failedWhereItCloses((socket) => socket.close(1000))).toEqual(every);
  });

  test("a server that a handshake of another page brings down", async () => {
    const server = createServer(() => void server.close());
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const close = (): void => server.closeAllConnections();
    const { failures } = await failuresOf(
      (runner) => describeEndpoint("x", () => ({ port, path: "/chat", origin, close }), runner),
      (name) => name.endsWith("Upgrade and no Connection line"),
    );
    expect([...failures.values()]).toEqual([expect.stringContaining("ECONNREFUSED")]);
  });

  test("origin.includes(host)", async () => {
    expect(await failedBy(({ headers }) => headers.origin?.includes("app.example.com") === true))
      .toMatchInlineSnapshot(`
        [
          "look-alike: the listed host as the prefix of another",
          "look-alike: the listed origin as the prefix of another",
          "look-alike: the listed host as the suffix of another",
          "look-alike: the listed host as the suffix of another, after a hyphen",
          "look-alike: a subdomain",
          "look-alike: another scheme",
          "look-alike: another port",
          "look-alike: the listed port with one more digit",
          "look-alike: no scheme",
          "look-alike: the listed host as a user name",
          "look-alike: the listed origin as a path",
          "look-alike: the listed host as a path",
          "look-alike: the listed origin as a query",
          "look-alike: the listed origin as a fragment",
          "look-alike: a backslash",
          "look-alike: an escaped NUL",
          "look-alike: two origins in one line, the listed one first",
          "look-alike: two origins in one line, the listed one last",
          "look-alike: two origins with a space between",
          "two Origin lines, the listed one first",
          "two Origin lines, the listed one last",
        ]
      `);
  });

  test("origin.endsWith(host)", async () => {
    expect(await failedBy(({ headers }) => headers.origin?.endsWith("app.example.com") === true))
      .toMatchInlineSnapshot(`
        [
          "look-alike: the listed host as the suffix of another",
          "look-alike: the listed host as the suffix of another, after a hyphen",
          "look-alike: a subdomain",
          "look-alike: another scheme",
          "look-alike: no scheme",
          "look-alike: the listed origin as a path",
          "look-alike: the listed host as a path",
          "look-alike: the listed origin as a query",
          "look-alike: the listed origin as a fragment",
          "look-alike: two origins in one line, the listed one last",
          "look-alike: two origins with a space between",
          "two Origin lines, the listed one last",
        ]
      `);
  });

  test("origin.startsWith(origin)", async () => {
    expect(await failedBy(({ headers }) => headers.origin?.startsWith(origin) === true)).toMatchInlineSnapshot(`
      [
        "look-alike: the listed host as the prefix of another",
        "look-alike: the listed origin as the prefix of another",
        "look-alike: another port",
        "look-alike: the listed port with one more digit",
        "look-alike: the listed host as a user name",
        "look-alike: a backslash",
        "look-alike: an escaped NUL",
        "look-alike: two origins in one line, the listed one first",
        "two Origin lines, the listed one first",
      ]
    `);
  });

  test("a pattern whose dots are any character", async () => {
    expect(await failedBy(({ headers }) => /^https:\/\/app.example.com$/.test(headers.origin ?? "")))
      .toMatchInlineSnapshot(`
      [
        "look-alike: any character where the listed host has a dot",
      ]
    `);
  });

  test("new URL(origin).hostname === host", async () => {
    expect(
      await failedBy(
        ({ headers }) =>
          URL.canParse(headers.origin ?? "") && new URL(headers.origin ?? "").hostname === "app.example.com",
      ),
    ).toMatchInlineSnapshot(`
      [
        "look-alike: another scheme",
        "look-alike: another port",
        "look-alike: the listed port with one more digit",
        "look-alike: a backslash",
        "look-alike: a byte that folds to a letter",
      ]
    `);
  });

  test("origin compared with the Host of the request", async () => {
    const check = ({ headers }: IncomingMessage): boolean =>
      headers.origin === origin || headers.origin === `https://${headers.host}`;
    expect(await failedBy(check)).toMatchInlineSnapshot(`
      [
        "another site: its own host as the Host",
        "another site: its own host as Host and X-Forwarded-Host",
      ]
    `);
  });

  test("a request listener that opens sockets without a check", async () => {
    const sockets = new WebSocketServer({ noServer: true });
    const open: RequestListener = (request) =>
      sockets.handleUpgrade(request, request.socket, Buffer.alloc(0), (socket) => socket.on("error", () => {}));
    expect(await failedBy(({ headers }) => headers.origin === origin, {}, open)).toMatchInlineSnapshot(`
      [
        "another site: Upgrade and no Connection line",
        "another site: Upgrade and Connection: keep-alive",
        "another site: Upgrade and Connection: close",
        "another site: Expect: 100-continue and Connection: keep-alive",
      ]
    `);
  });

  test("an upgrade listener that refuses upgrades to other protocols, where httpPath is given", async () => {
    expect(await failedBy(({ headers }) => headers.origin === origin, { httpPath: "/page" })).toEqual([
      "httpPath, if set: answers a GET that offers an upgrade to HTTP/2 like any other",
    ]);
  });

  test("a check of Origin only, where hostHeader is given", async () => {
    expect(await failedBy(({ headers }) => headers.origin === origin, { hostHeader: "api.example.com" }))
      .toMatchInlineSnapshot(`
        [
          "hostHeader, if set: refuses another Host (DNS rebinding)",
          "hostHeader, if set: refuses a handshake without Host",
          "hostHeader, if set: refuses two Host lines",
        ]
      `);
  });

  test("a check that allows handshakes without an Origin", async () => {
    expect(await failedBy(({ headers }) => headers.origin === undefined || headers.origin === origin))
      .toMatchInlineSnapshot(`
      [
        "a client without an Origin is treated as missingOrigin says",
      ]
    `);
  });
});
