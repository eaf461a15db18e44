import { readFile } from "node:fs/promises";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as expressAdapter from "@wsorigin/express";
import * as fastifyAdapter from "@wsorigin/fastify";
import * as koaAdapter from "@wsorigin/koa";
import * as nodeAdapter from "@wsorigin/node";
import { handshake } from "@wsorigin/testing";
import express from "express";
import Fastify from "fastify";
import Koa from "koa";
import { expect, onTestFinished, test, vi } from "vitest";
import * as ws from "ws";
import { runProgram } from "./program.ts";

/** What the programs of the README import. */
const modules: Readonly<Record<string, object>> = {
  "node:http": http,
  "@wsorigin/express": expressAdapter,
  "@wsorigin/fastify": fastifyAdapter,
  "@wsorigin/koa": koaAdapter,
  "@wsorigin/node": nodeAdapter,
  express: { default: express },
  fastify: { default: Fastify },
  koa: { default: Koa },
  ws,
};

const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
const [, uses = ""] = /^## Use it$(.*?)^## /ms.exec(readme) ?? [];
const programs = Array.from(uses.matchAll(/^### ([^\n]+)$[^#]*?^```js\n(.*?)^```$/gms), ([, name = "", code = ""]) => ({
  name,
  code,
}));

/** A program whose imports are found in `modules`. */
const withoutImports = (code: string): string =>
  code.replaceAll(/^import (?:(\w+)|(\{.+\})) from (".+");$/gm, (_, name, names, from) =>
    name === undefined ? `const ${names} = modules[${from}];` : `const { default: ${name} } = modules[${from}];`,
  );

test("the README shows a program for each framework, and one for other listeners", () => {
  expect(programs.map(({ name }) => name)).toEqual([
    "Express",
    "Fastify",
    "Koa",
    "`ws`, Socket.IO or another `upgrade` listener",
  ]);
});

test.each(programs)("the README's program runs, and guards its socket: $name", async ({ code }) => {
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  onTestFinished(() => stderr.mockRestore());
  const server = (await runProgram(withoutImports(code), { modules })) as http.Server;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const request = { path: "/chat/lobby", hostHeader: "api.example.com" } as const;
  const { frames } = await handshake({ port }, { ...request, origin: "https://app.example.com" });
  onTestFinished(() => frames?.destroy());
  expect((await frames?.next())?.text).toMatch(/^Welcome/);
  for (const other of [
    { origin: "https://evil.test" },
    { origin: "https://app.example.com", hostHeader: "rebind.test" },
  ])
    expect((await handshake({ port }, { ...request, ...other })).status).toBe(403);
});
