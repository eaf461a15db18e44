import { createServer } from "node:http";
import { createPolicy } from "@wsorigin/core";
import { describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { adapterServer, type AdapterStart, describeAdapter } from "../src/index.ts";
import { failuresOf } from "./collect.ts";

/** `ws` with its own checks, and no gate: it greets nobody and tells of nothing. */
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
  test("has a name for every fact, and one only", async () => {
    const registered: string[] = [];
    const { names } = await failuresOf(register, (name) => registered.push(name) < 0);
    expect(registered).toEqual(names);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(250);
  });

  test("fails for a server that has no gate, wherever it lets somebody in", async () => {
    const { failures } = await failuresOf(
      register,
      (name) => name.startsWith("ws > Origin and Host") && / 40[03] /.test(name),
    );
    expect(failures.size).toBeGreaterThan(25);
    expect(
      [...failures.values()].filter((error) => !/^AssertionError.*answered: HTTP\/1\.1 101 /s.test(error)),
    ).toEqual([]);
  });

  test("fails on the corpus, for the policies that refuse somebody", async () => {
    const { failures } = await failuresOf(register, (name) =>
      name.includes('of {"origins":["https://app.example.com"]}'),
    );
    expect([...failures.values()].join("\n")).toContain('deny expected: "https://app.example.com.evil.com"');
  });
});
