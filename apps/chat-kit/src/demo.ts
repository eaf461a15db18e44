import { badUsage } from "./program.ts";

const programs = new Map([
  ["lab", "lab/dist/server/main.js"],
  ["express", "express-chat/dist/main.js"],
  ["fastify", "fastify-chat/dist/main.js"],
  ["koa", "koa-chat/dist/main.js"],
]);

const usage = `What wsorigin does, to look at.

Usage: demo [lab] [options]
       demo express|fastify|koa [options]

  lab                    a page where one sees every handshake decided, and tries policies. The default.
  express, fastify, koa  a chat on that framework, and a hostile page beside it

Each has options: --help after its name prints them. Without a name, --check and --unguarded are those of the chat on Express.`;

// The first argument names the program, unless it is an option; the rest is for that program.
const [first = ""] = process.argv.slice(2);
const named = first !== "" && !first.startsWith("-");
// The chat says what `--open` is called now.
const ofChat = process.argv.some((argument) => ["--check", "--unguarded", "--open"].includes(argument));
const path = programs.get(named ? first : ofChat ? "express" : "lab");
if (!named && (first === "--help" || first === "-h")) process.stdout.write(`${usage}\n`);
else if (path === undefined)
  badUsage(`There is no demo ${JSON.stringify(first)}; name one of ${[...programs.keys()].join(", ")}.`);
else {
  if (named) process.argv.splice(2, 1);
  // No import of its own: the programs are built with this package.
  await import(new URL(`../../${path}`, import.meta.url).href);
}
