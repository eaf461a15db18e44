import { badUsage } from "./program.ts";

const frameworks = ["express", "fastify", "koa"];

// The first argument names the framework, unless it is an option; the rest is for the chat's own program.
const [first = ""] = process.argv.slice(2);
const named = first !== "" && !first.startsWith("-");
const framework = named ? first : "express";
if (frameworks.includes(framework)) {
  if (named) process.argv.splice(2, 1);
  // No import of its own: the chats are built with this package.
  await import(new URL(`../../${framework}-chat/dist/main.js`, import.meta.url).href);
} else badUsage(`There is no chat for ${JSON.stringify(first)}; name one of ${frameworks.join(", ")}.`);
