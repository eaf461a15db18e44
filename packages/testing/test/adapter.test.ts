import { createServer } from "node:http";
import { createPolicy } from "@wsorigin/core";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { adapterServer, type AdapterStart, describeAdapter } from "../src/index.ts";
import { failuresOf } from "./collect.ts";

/** `ws` without a gate. */
const start: AdapterStart = ({ policy, before, after }) => {
  createPolicy(policy);
  const server = createServer((_request, response) => response.end("page"));
  before(server);
  const sockets = new WebSocketServer({ server });
  after(server);
  sockets.on("connection", (socket) => socket.on("error", () => {}));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets.clients) socket.terminate();
      resolve();
    });
  return adapterServer(server, { connections: sockets.clients, close });
};

const register = (runner: Parameters<typeof describeAdapter>[2]): void => describeAdapter("ws", start, runner);

describe("the suite", () => {
  test("has a distinct name for every row", async () => {
    const registered: string[] = [];
    const { names } = await failuresOf(register, (name) => registered.push(name) < 0);
    expect(registered).toEqual(names);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(450);
  });

  test("runs its tests at the same time if the runner can, but those alone that observe the whole process", () => {
    const [alone, concurrent]: [string[], string[]] = [[], []];
    describeAdapter("ws", start, {
      describe: (name, body) => (name.endsWith("from outside") ? undefined : body()),
      test: (name) => alone.push(name),
      concurrent: (name) => concurrent.push(name),
    });
    expect(alone).toEqual([
      "diagnostics_channel gets every event that onDecision gets",
      "a diagnostics_channel subscriber that throws changes nothing",
      "an error of 400 kB that nearly repeats a token of 8 kB is redacted without a delay",
    ]);
    expect(concurrent.length).toBeGreaterThan(400);
  });

  test("fails for a server without a gate", async () => {
    const { failures } = await failuresOf(
      register,
      (name) => name.startsWith("ws > Origin and Host") && / 40[03] /.test(name),
    );
    expect(failures.size).toBeGreaterThan(25);
    expect(
      [...failures.values()].filter((error) => !/^AssertionError.*answered: HTTP\/1\.1 101 /s.test(error)),
    ).toEqual([]);
  });

  test("fails on the corpus for a server without a gate", async () => {
    const { failures } = await failuresOf(register, (name) =>
      name.includes('of {"origins":["https://app.example.com"]}'),
    );
    expect([...failures.values()].join("\n")).toContain('deny expected: "https://app.example.com.evil.com"');
  });
});
