import { once } from "node:events";
import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { beginHandshake, type Target, until } from "@wsorigin/testing";
import { expect, test } from "vitest";
import { type Adapter, guardWith } from "../src/adapter.ts";
import { createPolicy, deny, type GuardOptions } from "../src/index.ts";
import { afterwards } from "../../testing/test/afterwards.ts";
import { echo, evil, page, policy, SlowDirectory, statusOf } from "./support.ts";

interface Made {
  readonly url: string | undefined;
}

interface Adapted {
  readonly target: Target;
  readonly codes: readonly string[];
  readonly errors: readonly unknown[];
  /** What the handler of `/chat` was given as the request. */
  readonly requests: readonly Made[];
}

/** A server with a framework's request, and middleware; another listener takes what is on no route. */
async function startAdapted(
  before: Adapter<undefined, Made>["before"] & {},
  options: Partial<GuardOptions> = {},
): Promise<Adapted> {
  const server = createServer();
  const [codes, errors, requests]: [string[], unknown[], Made[]] = [[], [], []];
  const gate = guardWith(
    server,
    {
      policy,
      log: false,
      onDecision: ({ decision }) => void codes.push(decision.code),
      onError: (error) => void errors.push(error),
      ...options,
    },
    { adapt: ({ url }): Made => ({ url }), ip: () => undefined, before },
  );
  const teapot = "HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n";
  server.on("upgrade", (_request, socket: Duplex) => socket.end(teapot));
  gate.route("/chat", (socket, { request }) => {
    requests.push(request);
    echo(socket);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  afterwards(async () => {
    await gate.close();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const target = { port: typeof address === "object" && address !== null ? address.port : 0 };
  return { target, codes, errors, requests };
}

test("runs after the policy has allowed a handshake, on a route and for other listeners, with the framework's request and a signal", async () => {
  const seen: unknown[] = [];
  const { target, codes, requests } = await startAdapted(
    (request, signal) => void seen.push([request, signal().aborted]),
  );
  expect(await statusOf(target, { path: "/chat", origin: evil })).toBe(403);
  expect(await statusOf(target, { path: "/elsewhere" })).toBe(418);
  expect(seen).toEqual([[{ url: "/elsewhere" }, false]]);
  expect(await statusOf(target, { path: "/chat" })).toBe(101);
  expect(seen.slice(1)).toEqual([[{ url: "/chat" }, false]]);
  expect(requests).toEqual([{ url: "/chat" }]);
  expect(codes).toEqual(["origin-not-listed", "origin-listed", "origin-listed"]);
});

test.each([
  ["refuses", () => deny("middleware-refused"), 403, "middleware-refused"],
  ["refuses later", async () => deny("token-missing"), 401, "token-missing"],
  ["throws", () => expect.unreachable(), 503, "middleware-failed"],
  ["rejects", () => Promise.reject(new Error("no session")), 503, "middleware-failed"],
] as const)("one that %s keeps the socket shut", async (_how, before, status, code) => {
  const { target, codes, errors, requests } = await startAdapted(before);
  expect(await statusOf(target, { path: "/chat" })).toBe(status);
  expect(codes).toEqual([code]);
  expect(errors).toHaveLength(status === 503 ? 1 : 0);
  expect(requests).toEqual([]);
});

test("a 401 counts as a failure", async () => {
  const maxFailures = { count: 1, seconds: 60 };
  const { target } = await startAdapted(() => deny("token-missing"), { maxFailures });
  expect(await statusOf(target, { path: "/chat" })).toBe(401);
  expect(await statusOf(target, { path: "/chat" })).toBe(429);
});

test.each(["enforce", "report"] as const)("does not run for somebody who has left, mode %j", async (mode) => {
  const directory = new SlowDirectory();
  const ran: unknown[] = [];
  const { target, codes } = await startAdapted((request) => void ran.push(request), {
    policy: createPolicy({ directory, mode }),
  });
  const attempt = await beginHandshake(target, { path: "/chat", origin: page });
  await directory.asked();
  attempt.reset();
  await until(() => codes.length === 1, "it is told of");
  directory.answer(true);
  await turn();
  expect(ran).toEqual([]);
  expect(codes).toEqual(["client-gone"]);
});

test("learns from its signal that the client has left", async () => {
  const signals: AbortSignal[] = [];
  const { target, codes } = await startAdapted((_request, signal) => {
    signals.push(signal());
    return new Promise(() => {});
  });
  const attempt = await beginHandshake(target, { path: "/chat", origin: page });
  await until(() => signals.length === 1, "it has begun");
  attempt.reset();
  await until(() => codes.length === 1, "it is told of");
  expect(codes).toEqual(["client-gone"]);
  expect(signals[0]?.aborted).toBe(true);
});

test("does not run where everything is passed to the listeners", async () => {
  const { target, codes } = await startAdapted(() => deny("middleware-refused"), { unrouted: "pass" });
  expect(await statusOf(target, { path: "/own", origin: evil })).toBe(418);
  expect(codes).toEqual(["origin-not-listed"]);
});
