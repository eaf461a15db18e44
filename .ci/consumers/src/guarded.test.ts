import { answersOf } from "./answers.js";
import { start as express } from "./express.js";
import { start as fastify } from "./fastify.js";
import { start as koa } from "./koa.js";

test.each([
  ["express", express],
  ["fastify", fastify],
  ["koa", koa],
])("%s opens sockets for its page only, and once for a ticket", async (_name, start) => {
  expect(await answersOf(start)).toBe("101 403 101 401");
});
