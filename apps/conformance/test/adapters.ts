import { createServer } from "node:http";
import type { AdapterStart } from "@wsorigin/testing";
import { startOn as startExpress } from "../../../packages/express/test/start.ts";
import { majors } from "../../../packages/express/test/majors.ts";
import { startWithCors } from "../../../packages/fastify/test/start.ts";
import { start as startKoa } from "../../../packages/koa/test/start.ts";
import { startOn as startNode } from "../../../packages/node/test/start.ts";

/** What the others are compared with. */
export const reference: AdapterStart = startNode(() => createServer((_request, response) => void response.end("page")));

export const others: readonly (readonly [name: string, start: AdapterStart])[] = [
  ...majors.map(({ name, express }) => [name, startExpress(express)] as const),
  ["fastify", startWithCors("after")],
  ["koa", startKoa],
];
