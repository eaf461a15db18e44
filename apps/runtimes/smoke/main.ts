// Runs the suite of the adapters on the runtime that starts this program, from the built packages. Prints one JSON object: what the suite of each adapter found.
import { createServer } from "node:http";
import { describeAdapter } from "@wsorigin/testing";
import express from "express";
import express4 from "express4";
import { startOn as startExpress } from "../../../packages/express/test/start.ts";
import { startWithCors } from "../../../packages/fastify/test/start.ts";
import { start as startKoa } from "../../../packages/koa/test/start.ts";
import { startOn as startNode } from "../../../packages/node/test/start.ts";
import { Rows } from "./rows.ts";
const adapters = {
  http: startNode(() => createServer((_request, response) => void response.end("page"))),
  "express 5": startExpress(() => express()),
  "express 4": startExpress(() => express4() as any),
  koa: startKoa,
  fastify: startWithCors("before"),
};
for (const [name, start] of Object.entries(adapters)) {
  const rows = new Rows();
  describeAdapter(name, start, rows.runner);
  const t = performance.now();
  const failures = await rows.run();
  console.log(name, rows.size, Object.keys(failures).length, performance.now() - t, failures);
}
process.exit(0);
