import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createPolicy } from "@wsorigin/core";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { describeEndpoint, type Endpoint } from "../src/index.ts";
import { failuresOf } from "./collect.ts";

const origin = "https://app.example.com";

/** A `ws` server as its README shows it, with a check written by hand. */
async function serve(check: (request: IncomingMessage) => boolean, more: Partial<Endpoint> = {}): Promise<Endpoint> {
  const server = createServer();
  const sockets = new WebSocketServer({
    server,
    path: "/chat",
    verifyClient: ({ req }: { readonly req: IncomingMessage }) => check(req),
  });
  sockets.on("connection", (socket) => socket.on("error", () => {}));
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
): Promise<readonly string[]> {
  const { failures } = await failuresOf((runner) => describeEndpoint("x", () => serve(check, more), runner));
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
    expect(names.length).toBeGreaterThan(45);
    expect(new Set(names).size).toBe(names.length);
  });

  test("passes over any Host, and with clients that have no Origin, where that is meant", async () => {
    const loose = createPolicy({ origins: [origin], missingOrigin: "allow" });
    expect(await failedBy((request) => loose.check(request).allowed, { missingOrigin: "allow" })).toEqual([]);
    expect(await failedBy((request) => loose.check(request).allowed)).toEqual([
      "a client without an Origin gets what it should",
    ]);
  });

  test("passes with an origin of an IP address with a port", async () => {
    const local = createPolicy({ origins: ["http://127.0.0.1:3000"] });
    expect(await failedBy((request) => local.check(request).allowed, { origin: "http://127.0.0.1:3000" })).toEqual([]);
  });
});

describe("caught", () => {
  test("a server that lets everybody in", async () => {
    const { names, failures } = await failuresOf((runner) =>
      describeEndpoint("x", () => serve(() => true, { hostHeader: "api.example.com" }), runner),
    );
    // What is left is the page that may, and paths on which nobody answers.
    expect(names.filter((name) => !failures.has(name))).toMatchInlineSnapshot(`
      [
        "x > the listed page opens a socket",
        "x > nor is its connection left open",
        "x > another site with a slash behind the path",
        "x > another site with two slashes before the path",
        "x > another site with the path in capitals",
        "x > another site with the whole URL as the path",
        "x > a client that resets its connection takes nobody else's away",
      ]
    `);
    expect(failures.get("x > a page on another site does not")).toContain(
      'The handshake with Origin "https://evil.test" opened a socket',
    );
  });

  test("a server that lets nobody in", async () => {
    expect(await failedBy(() => false)).toContain("the listed page opens a socket");
  });

  test("origin.includes(host)", async () => {
    expect(await failedBy(({ headers }) => headers.origin?.includes("app.example.com") === true))
      .toMatchInlineSnapshot(`
      [
        "look-alike: the listed host as the beginning of another",
        "look-alike: the listed origin as the beginning of another",
        "look-alike: the listed host as the end of another",
        "look-alike: the listed host as the end of another, after a hyphen",
        "look-alike: a subdomain",
        "look-alike: another scheme",
        "look-alike: another port",
        "look-alike: a port that begins like the listed one",
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
        "look-alike: the listed host as the end of another",
        "look-alike: the listed host as the end of another, after a hyphen",
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
        "look-alike: the listed host as the beginning of another",
        "look-alike: the listed origin as the beginning of another",
        "look-alike: another port",
        "look-alike: a port that begins like the listed one",
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
        "look-alike: a port that begins like the listed one",
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
        "another site with its own name as the Host",
        "another site with its own name as the Host, with another's as the forwarded one",
      ]
    `);
  });

  test("a check of Origin only, where Host is known", async () => {
    expect(await failedBy(({ headers }) => headers.origin === origin, { hostHeader: "api.example.com" }))
      .toMatchInlineSnapshot(`
      [
        "Host, where it is known: another (DNS rebinding)",
        "Host, where it is known: none",
        "Host, where it is known: two lines",
      ]
    `);
  });

  test("no Origin is let in", async () => {
    expect(await failedBy(({ headers }) => headers.origin === undefined || headers.origin === origin))
      .toMatchInlineSnapshot(`
      [
        "a client without an Origin gets what it should",
      ]
    `);
  });
});
