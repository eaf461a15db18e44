import { startGuarded as startExpress } from "../../../../packages/express/test/guarded.ts";
import { majors } from "../../../../packages/express/test/majors.ts";
import { startGuarded as startFastify } from "../../../../packages/fastify/test/guarded.ts";
import { startGuarded as startKoa } from "../../../../packages/koa/test/guarded.ts";
import { startGuarded as startNode } from "../../../../packages/node/test/guarded.ts";
import type { StartGuarded } from "../../../../packages/testing/test/guarded.ts";

/** Each adapter; and whether it has the option `before`. */
export const adapters: readonly (readonly [name: string, start: StartGuarded<unknown>, hasBefore: boolean])[] = [
  ["node", startNode(), false],
  ...majors.slice(0, 1).map(({ name, express }) => [name, startExpress<unknown>(express), true] as const),
  ["koa", startKoa(), true],
  ["fastify", startFastify, false],
];
