import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import cors from "cors";
import express from "express";
import * as expressAdapter from "@wsorigin/express";
import * as fastifyAdapter from "@wsorigin/fastify";
import * as koaAdapter from "@wsorigin/koa";
import * as nodeAdapter from "@wsorigin/node";
import { handshake, selfSigned } from "@wsorigin/testing";
import Fastify from "fastify";
import websocket from "@fastify/websocket";
import Koa from "koa";
import { onTestFinished, vi } from "vitest";
import { runProgram } from "../program.ts";
import type { Mistake } from "./mistake.ts";

const page = "https://app.example.com";
const usual = { path: "/chat", origin: page, hostHeader: "api.example.com" } as const;

/** What somebody with this program sees. */
export interface Seen {
  /** The status of the handshake; `undefined` if the program did not start. */
  readonly status: number | undefined;
  /** The error that was thrown, or what was logged. */
  readonly message: string;
}

/** Runs the program with the mistake, or the one without it, and makes the handshake. */
export async function play(mistake: Mistake, which: "wrong" | "right"): Promise<Seen> {
  const logged = captureLog();
  for (const [name, value] of Object.entries(mistake.env ?? {})) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  if (mistake.after === undefined) dropLateTimers();
  else {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
  }
  let server: Server;
  try {
    server = await start(mistake, mistake[which]);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { status: undefined, message: `${error.name}: ${error.message}` };
  }
  const { port } = server.address() as AddressInfo;
  const request = { ...usual, ...mistake.request, ...(which === "right" && mistake.fixed) };
  const answer = await handshake({ port, ...(mistake.tls === true && { tls: true }) }, request);
  onTestFinished(() => answer.frames?.destroy());
  if (mistake.sends !== undefined && which === "wrong") {
    answer.frames?.send("x".repeat(mistake.sends));
    await answer.frames?.nextClose();
  }
  if (mistake.after !== undefined) vi.advanceTimersByTime(mistake.after);
  return { status: answer.status, message: logged().trim() };
}

/** A gate whose server never listens says so after ten seconds: on a busy machine during the test of another row. */
function dropLateTimers(): void {
  const spy = vi.spyOn(globalThis, "setTimeout");
  onTestFinished(() => {
    for (const [index, [, delay = 0]] of spy.mock.calls.entries())
      if (delay >= 10_000) clearTimeout(spy.mock.results[index]?.value);
    spy.mockRestore();
  });
}

/** What the program writes to stderr, where the log goes by default. */
function captureLog(): () => string {
  let text = "";
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  onTestFinished(() => spy.mockRestore());
  return () => text;
}

const adapters = {
  node: nodeAdapter,
  policy: nodeAdapter,
  express: expressAdapter,
  koa: koaAdapter,
  fastify: fastifyAdapter,
};

const endings: Readonly<Record<Mistake["kind"], string>> = {
  policy:
    'const server = createServer(); guard(server, { policy }).route("/chat", (socket) => socket.send("Welcome")); return server;',
  node: "return server;",
  express: "return server;",
  koa: "return server;",
  fastify: "await app.ready(); return app.server;",
};

/** Runs a program as it is written, with what it imports, and listens. */
async function start({ kind }: Mistake, code: string): Promise<Server> {
  const scope = {
    ...adapters[kind],
    Fastify,
    Koa,
    cors,
    createSecureServer,
    createServer,
    express,
    websocket,
    ...selfSigned,
    /** Listens, and waits until a client has a session. */
    async serveClients(server: Server) {
      const target = await listen(server);
      const session = connect(`https://127.0.0.1:${target.port}`, { rejectUnauthorized: false });
      onTestFinished(() => session.destroy());
      await once(session, "connect");
    },
  };
  const made = await runProgram(`${code}\n${endings[kind]}`, scope);
  await listen(made as Server);
  return made as Server;
}

async function listen(server: Server): Promise<AddressInfo> {
  onTestFinished(() => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
  });
  if (!server.listening) await once(server.listen(0, "127.0.0.1"), "listening");
  return server.address() as AddressInfo;
}
