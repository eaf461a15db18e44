import { answersOf } from "./answers.js";
import { start as express } from "./express.js";
import { start as fastify } from "./fastify.js";
import { start as koa } from "./koa.js";

/** Prints one line for each framework; .ci/pack/consumers.mjs compares them. */
async function main(): Promise<void> {
  for (const [name, start] of Object.entries({ express, fastify, koa })) console.log(name, await answersOf(start));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
