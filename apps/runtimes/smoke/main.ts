// Runs the adapters' suite on the runtime that starts this program, from the built packages. Writes what it found to the file that is its argument.
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { describeAdapter } from "@wsorigin/testing";
import { majors } from "../../../packages/express/test/majors.ts";
import { startOn as startExpress } from "../../../packages/express/test/start.ts";
import { startWithCors } from "../../../packages/fastify/test/start.ts";
import { start as startKoa } from "../../../packages/koa/test/start.ts";
import { startOn as startNode } from "../../../packages/node/test/start.ts";
import type { SmokeReport } from "../src/report.ts";
import { describeDelegated } from "./delegated.ts";
import { Rows } from "./rows.ts";

const adapters = [
  ["http", startNode(() => createServer((_request, response) => void response.end("page")))],
  ...majors.map(({ name, express }) => [name, startExpress(express)] as const),
  ["koa", startKoa],
  ["fastify", startWithCors("before")],
] as const;

const suites: readonly (readonly [name: string, register: (rows: Rows) => void])[] = [
  ["ws, delegated", describeDelegated],
  ...adapters.map(([name, start]) => [name, ({ runner }: Rows) => describeAdapter(name, start, runner)] as const),
];

const [file = "smoke.json", known = "[]"] = process.argv.slice(2);
const expected: ReadonlySet<string> = new Set(JSON.parse(known));
// The frameworks log what the tests provoke.
console.error = () => {};
const report: SmokeReport[] = [];
for (const [name, register] of suites) {
  const rows = new Rows();
  register(rows);
  report.push({ suite: name, rows: rows.size, failures: await rows.run(expected) });
  await writeFile(file, JSON.stringify(report));
}
process.exit(0);
