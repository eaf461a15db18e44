import type { FuzzStart } from "@wsorigin/testing";
import { startApp } from "./fastify-start.ts";

export const uses = ["requests"] as const;

export const start: FuzzStart = startApp({});
